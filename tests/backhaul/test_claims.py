"""Which packages claim an event's revenue: from the ledger, of one partner, as they count."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import gettext, ngettext
from pytest_django import DjangoAssertNumQueries

from attribution_portal import claims
from attribution_portal.claims import Claim
from attribution_portal.formats import Reader
from tests.conftest import Partners
from tests.wave.claimed import READ_AT, stored

READER = Reader(locale="en", zone=ZoneInfo("Europe/Berlin"), gettext=gettext, ngettext=ngettext)


def test_each_package_with_the_event_claims_what_its_result_says(
    partners: Partners, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    stored(partners.acme, "small", "evt_1", revenue="900.50")
    stored(partners.acme, "large", "evt_1", "evt_2", revenue="5000")
    stored(partners.acme, "unread", "evt_1", revenue=None)
    stored(partners.acme, "elsewhere", "evt_2")
    stored(partners.acme, "gone", "evt_1", vanished=True)
    stored(partners.sakura, "theirs", "evt_1")
    with django_assert_num_queries(1):
        found = claims.of_event(partners.acme, "evt_1", reader=READER)
    assert found == (
        Claim(
            id="large",
            title="Package large",
            href="/p/partner-id-acme/packages/large/",
            counts=(
                "Counts any ticket bought by the people in this package from 1 June to 15 June 2026, for the 2 events"
                " in the package."
            ),
            revenue=Decimal("5000.0000"),
            events=2,
            alone=False,
            read_at=READ_AT,
        ),
        Claim(
            id="small",
            title="Package small",
            href="/p/partner-id-acme/packages/small/",
            counts=(
                "Counts any ticket bought by the people in this package from 1 June to 15 June 2026, for the one event"
                " in the package."
            ),
            revenue=Decimal("900.5000"),
            events=1,
            alone=True,
            read_at=READ_AT,
        ),
        Claim(
            id="unread",
            title="Package unread",
            href="/p/partner-id-acme/packages/unread/",
            counts="",
            revenue=None,
            events=1,
            alone=False,
            read_at=None,
        ),
    )


@pytest.mark.parametrize("model", ["ALL_PURCHASES", "EVENT_SERIES", "", "SOMETHING_NEW"])
def test_only_the_model_of_its_own_events_counts_one_event_alone(partners: Partners, model: str) -> None:
    stored(partners.acme, "one", "evt_1", model=model)
    (found,) = claims.of_event(partners.acme, "evt_1", reader=READER)
    assert not found.alone


def test_a_source_is_asked_once_however_often_it_registers(partners: Partners) -> None:
    def source(_partner: object, _eid: str, _reader: Reader) -> tuple[Claim, ...]:
        return (Claim("x", "X", "/x/", "", None, 1, False, None),)

    claims.register(source)
    claims.register(source)
    try:
        assert [claim.id for claim in claims.of_event(partners.acme, "evt_1", reader=READER)] == ["x"]
    finally:
        claims._sources.remove(source)
