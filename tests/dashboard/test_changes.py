"""What changed since somebody's last visit: what Postgres proves, and nothing that they did themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from attribution_portal.accounts.models import User
from attribution_portal.audit import trail
from attribution_portal.audit.trail import Actor, Kind, Outcome
from attribution_portal.backhaul.models import Evaluation, Package, SettingsChange
from attribution_portal.partners.models import Partner
from tests.conftest import Partners
from tests.dashboard.conftest import Open, Time
from tests.pages import Shown

pytestmark = pytest.mark.django_db

Poll = Callable[[Partner], None]


def lines(shown: Shown) -> dict[str, str]:
    """Title and words of each line, by its id."""
    return {row["data-id"]: row.one("th").text for row in shown.table("changes").one("tbody").all("tr")}


def actor(user: User) -> Actor:
    return Actor(user=user, email=user.email, address="192.0.2.1", session="")


@pytest.fixture
def visited(page: Open, partners: Partners, poll: Poll, time: Time) -> None:
    """Alice looked at noon, when the packages had been read; an hour has passed."""
    poll(partners.acme)
    time.forward(minutes=1)
    page()
    time.forward(hours=1)


def package(partners: Partners, package_id: str = "pkg_main") -> Package:
    return Package.objects.select_related("poll__latest").get(partner=partners.acme, package_id=package_id)


def add_result(found: Package, *, revenue: str | None = None) -> Evaluation:
    """The ledger's next row, read now: with other revenue, or the same result under other settings."""
    latest = Evaluation.objects.filter(package=found).latest("number")
    latest.pk, latest.number = None, latest.number + 1
    latest.first_seen = latest.last_confirmed = datetime.now(UTC)
    if revenue is not None:
        latest.revenue, latest.fingerprint = revenue, "f" * 64
    latest.save()
    return latest


def test_the_first_visit_says_what_will_be_there(page: Open, partners: Partners, poll: Poll, time: Time) -> None:
    poll(partners.acme)
    time.forward(minutes=5)
    for _look in range(2):
        panel = page().panel("changes")
        assert panel["data-state"] == "empty"
        assert "This is your first visit." in panel.text


@pytest.mark.usefixtures("visited")
def test_nothing_new_says_since_when(page: Open) -> None:
    panel = page().panel("changes")
    assert panel["data-state"] == "empty"
    assert "Nothing changed since your last visit on 15 Jun 2026, 12:01." in panel.text


@pytest.mark.usefixtures("visited")
def test_a_new_result_stands_against_the_one_that_was_seen(page: Open, partners: Partners) -> None:
    found = package(partners)
    add_result(found, revenue="1.00")
    add_result(found, revenue="30000.00")
    shown = page()
    assert lines(shown) == {
        "result-pkg_main": f"{found.title} New results: €30,000.00, +€7,957.14.",
    }
    assert shown.table("changes").one("a")["href"] == "/p/partner-id-acme/packages/pkg_main/"


@pytest.mark.usefixtures("visited")
def test_the_same_result_under_other_settings_is_no_news(page: Open, partners: Partners) -> None:
    add_result(package(partners))
    assert page().panel("changes")["data-state"] == "empty"


@pytest.mark.usefixtures("visited")
def test_it_stays_until_the_visit_is_over(page: Open, partners: Partners, time: Time) -> None:
    add_result(package(partners), revenue="30000.00")
    assert list(lines(page())) == ["result-pkg_main"]
    time.forward(minutes=29)
    assert list(lines(page())) == ["result-pkg_main"]
    time.forward(minutes=31)
    assert page().panel("changes")["data-state"] == "empty"


@pytest.mark.usefixtures("visited")
def test_settings_say_who_changed_what_and_ones_own_are_left_out(
    page: Open, partners: Partners, alice: User, bob: User
) -> None:
    found = package(partners)

    def change(user: User | None, outcome: SettingsChange.Outcome) -> SettingsChange:
        made = SettingsChange(
            partner=partners.acme, package=found, user=user, made_at=datetime.now(UTC), outcome=outcome
        )
        made.before = found.poll.settings
        made.settings = found.poll.settings
        made.window = 21
        made.save()
        return made

    outside = change(None, SettingsChange.Outcome.DONE)
    bobs = change(bob, SettingsChange.Outcome.DONE)
    change(alice, SettingsChange.Outcome.DONE)
    change(bob, SettingsChange.Outcome.REFUSED)
    change(bob, SettingsChange.Outcome.UNKNOWN)
    assert lines(page()) == {
        f"settings-{bobs.pk}": f"{found.title} Settings, changed by bob@acme.example: window 14 days → 21 days.",
        f"settings-{outside.pk}": f"{found.title} Settings, changed outside the portal: window 14 days → 21 days.",
    }


