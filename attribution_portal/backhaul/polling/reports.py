"""The operators' page about polling: how far it has come, in words. Counts of readings; never a partner's numbers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.urls import reverse

from attribution_portal.backhaul.ledger.reading import error_words
from attribution_portal.backhaul.polling import rounds
from attribution_portal.backhaul.polling.rounds import Hour, PartnerProgress, Progress
from attribution_portal.formats import Reader, raw
from attribution_portal.panels import Badge, Kpi, Panel

EVERY: Final = 5
# Beat ticks every five seconds; after this long something stands still.
STILL: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PartnerRow:
    name: str
    id: str
    url: str
    badge: Badge
    why: str
    work: PartnerProgress


@dataclass(frozen=True, slots=True)
class Now:
    """`trouble`: what stands in the way of reading at all, "" for nothing. `queue`: None while Redis is away."""

    kpis: tuple[Kpi, ...]
    sentence: str
    trouble: str
    progress: Progress
    last_tick: datetime | None
    queue: int | None
    lists_failing: int
    oldest_list: datetime | None


@dataclass(frozen=True, slots=True)
class RoundPage:
    """`digest`: changes with what is shown, and once a minute with its ages."""

    badge: Badge
    now: Panel[Now]
    partners: Panel[tuple[PartnerRow, ...]]
    hours: Panel[tuple[Hour, ...]]
    digest: str
    every: int = EVERY


def page(*, reader: Reader, now: datetime) -> RoundPage:
    known = rounds.progress(now)
    working = rounds.partners(now)
    tick, queue = rounds.last_tick(), rounds.waiting_messages()
    failing, oldest = rounds.lists(now)
    trouble = _trouble(known, tick, queue, reader)
    rows = tuple(_row(each, now, reader) for each in working)
    done = rounds.hours(now)
    here = Now(
        kpis=_kpis(known, rounds.reads_left(working), reader),
        sentence=_sentence(known, trouble, reader),
        trouble=trouble,
        progress=known,
        last_tick=tick,
        queue=queue,
        lists_failing=failing,
        oldest_list=oldest,
    )
    facts = repr((known.due, known.in_flight, known.read, known.failed, trouble, rows, done, queue, f"{now:%H:%M}"))
    return RoundPage(
        badge=_badge(known, trouble, reader),
        now=_now_panel(here, known, reader),
        partners=_partners_panel(rows, reader),
        hours=_hours_panel(done, reader),
        digest=hashlib.sha256(facts.encode()).hexdigest()[:16],
    )


def _now_panel(here: Now, known: Progress, reader: Reader) -> Panel[Now]:
    caption = reader.ngettext(
        "%(n)s package is read from time to time.", "%(n)s packages are read from time to time.", known.scheduled
    ) % {"n": reader.count(known.scheduled)}
    return Panel("polling", "ready", data=here, caption=caption, read_at=known.at)


def _partners_panel(rows: tuple[PartnerRow, ...], reader: Reader) -> Panel[tuple[PartnerRow, ...]]:
    if not rows:
        nothing = reader.gettext("No partner has packages that are due, and none is parked.")
        return Panel("polling-partners", "empty", sentence=nothing)
    caption = ""
    if len(rows) == rounds.NAMED:
        caption = reader.gettext("The %(n)s that have waited longest.") % {"n": reader.count(len(rows))}
    return Panel("polling-partners", "ready", data=rows, caption=caption)


def _hours_panel(done: tuple[Hour, ...], reader: Reader) -> Panel[tuple[Hour, ...]]:
    if not done:
        return Panel("polling-hours", "empty", sentence=reader.gettext("Nothing was read in the last 24 hours."))
    caption = reader.gettext("Packages, each as often as it was read. Kept for %(n)s days.")
    return Panel("polling-hours", "ready", data=done, caption=caption % {"n": reader.count(rounds.KEPT.days)})


def _kpis(known: Progress, left: int | None, reader: Reader) -> tuple[Kpi, ...]:
    def number(name: str, label: str, value: int | None, note: str = "") -> Kpi:
        return Kpi(name, label, raw(value), reader.count(value), note=note)

    oldest = known.oldest_due
    waited = raw(int((known.at - oldest).total_seconds())) if oldest else ""
    return (
        number("polling_due", reader.gettext("Due now"), known.due),
        number("polling_in_flight", reader.gettext("Being read"), known.in_flight),
        number("polling_read", reader.gettext("Read in 5 minutes"), known.read),
        number("polling_failed", reader.gettext("Failed in 5 minutes"), known.failed),
        Kpi(
            "polling_oldest",
            reader.gettext("Oldest due"),
            waited,
            reader.ago(oldest, known.at),
            note="" if oldest else reader.gettext("Nothing is due."),
        ),
        number(
            "polling_reads_left",
            reader.gettext("Reads left"),
            left,
            "" if left is not None else reader.gettext("No partner has work."),
        ),
    )


def _sentence(known: Progress, trouble: str, reader: Reader) -> str:
    if not known.scheduled:
        return reader.gettext("No package is to be read: none is known yet, or all have ended.")
    if not known.due and not known.in_flight:
        if known.held_back:
            return reader.gettext("Nothing is due but packages of partners that are parked.")
        return reader.gettext("Nothing is due. The next package is read on %(when)s.") % {
            "when": reader.instant(known.next_due)
        }
    # What stands still has no pace.
    minutes = None if trouble else known.minutes_left
    if minutes is None:
        return reader.gettext("Packages are being read.") if known.in_flight else reader.gettext("Packages are due.")
    if minutes < 1:
        return reader.gettext("At the pace of the last five minutes all that is due is read within a minute.")
    return reader.ngettext(
        "At the pace of the last five minutes all that is due is read in about %(n)s minute.",
        "At the pace of the last five minutes all that is due is read in about %(n)s minutes.",
        minutes,
    ) % {"n": reader.count(minutes)}


def _trouble(known: Progress, tick: datetime | None, queue: int | None, reader: Reader) -> str:
    if queue is None:
        return reader.gettext("Redis does not answer: no worker gets anything to do. Polling goes on when it is back.")
    if tick is None:
        return reader.gettext("No worker has polled since Redis was started. Are beat and a worker running?")
    if known.at - tick > STILL:
        return reader.gettext("No worker has polled since %(when)s. Are beat and a worker running?") % {
            "when": reader.instant(tick)
        }
    return ""


def _badge(known: Progress, trouble: str, reader: Reader) -> Badge:
    if trouble:
        return Badge(reader.gettext("Stands still"), "failing")
    if known.due or known.in_flight:
        return Badge(reader.gettext("Reading"), "active")
    return Badge(reader.gettext("Idle"), "current")


def _row(each: PartnerProgress, now: datetime, reader: Reader) -> PartnerRow:
    badge, why = _state(each, now, reader)
    url = reverse("operators:partner", args=[each.partner.partner_id])
    return PartnerRow(each.partner.name, each.partner.partner_id, url, badge, why, each)


def _state(each: PartnerProgress, now: datetime, reader: Reader) -> tuple[Badge, str]:
    poll = each.poll
    if poll is not None and poll.parked_until is not None and poll.parked_since is not None:
        words = f"{error_words(poll.last_error)} "
        if poll.parked_until <= now:
            words += reader.gettext("Parked since %(since)s; one package at a time is tried.")
            return Badge(reader.gettext("Being tried"), "waiting"), words % {"since": reader.instant(poll.parked_since)}
        words += reader.gettext("Parked since %(since)s, tried again on %(until)s.")
        times = {"since": reader.instant(poll.parked_since), "until": reader.instant(poll.parked_until)}
        return Badge(reader.gettext("Parked"), "failing"), words % times
    if poll is not None and poll.budget_until is not None and poll.budget_until > now:
        words = reader.gettext("The polling share of this minute's reads is spent.")
        return Badge(reader.gettext("Waits for its budget"), "waiting"), words
    if poll is not None and poll.failures:
        words = reader.gettext("Its list of packages cannot be read: %(why)s") % {"why": error_words(poll.last_error)}
        return Badge(reader.gettext("List fails"), "unknown"), words
    if each.in_flight:
        return Badge(reader.gettext("Being read"), "active"), ""
    return Badge(reader.gettext("Waits for its turn"), "none"), ""
