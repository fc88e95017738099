"""A package's evaluation page: values and sentences, ready to be drawn. Reads Postgres only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from django.urls import reverse

from attribution_portal.accounts.models import User
from attribution_portal.backhaul import wording
from attribution_portal.backhaul.evaluation import comparison, habit, looks
from attribution_portal.backhaul.evaluation import panel as evaluation_panel
from attribution_portal.backhaul.evaluation.asked import Asked
from attribution_portal.backhaul.evaluation.comparison import Comparison
from attribution_portal.backhaul.evaluation.panel import Clusters, Results
from attribution_portal.backhaul.ledger import history, snapshot
from attribution_portal.backhaul.ledger.reading import (
    Standing,
    known_at,
    package_url,
)
from attribution_portal.backhaul.models import Package, SettingsChange
from attribution_portal.backhaul.sign_off import reviews
from attribution_portal.backhaul.state import IN_DOUBT, State
from attribution_portal.formats import Reader
from attribution_portal.panels import Badge, Panel
from attribution_portal.partners.models import Partner

# Seconds between two looks of an open page into Postgres.
CLOSELY: Final = 3
PATIENTLY: Final = 10
# For whom somebody else may change the settings meanwhile.
SELDOM: Final = 15


@dataclass(frozen=True, slots=True)
class PackagePage:
    """`package`: as it is now or, with `day`, as it was known at the end of that day, when nothing can be changed.
    `every`: seconds between two looks for news at `news_url`, 0 when none can come. `digest` tells whether there is
    any. `following`: when the platform is read again, in words; `away`: why nothing can be saved at the moment, ""
    while it can. `newest`: the newest change that a form is based on; `signed`: the sign-off, None with `day`."""

    title: str
    url: str
    now_url: str
    package: Package
    badges: tuple[Badge, ...]
    events: tuple[str, ...]
    state: State
    day: date | None
    as_of: str
    evaluation: Panel[Results]
    clusters: Panel[Clusters]
    comparison: Panel[Comparison]
    ledger: Panel[history.Ledger]
    doubt: str
    following: str
    away: str
    every: int
    digest: str
    news_url: str
    newest: SettingsChange | None
    signed: reviews.Standing | None


def page(*, partner: Partner, package: Package, user: User, asked: Asked, reader: Reader, now: datetime) -> PackagePage:
    """Everything on the page but its forms, in eight queries; one more where a sign-off no longer holds."""
    until = asked.until(partner)
    url = package_url(partner, package)
    known = known_at(partner=partner, package=package, until=until, now=now)
    rows = snapshot.results(package, until)
    newest = known.latest.number if known.latest else 0
    changes = history.changes_of(package, until)
    doubtful = history.doubtful(changes, now) if until is None else None
    past = history.read(rows, newest=newest, number=asked.number)
    signed = reviews.standing(package) if until is None else None
    digest = _digest(known, doubtful, signed)
    return PackagePage(
        title=package.title or package.package_id,
        url=url,
        now_url=Asked(order=asked.order).at(url),
        package=known.package,
        badges=_badges(known, asked.day, reader),
        events=tuple(event["title"] or event["id"] for event in package.events),
        state=known.state,
        day=asked.day,
        as_of=_as_of(asked.day, partner, reader),
        evaluation=evaluation_panel.evaluation(
            known,
            partner,
            reader,
            day=asked.day,
            usual=_usual(known, partner, reader) if until is None else "",
            news=_since(known, partner, user, reader, now) if until is None else "",
        ),
        clusters=evaluation_panel.clusters(
            known,
            partner,
            reader,
            order=asked.order,
            link=lambda order: Asked(asked.day, order).at(url) + "#panel-clusters",
            files=_files("evaluation", partner, package, asked),
            day=asked.day,
        ),
        comparison=comparison.panel(
            rows, past, newest=newest, zone=partner.zone, currency=partner.currency, reader=reader
        ),
        ledger=history.panel(
            past,
            changes,
            history.Shown(
                partner=partner,
                reader=reader,
                page=lambda number: replace(asked, number=number).at(url) + "#panel-ledger",
                day=lambda day: _day_url(asked, url, day, known.facts.today),
                files=_files("results", partner, package, asked),
                until=until,
            ),
        ),
        doubt=_doubt(doubtful, reader),
        following=wording.next_reading(known.next_due, known.facts.now, reader) if until is None else "",
        away=_away(known, reader),
        every=_every(known, doubtful, now) if until is None else 0,
        digest=digest,
        news_url=f"{asked.at(url)}{'&' if asked.query else '?'}seen={digest}",
        newest=history.newest(package, changes) if until is None else None,
        signed=signed,
    )


@dataclass(frozen=True, slots=True)
class Look:
    """What an open page that asks for news compares with its own. `following`: while the package cannot be read, when
    it is tried next, which changes with every try and with nothing else."""

    digest: str
    following: str


def look(*, partner: Partner, package: Package, reader: Reader, now: datetime) -> Look:
    """In three queries or four."""
    known = known_at(partner=partner, package=package, until=None, now=now)
    digest = _digest(known, history.doubtful(history.changes_of(package), now), reviews.standing(package))
    following = wording.next_reading(known.next_due, now, reader) if known.state is State.FAILING else ""
    return Look(digest, following)


def _day_url(asked: Asked, url: str, day: date, today: date) -> str:
    return Asked(day, asked.order).at(url) if day < today and day != asked.day else ""


def _files(what: str, partner: Partner, package: Package, asked: Asked) -> tuple[tuple[str, str], ...]:
    asked = Asked(asked.day, asked.order)
    return tuple(
        (form.upper(), asked.at(reverse(f"backhaul:{what}_{form}", args=[partner.partner_id, package.package_id])))
        for form in ("csv", "xlsx")
    )


def _as_of(day: date | None, partner: Partner, reader: Reader) -> str:
    if day is None:
        return ""
    return reader.gettext(
        "This is the page as it was known at the end of %(day)s in the zone %(zone)s. Nothing can be changed here."
    ) % {"day": reader.day(day), "zone": partner.zone.key}


def _badges(known: Standing, day: date | None, reader: Reader) -> tuple[Badge, ...]:
    badges = [Badge(wording.state_name(known.state, reader), known.state.value)]
    if day is not None:
        badges.append(Badge(reader.gettext("As of %(day)s") % {"day": reader.day(day, short=True)}, "notice"))
    elif known.package.status:
        badges.append(Badge(wording.package_status(known.package.status, reader), "neutral"))
    return tuple(badges)


def _usual(known: Standing, partner: Partner, reader: Reader) -> str:
    day, window = wording.day_of_window(known.facts), known.facts.window
    if known.state is not State.PROVISIONAL or day is None or window is None:
        return ""
    return habit.words(habit.usual(partner=partner, package=known.package, window=window, day=day), reader)


def _since(known: Standing, partner: Partner, user: User, reader: Reader, now: datetime) -> str:
    since = looks.look(user=user, package=known.package, now=now)
    return looks.news(
        snapshot.results(known.package), known.latest, since=since, currency=partner.currency or None, reader=reader
    )


def _doubt(change: SettingsChange | None, reader: Reader) -> str:
    """What is said about a change whose outcome nobody knows, or that did not arrive."""
    if change is None:
        return ""
    said = {"what": wording.difference(change.before, change.settings, reader), "when": reader.instant(change.made_at)}
    if change.outcome == SettingsChange.Outcome.NOT_TAKEN:
        return (
            reader.gettext(
                "The change of %(when)s (%(what)s) did not arrive: the platform answers other settings. Save it again "
                "if it is still wanted."
            )
            % said
        )
    return (
        reader.gettext(
            "We don't know yet whether the platform took the change of %(when)s (%(what)s). It was sent once and is "
            "not sent again; the portal goes on reading the settings."
        )
        % said
    )


def _away(known: Standing, reader: Reader) -> str:
    if not known.away:
        return ""
    text = reader.gettext("Nothing can be saved at the moment. %(why)s The button comes back by itself.")
    if known.is_tried:
        text = reader.gettext(
            "Nothing can be saved at the moment. %(why)s While this page is open, the portal tries again about once a "
            "minute; the button comes back by itself."
        )
    return text % {"why": known.away}


def _every(known: Standing, doubtful: SettingsChange | None, now: datetime) -> int:
    is_open = doubtful is not None and doubtful.outcome == SettingsChange.Outcome.UNKNOWN
    if known.state is State.WAITING or (is_open and doubtful and now - doubtful.made_at < 2 * IN_DOUBT):
        return CLOSELY
    if known.state is State.NONE:
        return PATIENTLY
    return 0 if known.state is State.ENDED else SELDOM


def _digest(known: Standing, doubtful: SettingsChange | None, signed: reviews.Standing | None) -> str:
    """Changes when something on the page does, apart from ages and times of confirmation."""
    poll, review = known.poll, signed.review if signed else None
    parts: Sequence[object] = (
        known.state,
        bool(known.away),
        known.package.status,
        known.package.title,
        known.package.clusters_read_at,
        poll.latest_id,
        poll.settings,
        poll.settings_changed_at,
        (doubtful.pk, doubtful.outcome) if doubtful else None,
        (review.pk, review.withdrawn_at) if review else None,
        known.facts.today,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
