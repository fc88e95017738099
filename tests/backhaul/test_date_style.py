"""A database whose owner has days written another way than the portal reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.backhaul.models import Evaluation, PollState
from attribution_portal.partners.models import Partner
from tests.backhaul.conftest import Time
from tests.backhaul.html import evaluation, kpis, panel

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def german() -> Iterator[None]:
    """The test database, which no other worker uses, says so to whoever connects."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])

    def alter(how: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} {how}")
        connection.close()

    alter("SET datestyle TO 'German, DMY'")
    yield
    alter("RESET datestyle")


def date_style(*, of_the_portal: bool) -> str:
    other = connection.copy()
    if not of_the_portal:
        del other.settings_dict["OPTIONS"]["options"]
    with closing(other), other.cursor() as cursor:
        cursor.execute("SHOW datestyle")
        (style,) = cursor.fetchone()
    return str(style)


def test_packages_are_read_and_recorded_all_the_same(
    german: None,
    acme: Partner,
    alice: User,
    client_for: Callable[[User], Client],
    time: Time,
    poll_all: Callable[[], object],
) -> None:
    assert [date_style(of_the_portal=mine) for mine in (False, True)] == ["German, DMY", "ISO, MDY"]
    first = datetime(2026, 6, 15, 10, tzinfo=UTC)
    # Now there are days and instants to be read before something is recorded.
    PollState.objects.update(next_due=time.forward(days=1))
    poll_all()
    poll = PollState.objects.get(package__package_id="pkg_final")
    assert (poll.email_sent_date, poll.last_ok_at) == (date(2026, 5, 20), time.now)
    row = Evaluation.objects.get(package=poll.package_id)
    assert (row.number, row.first_seen, row.last_confirmed) == (1, first, time.now)
    html = client_for(alice).get("/p/partner-id-acme/packages/pkg_final/").content.decode()
    assert evaluation(html) == "final"
    assert kpis(panel(html, "evaluation"))["customers"] == str(row.customers)
