"""The summaries that lists go by, against the rows that they are made of and the pure functions that judge those."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product

from attribution_portal.accounts.models import User
from attribution_portal.backhaul import state
from attribution_portal.backhaul.ledger import standing
from attribution_portal.backhaul.models import (
    Evaluation,
    KnownDefaults,
    Package,
    PartnerPoll,
    PollState,
    SettingsChange,
    Summary,
)
from attribution_portal.backhaul.overview import selection
from attribution_portal.partners.models import Partner
from tests.backhaul.stored import NOW, made, result, sign
from tests.conftest import Partners
from tests.partners.lost_zone import lose

ZONE_EDGE = datetime(2026, 6, 10, 22, 30, tzinfo=UTC)  # In Berlin it is the 11th already.


def test_the_state_of_a_list_is_the_state_of_the_page_for_every_combination_of_facts(partners: Partners) -> None:
    """In SQL over thousands of rows, and in `state.of` for one."""
    acme = partners.acme
    windows = ((None, None), (5, None), (None, date(2026, 6, 5)), (5, date(2026, 6, 5)), (-1, date(2026, 6, 5)),
               (10**12, date(2026, 6, 5)), (10, date(2026, 6, 5)))  # fmt: skip
    confirmations = (None, ZONE_EDGE - timedelta(hours=1), ZONE_EDGE, NOW)
    changes = ((None, 0), (NOW - timedelta(hours=48), 1), (NOW - timedelta(hours=47, minutes=59), 2))
    statuses = (("DONE", None), ("EXPIRED", None), ("FAILED", None), ("INPROGRESS", None), ("DONE", NOW))
    combinations = list(product(statuses, windows, confirmations, changes, (None, NOW)))
    packages = Package.objects.bulk_create(
        Package(
            partner=acme,
            package_id=f"p{number}",
            status=status,
            vanished_at=vanished,
            first_seen=NOW,
            last_seen=NOW,
        )
        for number, ((status, vanished), *_rest) in enumerate(combinations)
    )
    rows = Evaluation.objects.bulk_create(
        Evaluation(
            partner=acme, package=package, number=1, settings_fingerprint="", fingerprint="", clusters=[],
            customers=1, items=1, revenue=1, first_seen=confirmed, last_confirmed=confirmed, certainty="presumed",
        )
        for package, (_s, _w, confirmed, _c, _f) in zip(packages, combinations, strict=True)
        if confirmed is not None
    )  # fmt: skip
    latest = {row.package_id: row for row in rows}
    PollState.objects.bulk_create(
        PollState(
            package=package, partner=acme, window=window, email_sent_date=sent, latest=latest.get(package.pk),
            settings_changed_at=changed, pending_changes=pending,
            failures=int(failing is not None), failing_since=failing, last_error="Unavailable" if failing else "",
        )
        for package, (_s, (window, sent), _c, (changed, pending), failing) in zip(packages, combinations, strict=True)
    )  # fmt: skip
    for parked in (None, PartnerPoll(partner=acme, failures=1, failing_since=NOW, last_error="Unavailable",
                                     parked_since=NOW, parked_until=NOW)):  # fmt: skip
        if parked is not None:
            parked.save()
        listed = dict(
            selection.of_partners([acme.pk], NOW, parked=selection.parked_of([acme.pk])).values_list("pk", "state")
        )
        assert len(listed) == len(combinations) == 840
        for package in Package.objects.select_related("poll__latest"):
            facts = standing.facts(
                partner=acme, package=package, poll=package.poll, latest=package.poll.latest, parked=parked, now=NOW
            )
            assert listed[package.pk] == state.of(facts), facts


def test_a_summary_follows_each_row_that_it_is_made_of(partners: Partners, mara: User) -> None:
    acme = partners.acme
    package = made(acme, "pkg", status="DONE", events=[{"id": "e", "title": "Straße am MEER"}])

    def summary() -> Summary:
        return Summary.objects.get(package=package)

    assert (summary().has_results, summary().search, summary().signed) == (False, "pkg pkg straße am meer", "unsigned")
    # Results, and the first reading after the window.
    poll = PollState.objects.filter(pk=package.pk)
    poll.update(window=5, email_sent_date=date(2026, 6, 5))
    row = result(package, ZONE_EDGE - timedelta(hours=1))
    assert (summary().customers, summary().revenue, summary().is_final) == (10, Decimal("120.5"), False)
    Evaluation.objects.filter(pk=row.pk).update(last_confirmed=ZONE_EDGE)
    assert summary().is_final
    # The partner's zone moves the end of the window.
    Partner.objects.filter(pk=acme.pk).update(timezone="America/New_York")
    assert not summary().is_final
    lose(acme, "No/Where")
    assert not summary().is_final
    Partner.objects.filter(pk=acme.pk).update(timezone="Europe/Berlin")
    assert summary().is_final
    # The partner's defaults.
    KnownDefaults.objects.create(partner=acme, model="EVENTS_FROM_PACKAGE", window=7, read_at=NOW)
    assert summary().deviates
    poll.update(inherited=["window"])
    assert not summary().deviates
    KnownDefaults.objects.update(model="ALL_PURCHASES")
    assert summary().deviates
    # A sign-off, and what ends it.
    found = Package.objects.select_related("poll__latest", "partner").get(pk=package.pk)
    sign(found, mara)
    assert (summary().signed, summary().signed_by) == ("signed", "mara@portal.example")
    poll.update(settings_changed_at=NOW)
    assert summary().signed == "unsigned_by_change"
    poll.update(settings_changed_at=None)
    assert summary().signed == "signed"
    result(package, NOW, number=2)
    assert (summary().signed, summary().customers) == ("unsigned_by_change", 20)
    # Changes of settings: how often, and how often too late.
    for at, outcome in ((NOW, "done"), (NOW - timedelta(days=9), "done"), (NOW, "unknown")):
        SettingsChange.objects.create(
            partner=acme, package=package, user=mara, model="ALL_PURCHASES", window=5, email_sent_date="2026-06-05",
            before_window=5, before_email_sent_date="2026-06-05", made_at=at, outcome=outcome,
        )  # fmt: skip
    assert (summary().changes, summary().late_changes) == (2, 1)
    SettingsChange.objects.filter(outcome="unknown").update(outcome="done")
    assert (summary().changes, summary().late_changes) == (3, 2)
    # The package itself.
    Package.objects.filter(pk=package.pk).update(title="", merge_id="pkg_2", vanished_at=NOW, events=[])
    assert (summary().title, summary().search.split()) == ("pkg", ["pkg"])
    assert (summary().merged, summary().vanished) == (True, True)
    package.delete()
    assert not Summary.objects.exists()


def test_the_tally_of_a_partner_is_what_counting_its_packages_gives(partners: Partners) -> None:
    """By one query over all rows, and by adding up what triggers kept: through new, changed and removed packages."""
    acme = partners.acme
    closed = {"window": 5, "email_sent_date": date(2026, 6, 1)}
    KnownDefaults.objects.create(partner=acme, model="ALL_PURCHASES", read_at=NOW)

    def agree() -> None:
        # The same packages, asked for by a filter that all of them pass.
        every = selection.Filters(states=tuple(state.State))
        # Somebody else's partner is parked: reasons are looked for instead of taken from what is kept.
        tallied, counted, sought = (
            selection.figures(
                selection.of_partners([acme.pk], NOW, parked=parked),
                filters, NOW, partners=[acme.pk], parked=parked, with_reasons=True,
            )
            for filters, parked in ((selection.Filters(), ()), (every, ()), (every, (partners.sakura.pk,)))
        )  # fmt: skip
        assert tallied == counted == sought
        rows = selection.of_partners([acme.pk], NOW, parked=())
        for reason, n in counted.reasons.items():
            assert selection.matching(rows, selection.Filters(why=(reason.value,)), NOW).count() == n
        everyone = selection.ordered(selection.matching(rows, every, NOW), every, NOW, default="attention")
        assert selection.first_by_attention([acme.pk], NOW, most=100) == list(everyone.values_list("pk", flat=True))

    for number in range(12):
        poll: dict[str, object] = dict(closed) if number % 2 else {}
        if number % 3 == 0:
            poll |= {"failures": 1, "failing_since": NOW, "last_error": "Unavailable"}
        if number % 4 == 1:
            poll |= {"settings_changed_at": NOW - timedelta(days=2), "pending_changes": 1}
        package = made(acme, f"p{number}", poll=poll, status="EXPIRED" if number == 5 else "DONE")
        if number % 5:
            result(package, revenue=f"{number}.25")
        agree()
    Package.objects.filter(package_id__in=["p1", "p2"]).update(merge_id="p3")
    PollState.objects.filter(package__package_id="p3").update(failures=0, failing_since=None, last_error="")
    agree()
    for package_id in ("p2", "p7"):
        Package.objects.get(package_id=package_id).delete()
        agree()