@pytest.mark.usefixtures("visited")
def test_packages_that_came_and_went_are_told(page: Open, partners: Partners) -> None:
    now = datetime.now(UTC)
    Package.objects.create(
        partner=partners.acme, package_id="pkg_new", title="Brand new", first_seen=now, last_seen=now
    )
    Package.objects.filter(partner=partners.acme, package_id="pkg_final").update(vanished_at=now)
    told = lines(page())
    assert told["package-pkg_new"] == "Brand new New package."
    assert told["package-pkg_final"].endswith("The platform no longer lists this package.")
    assert len(told) == 2


@pytest.mark.usefixtures("visited")
def test_what_others_did_is_told_from_the_trail(page: Open, partners: Partners, alice: User, bob: User) -> None:
    def put(
        kind: Kind, outcome: Outcome = Outcome.DONE, user: User = bob, **values: dict[str, str | int | None]
    ) -> str:
        event = trail.record(
            kind=kind,
            actor=actor(user),
            partner=partners.acme,
            target="evt_closed",
            title="Farewell",
            outcome=outcome,
            **values,
        )
        return f"act-{event.pk}"

    row: dict[str, str | int | None] = {"purchases": 147, "revenue": "6615.5", "currency": "EUR"}
    created = put(Kind.ADJUSTMENT_CREATED, after=row)
    deleted = put(Kind.ADJUSTMENT_DELETED, before=row)
    restored = put(Kind.ADJUSTMENT_RESTORED, after={})
    model = put(Kind.EVENT_MODEL_CHANGED, before={"model": "FD"}, after={"model": "META"})
    defaults = put(Kind.DEFAULTS_CHANGED)
    put(Kind.ADJUSTMENT_CREATED, user=alice, after=row)
    put(Kind.ADJUSTMENT_CREATED, Outcome.INTENDED, after=row)
    put(Kind.ADJUSTMENT_CREATED, Outcome.UNKNOWN, after=row)
    put(Kind.EXPORTED)
    shown = page()
    assert lines(shown) == {
        created: "Farewell Adjustment created by bob@acme.example: purchases 147, revenue €6,615.50.",
        deleted: "Farewell Adjustment deleted by bob@acme.example: purchases 147, revenue €6,615.50.",
        restored: "Farewell Adjustment restored by bob@acme.example: purchases —, revenue —.",
        model: "Farewell Attribution model, changed by bob@acme.example: FD → META.",
        defaults: "Package defaults Changed by bob@acme.example.",
    }
    assert shown.table("changes").all("a")[-1]["href"] == "/p/partner-id-acme/events/evt_closed/"


@pytest.mark.usefixtures("visited")
def test_another_partners_changes_are_not_told(page: Open, partners: Partners, bob: User) -> None:
    now = datetime.now(UTC)
    Package.objects.create(partner=partners.sakura, package_id="pkg_x", title="Theirs", first_seen=now, last_seen=now)
    trail.record(kind=Kind.ADJUSTMENT_CREATED, actor=actor(bob), partner=partners.sakura, target="evt_x", title="x")
    assert page().panel("changes")["data-state"] == "empty"


@pytest.mark.usefixtures("visited")
def test_of_many_changes_the_newest_are_shown(page: Open, partners: Partners, time: Time) -> None:
    for number in range(14):
        now = time.forward(seconds=1)
        Package.objects.create(
            partner=partners.acme, package_id=f"pkg_{number:02}", title="", first_seen=now, last_seen=now
        )
    shown = page()
    assert list(lines(shown)) == [f"package-pkg_{number:02}" for number in range(13, 1, -1)]
    assert "Only the newest 12 are shown." in shown.panel("changes").text
