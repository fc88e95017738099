"""A package's page as known on a past day, what is new since a visit, what is usually in by now, and other models."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.backhaul.evaluation import habit
from attribution_portal.backhaul.ledger import snapshot
from attribution_portal.backhaul.models import Evaluation, Look, Package, PollState, SettingsChange
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.payloads import AttributionSettings
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.backhaul.html import evaluation, kpis, panel, rows, text
from tests.backhaul.stored import made, result
from tests.conftest import Partners

pytestmark = pytest.mark.django_db

ACME = "partner-id-acme"
ClientFor = Callable[[User], Client]
URL = f"/p/{ACME}/packages/pkg_past/"


def at(day: int, hour: int = 10, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


BEGINNING = at(1)


def settings(
    window: int | None, model: str = "EVENTS_FROM_PACKAGE", sent: date | None = date(2026, 5, 20)
) -> AttributionSettings:
    return AttributionSettings(model=model, window=window, email_sent_date=sent)


class Written:
    """A package whose ledger is written by hand."""

    def __init__(self, partner: Partner, package_id: str = "pkg_past", *, known_since: datetime = BEGINNING) -> None:
        self.partner = partner
        self.package = Package.objects.create(
            partner=partner,
            package_id=package_id,
            title="Looked back at",
            status="DONE",
            first_seen=known_since,
            last_seen=known_since,
            clusters_read_at=known_since,
        )
        self.poll = PollState.objects.create(package=self.package, partner=partner, next_due=at(16))
        self.set(settings(14))

    def set(self, to: AttributionSettings) -> None:
        self.poll.settings = to
        self.poll.last_read_at = self.poll.last_ok_at = at(15)
        self.poll.save()

    def row(
        self,
        seen: datetime,
        revenue: int,
        to: AttributionSettings,
        *,
        confirmed: datetime | None = None,
        certainty: str = "presumed",
        change: SettingsChange | None = None,
    ) -> Evaluation:
        number = (self.poll.latest.number if self.poll.latest else 0) + 1
        row = Evaluation(
            partner=self.partner,
            package=self.package,
            number=number,
            settings_fingerprint=f"{to}"[:60],
            fingerprint=str(revenue),
            clusters=[{"tc": "a", "customers": str(revenue // 10), "items": "3", "revenue": str(revenue)}],
            customers=revenue // 10,
            items=3,
            revenue=revenue,
            first_seen=seen,
            last_confirmed=confirmed or seen,
            certainty=certainty,
            change=change,
        )
        row.settings = to
        row.save()
        self.poll.latest = row
        self.poll.save()
        return row

    def change(
        self, made: datetime, before: AttributionSettings, after: AttributionSettings, user: User | None
    ) -> SettingsChange:
        change = SettingsChange(
            partner=self.partner,
            package=self.package,
            user=user,
            made_at=made,
            outcome="done",
            reason="Longer run" if user else "",
        )
        change.before, change.settings = before, after
        change.save()
        self.poll.settings_changed_at, self.poll.last_change = made, change
        self.set(after)
        return change


@pytest.fixture
def alices(time: Time, partners: Partners, alice: User, client_for: ClientFor) -> Client:
    return client_for(alice)


@pytest.fixture
def story(alices: Client, partners: Partners, alice: User) -> Written:
    """First results on 2 June, more on 4 June; window 14 → 21 by Alice on 8 June, answered on 9 June."""
    written = Written(partners.acme, known_since=at(1))
    written.row(at(2), 1000, settings(14), confirmed=at(3))
    written.row(at(4), 1200, settings(14), confirmed=at(8, 11))
    change = written.change(at(8, 11), settings(14), settings(21), alice)
    written.row(at(9), 1500, settings(21), confirmed=at(15), certainty="proved", change=change)
    return written


def known_on(client: Client, day: str) -> str:
    answer = client.get(f"{URL}?as_of={day}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("day", "state", "revenue", "says"),
    [
        ("2026-05-31", "none", None, "The portal did not know this package yet on 31 May 2026."),
        ("2026-06-01", "none", None, "On 1 June 2026 there were no results yet."),
        ("2026-06-02", "provisional", "1000", "On 2 June 2026 the window was still open, until 3 June 2026"),
        (
            "2026-06-04",
            "final",
            "1200",
            "On 4 June 2026 the window had closed (3 June 2026) and these results were final.",
        ),
        ("2026-06-08", "waiting", "1200", "still answered the results from 4 Jun 2026, 12:00"),
        ("2026-06-09", "provisional", "1500", "On 9 June 2026 the window was still open, until 10 June 2026"),
        ("2026-06-14", "final", "1500", "these results were final"),
    ],
)
def test_the_page_shows_what_was_known_at_the_end_of_a_day(
    alices: Client, story: Written, sandbox: Sandbox, day: str, state: str, revenue: str | None, says: str
) -> None:
    html = known_on(alices, day)
    shown = panel(html, "evaluation")
    assert evaluation(html) == state
    assert kpis(shown).get("revenue") == revenue
    assert says in text(shown)
    assert 'data-form="settings"' not in html
    assert 'data-form="review"' not in html
    assert "hx-get" not in html
    assert f'data-as-of="{day}"' in html
    assert "Nothing can be changed here. Back to now" in text(html)
    seen = [
        each for each in Evaluation.objects.order_by("-number") if each.first_seen.date() <= date.fromisoformat(day)
    ]
    if seen:
        assert [re.findall(r'data-id="(\d+)"', each)[0] for each in rows(html, "ledger")] == [
            str(e.number) for e in seen
        ]
    assert sandbox.log.of(method="PUT") == ()


def test_the_settings_are_those_of_that_day(alices: Client, story: Written) -> None:
    assert "Window 14 days" in text(panel(known_on(alices, "2026-06-07"), "settings"))
    assert "Window 21 days" in text(panel(known_on(alices, "2026-06-08"), "settings"))
    waiting = text(panel(known_on(alices, "2026-06-08"), "evaluation"))
    assert "Set then: Counts any ticket bought by the people in this package from 20 May to 10 June 2026" in waiting
    assert "from 20 May to 3 June 2026" in waiting


def test_the_partners_midnight_divides_the_days(alices: Client, story: Written) -> None:
    # In Berlin 22:30 UTC is the next day.
    story.row(at(12, 22) + timedelta(minutes=30), 1700, settings(21), confirmed=at(15))
    assert kpis(panel(known_on(alices, "2026-06-12"), "evaluation"))["revenue"] == "1500"
    assert kpis(panel(known_on(alices, "2026-06-13"), "evaluation"))["revenue"] == "1700"


def test_equal_results_48_hours_later_could_not_be_told_on_that_day_either(
    alices: Client, partners: Partners, alice: User
) -> None:
    written = Written(partners.acme)
    written.row(at(2), 1000, settings(14), confirmed=at(10, 11))
    written.change(at(3), settings(14), settings(21), alice)
    written.row(at(5, 11), 1000, settings(21), confirmed=at(15), certainty="unknown")
    PollState.objects.filter(pk=written.poll.pk).update(pending_changes=1)
    assert [evaluation(known_on(alices, f"2026-06-0{day}")) for day in (2, 3, 4, 5, 9)] == [
        "provisional",
        "waiting",
        "waiting",
        "unchanged",
        "unchanged",
    ]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("2026-06-15", "This day is not over: the page shows what is known now."),
        ("2026-06-16", "This day has not come yet: the page shows what is known now."),
        ("banana", "“banana” is not a date, so the page shows what is known now. Write it as 2026-06-15."),
        ("2026-02-30", "“2026-02-30” is not a date, so the page shows what is known now."),
        ("x" * 41, f"“{'x' * 39}…” is not a date, so the page shows what is known now."),
        ("1066-10-14", "Choose a day between 1900 and 2100."),
    ],
)
def test_a_day_that_cannot_be_looked_back_to_is_said_and_the_page_is_that_of_now(
    alices: Client, story: Written, asked: str, says: str
) -> None:
    html = known_on(alices, asked)
    assert says in text(html)
    assert "data-as-of" not in html
    assert 'data-form="settings"' in html
    # What is no day is no value of a calendar: browsers warn of it.
    shown = f' value="{asked}"' if asked[:2] in ("20", "10") and asked != "2026-02-30" else ""
    assert f'<input type="date" name="as_of"{shown} max="2026-06-15"' in html
    answer = alices.get(f"{URL}evaluation.csv?as_of={asked}")
    assert answer.status_code == 302
    assert answer["Location"] == f"{URL}?as_of={asked}"


def test_what_moved_since_the_last_visit_is_told_with_its_proved_cause(
    alices: Client, partners: Partners, alice: User, time: Time
) -> None:
    written = Written(partners.acme)
    written.row(at(2), 1000, settings(14), confirmed=at(15))
    assert "data-since" not in alices.get(URL).content.decode()
    time.forward(minutes=10)
    assert "data-since" not in alices.get(URL).content.decode()
    time.forward(days=1)
    assert "No new results since your last visit on 15 Jun 2026, 12:10." in text(alices.get(URL).content.decode())
    change = written.change(time.now + timedelta(hours=1), settings(14), settings(21), alice)
    time.forward(days=1)
    written.row(time.now, 1940, settings(21), certainty="proved", change=change)
    time.forward(hours=1)
    said = (
        "Since your last visit on 16 Jun 2026, 12:10: +94 customers, +€940.00. Because: window 14 days → 21 days by "
        f"{alice.shown_name} on 16 June 2026: “Longer run”."
    )
    for _ in range(2):
        assert said in text(panel(alices.get(URL).content.decode(), "evaluation"))
    assert Look.objects.count() == 1


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ([(1100, "presumed", False)], "Reason unknown: no change of the settings was seen."),
        ([(1100, "unknown", False)], "Reason unknown: not every step in between is proved."),
        (
            [(1050, "proved", True), (1100, "presumed", False)],
            "Reason unknown: not every step in between is proved.",
        ),
        (
            [(1050, "proved", True), (1050, "unknown", False), (1100, "proved", True)],
            "Because: window 14 days → 21 days, seen on 15 June 2026, made outside the portal; window 14 days → 21",
        ),
    ],
    ids=["moved on by itself", "not known", "partly proved", "two proved causes"],
)
def test_a_cause_is_told_only_where_every_step_is_proved(
    alices: Client, partners: Partners, time: Time, steps: list[tuple[int, str, bool]], why: str
) -> None:
    written = Written(partners.acme)
    written.row(at(2), 1000, settings(14))
    alices.get(URL)
    time.forward(hours=1)
    for revenue, certainty, caused in steps:
        change = written.change(time.now, settings(14), settings(21), None) if caused else None
        written.row(time.now, revenue, settings(21), certainty=certainty, change=change)
        time.forward(minutes=1)
    said = text(alices.get(URL).content.decode())
    assert "Since your last visit on 15 Jun 2026, 12:00: +10 customers, +€100.00." in said
    assert why in said


def finished(partner: Partner, number: int, *, early: int | None, total: int = 1000, window: int = 14) -> Written:
    """A package mailed on 20 May: `early` was known by the end of 29 May, day 9; the rest came later."""
    made = Written(partner, f"pkg_done{number}", known_since=at(20, month=5))
    of = settings(window)
    if early is not None:
        made.row(at(29, month=5), early, of)
    made.row(at(2), total, of, confirmed=at(14))
    made.set(of)
    return made


def test_what_is_usually_in_by_now_is_told_from_eight_finished_packages_on(
    alices: Client, partners: Partners, time: Time
) -> None:
    written = Written(partners.acme)
    running = settings(14, sent=date(2026, 6, 6))
    written.row(at(15), 500, running)
    written.set(running)
    for number, early in enumerate((100, 200, 400, 500, 600, 600, 700)):
        finished(partners.acme, number, early=early)
    # Neither another window nor another partner's package counts.
    finished(partners.acme, 20, early=1000, window=13)
    finished(partners.sakura, 21, early=1000)
    html = alices.get(URL).content.decode()
    assert "Day 9 of 14, provisional, final after 20 June 2026." in text(html)
    assert "Usually" not in text(html)
    finished(partners.acme, 7, early=None)
    said = text(alices.get(URL).content.decode())
    assert (
        "Usually 45% of the revenue is in by day 9 for this partner: the median of 8 finished packages with a window "
        "of 14 days." in said
    )


def test_models_are_compared_as_a_range_and_a_break_of_the_nesting_is_flagged(
    alices: Client, partners: Partners
) -> None:
    written = Written(partners.acme)
    assert 'data-state="empty"' in panel(alices.get(URL).content.decode(), "comparison")
    written.row(at(5), 900, settings(14), certainty="unknown")
    written.row(at(6), 1000, settings(14))
    written.row(at(7), 1500, settings(14, "ALL_PURCHASES"))
    written.row(at(8), 1200, settings(21, "ALL_PURCHASES"))
    html = alices.get(URL).content.decode()
    shown = panel(html, "comparison")
    assert "14 days from 20 May 2026: €1,000 to €1,500, 100 to 150 customers, by model" in text(shown)
    assert [re.findall(r'data-id="(\d+)"', row)[0] for row in rows(html, "comparison")] == ["2", "3", "4"]
    assert "data-break" not in shown
    written.row(at(9), 2000, settings(14, "EVENT_SERIES"))
    html = alices.get(URL).content.decode()
    assert "“Event series” has more customers and revenue than “All purchases”" in text(panel(html, "comparison"))
    assert panel(html, "comparison").count("data-break") == 1
    # A result that may belong to other settings proves nothing.
    Evaluation.objects.filter(number=5).update(certainty="unknown")
    assert "data-break" not in panel(alices.get(URL).content.decode(), "comparison")


def test_the_sums_of_a_day_are_those_of_its_row(alices: Client, story: Written) -> None:
    for day in ("2026-06-02", "2026-06-05", "2026-06-10"):
        shown = kpis(panel(known_on(alices, day), "evaluation"))
        row = Evaluation.objects.filter(first_seen__date__lte=day).order_by("-number").first()
        assert row is not None
        assert [Decimal(shown[name]) for name in ("customers", "items", "revenue")] == [
            row.customers,
            row.items,
            row.revenue,
        ]


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-25T22:59:59.999999+00:00"),
        # Clocks are set back at midnight, so that the last hour comes twice.
        ("Africa/Cairo", date(2026, 10, 29), "2026-10-29T21:59:59.999999+00:00"),
        # Clocks are set forward at midnight: the next day begins at one.
        ("Africa/Cairo", date(2026, 4, 23), "2026-04-23T21:59:59.999999+00:00"),
    ],
)
def test_a_day_ends_when_the_next_begins_whatever_the_clocks_do(zone: str, day: date, end: str) -> None:
    assert snapshot.end_of(day, Partner(timezone=zone)).isoformat() == end


@pytest.mark.django_db(transaction=True)
def test_where_the_database_does_not_know_the_zone_nothing_is_said_to_be_usual(partners: Partners) -> None:
    """Its tables of zones may be older than those of the portal."""
    acme = partners.acme
    package = made(acme, "pkg", poll={"window": 5, "email_sent_date": date(2026, 6, 12)})
    result(made(acme, "done", poll={"window": 5, "email_sent_date": date(2026, 6, 1)}))
    acme.timezone = "No/Where"
    assert habit.usual(partner=acme, package=package, window=5, day=3) is None
    assert PollState.objects.filter(partner=acme).count() == 2
