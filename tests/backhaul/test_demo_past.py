"""What the demo begins with: something of each kind, on record as if the portal had been reading for weeks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.backhaul.models import Evaluation, Package, Review
from attribution_portal.backhaul.overview import row_words, selection
from attribution_portal.backhaul.sign_off import reviews
from attribution_portal.ops import demo_past
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.conftest import Partners


@pytest.fixture
def manager(db: None) -> User:
    return User.objects.create(email="manager@portal.example", name="Mara Manager")


@pytest.fixture
def platform_port(sandbox: Sandbox, settings: Settings) -> int:
    return urlsplit(str(settings.PLATFORM_BASE_URL)).port or 0


def states(time: Time) -> dict[tuple[str, str], str]:
    keys = list(Partner.objects.values_list("pk", flat=True))
    found = selection.of_partners(keys, time.now, parked=selection.parked_of(keys))
    named = found.select_related("partner", "package")
    return {(row.partner.partner_id, row.package.package_id): row_words.state_of(row).value for row in named}


def test_the_demo_has_a_package_of_each_kind_and_the_first_round_confirms_it(
    partners: Partners, time: Time, poll_all: Callable[[], object], manager: User, platform_port: int
) -> None:
    demo_past.remember(manager=manager, platform_port=platform_port)
    rows = Evaluation.objects.count()
    poll_all()
    found = states(time)
    assert set(found.values()) == {
        *("none", "current", "waiting", "unchanged", "provisional", "final", "failing", "ended"),
    }
    assert found["fd4711", "pkg_nord_open"] == "failing"
    assert found["partner-id-acme", "pkg_equal"] == "unchanged"
    assert found["partner-id-acme", "pkg_slow"] == "waiting"
    assert found["partner-id-sakura", "pkg_jpy_final"] == "waiting"
    # What was remembered is what the platform answers: reading it brings no news.
    assert Evaluation.objects.count() == rows > 100

    kinds = Counter(
        reviews.standing(package).kind.value
        for package in Package.objects.filter(reviews__isnull=False).select_related("poll__latest")
    )
    assert kinds == {"signed": 2, "unsigned_by_change": 1}
    assert set(Review.objects.values_list("reviewer_name", flat=True)) == {"Mara Manager"}
    proved = Evaluation.objects.filter(certainty="proved", package__package_id="pkg_oversize")
    assert [row.change.window for row in proved.order_by("number") if row.change] == [9, 12, 16]


def test_a_demo_that_goes_on_remembers_nothing_anew(
    partners: Partners, time: Time, manager: User, platform_port: int, sandbox: Sandbox
) -> None:
    demo_past.remember(manager=manager, platform_port=platform_port)
    before = (Evaluation.objects.count(), Review.objects.count(), AuditEvent.objects.count())
    sandbox.faults.clear()
    demo_past.remember(manager=manager, platform_port=platform_port)
    assert (Evaluation.objects.count(), Review.objects.count(), AuditEvent.objects.count()) == before
    assert [fault.path for fault in sandbox.faults.all()] == [demo_past.BROKEN["path"]]
