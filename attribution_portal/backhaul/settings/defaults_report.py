"""The page of a partner's package defaults: values and sentences, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.core.paginator import Page, Paginator

from attribution_portal.backhaul import precedence, wording
from attribution_portal.backhaul.ledger import history
from attribution_portal.backhaul.ledger.reading import package_url
from attribution_portal.backhaul.models import DefaultsChange, Package
from attribution_portal.backhaul.precedence import SETTING_NAMES, UNSET
from attribution_portal.backhaul.settings import following
from attribution_portal.backhaul.settings.defaults import Known
from attribution_portal.backhaul.settings.following import How
from attribution_portal.backhaul.state import IN_DOUBT
from attribution_portal.formats import Reader
from attribution_portal.panels import Badge, Panel
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.payloads import AttributionSettings

PER_PAGE: Final = 50
KINDS: Final = {
    How.FOLLOWS: "final",
    How.PARTLY: "provisional",
    How.DEVIATES: "notice",
    How.SAME: "neutral",
    How.UNREAD: "none",
}


@dataclass(frozen=True, slots=True)
class InForce:
    """What the panel `defaults` shows beside its form. `notices`: what is to be known about the last change made here,
    and about a model that the portal does not know; `closed`: why nothing can be changed now."""

    sentence: str
    notices: tuple[str, ...]
    closed: str
    models: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PackageRow:
    """`remark`: which values are its own, or what a change of the defaults changes for it."""

    id: str
    url: str
    title: str
    settings: str
    how: str
    badge: Badge
    remark: str


@dataclass(frozen=True, slots=True)
class Followers:
    summary: str
    rows: tuple[PackageRow, ...]
    paging: Page[Package]


@dataclass(frozen=True, slots=True)
class Effect:
    """What saving would change: `sentences` in words, `rows` the packages concerned, as many as a page shows; `more`
    says how many others there are."""

    sentences: tuple[str, ...]
    rows: tuple[PackageRow, ...]
    more: str


def defaults_panel(
    *, known: Known, last: DefaultsChange | None, reader: Reader, retry: str, now: datetime
) -> Panel[InForce]:
    reading = known.reading
    if reading is None:
        assert known.error is not None  # noqa: S101
        return Panel[InForce].of("defaults", known.error, retry=retry)
    closed = ""
    if known.error is not None:
        closed = reader.gettext("Nothing can be changed now. %(why)s") % {"why": str(known.error.sentence)}
    notices = (
        _doubt(last, reading.value, now, reader),
        wording.unknown_model(reading.value.model, reader, can_save=known.error is None),
    )
    data = InForce(
        sentence=wording.defaults_sentence(reading.value, reader),
        notices=tuple(notice for notice in notices if notice),
        closed=closed,
        models=wording.model_help(reader),
    )
    is_empty = reading.value.is_empty
    return Panel(
        "defaults",
        "empty" if is_empty else "ready",
        data=data,
        sentence=data.sentence if is_empty else "",
        read_at=reading.read_at,
        stale=reading.stale,
        failing=known.error is not None,
    )


def followers_panel(*, partner: Partner, known: Known, number: str, reader: Reader) -> Panel[Followers]:
    """From Postgres; whether a package deviates can only be said when the defaults are known."""
    defaults = known.reading.value if known.reading else UNSET
    paging = Paginator(following.listed(partner, defaults), PER_PAGE).get_page(number)
    caption = reader.gettext(
        "As the portal last read each package; those that expired or failed are left out. That the partner's defaults "
        "fill what a package has not set itself is how the portal understands the platform; its documentation does "
        "not spell it out."
    )
    if not paging.paginator.count:
        sentence = reader.gettext("There are no packages that the defaults could count for yet.")
        return Panel("followers", "empty", sentence=sentence)
    rows = tuple(_row(partner, package, defaults, reader) for package in paging)
    if known.reading is not None:
        rows = tuple(_caught_up(row, package, defaults, reader) for row, package in zip(rows, paging, strict=True))
    data = Followers(_summary(following.counts(partner, defaults), known, reader), rows, paging)
    return Panel("followers", "ready", data=data, caption=caption)


def effect(*, partner: Partner, now: AttributionSettings, wanted: AttributionSettings, reader: Reader) -> Effect:
    names = precedence.changed(now, wanted)
    everyone = following.listed(partner, now)
    affected = everyone.filter(following.takes_any(names))
    n, unread = affected.count(), everyone.filter(poll__last_ok_at=None).count()
    untouched = everyone.count() - n - unread
    rows = []
    for package in affected[:PER_PAGE]:
        poll = package.poll
        own = precedence.own_of(poll.settings, poll.inherited)
        after = precedence.in_force(own, wanted).settings
        what = wording.difference(poll.settings, after, reader)
        rows.append(replace(_row(partner, package, now, reader), remark=what))
    more = ""
    if n > PER_PAGE:
        more = reader.ngettext("And %(n)s more package.", "And %(n)s more packages.", n - PER_PAGE) % {
            "n": reader.count(n - PER_PAGE)
        }
    return Effect(_effect_sentences(now, wanted, n, untouched, unread, reader), tuple(rows), more)


def _effect_sentences(
    now: AttributionSettings, wanted: AttributionSettings, n: int, untouched: int, unread: int, reader: Reader
) -> tuple[str, ...]:
    what = reader.gettext("The partner's defaults change: %(what)s.") % {
        "what": wording.difference(now, wanted, reader)
    }
    if n:
        concerned = reader.ngettext(
            "%(n)s package takes a value that changes. Whether the platform counts its results anew at once is not "
            "documented: the portal reads it from now on and shows what comes. Its present results stay in its ledger.",
            "%(n)s packages take a value that changes. Whether the platform counts their results anew at once is not "
            "documented: the portal reads them from now on and shows what comes. Their present results stay in their "
            "ledgers.",
            n,
        ) % {"n": reader.count(n)}
    else:
        concerned = reader.gettext("No package that the portal has read takes a value that changes.")
    sentences = [what, concerned]
    if untouched:
        sentences.append(
            reader.ngettext(
                "%(n)s package has its own values for what changes, which go before the defaults. Nothing is sent for "
                "it.",
                "%(n)s packages have their own values for what changes, which go before the defaults. Nothing is sent "
                "for them.",
                untouched,
            )
            % {"n": reader.count(untouched)}
        )
    if unread:
        sentences.append(
            reader.ngettext(
                "%(n)s package could not be read yet: whether it follows the defaults is not known.",
                "%(n)s packages could not be read yet: whether they follow the defaults is not known.",
                unread,
            )
            % {"n": reader.count(unread)}
        )
    return tuple(sentences)


def _row(partner: Partner, package: Package, defaults: AttributionSettings, reader: Reader) -> PackageRow:
    poll = package.poll
    how = How(package.how)  # type: ignore[attr-defined]  # annotated by `following.listed`
    is_read = how is not How.UNREAD
    return PackageRow(
        id=package.package_id,
        url=package_url(partner, package),
        title=package.title or package.package_id,
        settings=wording.settings_short(poll.settings, reader) if is_read else "—",
        how=how.value,
        badge=Badge(_how_name(how, reader, defaults), KINDS[how]),
        remark=_remark(how, poll.settings, tuple(poll.inherited), defaults, reader),
    )


def _caught_up(row: PackageRow, package: Package, defaults: AttributionSettings, reader: Reader) -> PackageRow:
    """What follows the defaults was perhaps read before they were what they are now: then it says so, and by what it
    goes with these."""
    poll = package.poll
    now = precedence.in_force(precedence.own_of(poll.settings, poll.inherited), defaults).settings
    if row.how not in (How.FOLLOWS, How.PARTLY) or now == poll.settings:
        return row
    read = reader.gettext("As last read, %(when)s. With the defaults above: %(settings)s.") % {
        "when": reader.instant(poll.last_ok_at),
        "settings": wording.settings_short(now, reader),
    }
    return replace(row, remark=f"{row.remark} {read}".strip())


def _how_name(how: How, reader: Reader, defaults: AttributionSettings) -> str:
    if how is How.SAME and defaults.is_empty:
        return reader.gettext("Own settings")
    return {
        How.FOLLOWS: reader.gettext("Follows"),
        How.PARTLY: reader.gettext("Follows in part"),
        How.DEVIATES: reader.gettext("Deviates"),
        How.SAME: reader.gettext("Own, but the same"),
        How.UNREAD: reader.gettext("Not read yet"),
    }[how]


def _remark(
    how: How, settings: AttributionSettings, inherited: tuple[str, ...], defaults: AttributionSettings, reader: Reader
) -> str:
    own = precedence.own_of(settings, inherited)
    if how is How.PARTLY:
        names = [name for name in SETTING_NAMES if getattr(own, name) is not None]
        return reader.gettext("Its own: %(names)s.") % {"names": wording.setting_names(names, reader)}
    if how is How.DEVIATES:
        # Only where there is a default to deviate from.
        there = [name for name in precedence.changed(defaults, own) if getattr(defaults, name) is not None]
        return reader.gettext("Instead of %(values)s.") % {"values": wording.named_values(defaults, there, reader)}
    return ""


def _summary(counts: dict[How, int], known: Known, reader: Reader) -> str:
    """ "3 follow the defaults, 1 in part, 12 deviate." Only what there is."""
    parts = [
        (How.FOLLOWS, reader.ngettext("%(n)s follows the defaults", "%(n)s follow the defaults", counts[How.FOLLOWS])),
        (How.PARTLY, reader.ngettext("%(n)s follows in part", "%(n)s follow in part", counts[How.PARTLY])),
        (How.DEVIATES, reader.ngettext("%(n)s deviates", "%(n)s deviate", counts[How.DEVIATES])),
        (
            How.SAME,
            reader.ngettext("%(n)s has the same of its own", "%(n)s have the same of their own", counts[How.SAME])
            if known.reading is not None and not known.reading.value.is_empty
            else reader.ngettext("%(n)s has its own settings", "%(n)s have their own settings", counts[How.SAME]),
        ),
        (How.UNREAD, reader.ngettext("%(n)s was not read yet", "%(n)s were not read yet", counts[How.UNREAD])),
    ]
    said = [text % {"n": reader.count(counts[how])} for how, text in parts if counts[how]]
    total = sum(counts.values())
    of_all = reader.ngettext("Of %(n)s package: %(parts)s.", "Of %(n)s packages: %(parts)s.", total)
    return of_all % {"n": reader.count(total), "parts": reader.listing(said)}


def _doubt(change: DefaultsChange | None, in_force: AttributionSettings, now: datetime, reader: Reader) -> str:
    """What is said about the newest change made here while something else than it set is in force."""
    if change is None or change.settings == in_force:
        return ""
    is_lost = change.outcome == DefaultsChange.Outcome.NOT_TAKEN
    if is_lost and now - change.made_at > history.TOLD_FOR:
        return ""
    said = {
        "what": wording.difference(change.before, change.settings, reader),
        "when": reader.instant(change.made_at),
        "who": change.user.shown_name if change.user else "",
    }
    if change.outcome == DefaultsChange.Outcome.DONE:
        text = reader.gettext(
            "The last change made here (%(what)s, %(when)s, by %(who)s) was taken by the platform, which answers "
            "something else now: somebody may have changed it elsewhere since."
        )
    elif is_lost or now - change.made_at > IN_DOUBT:
        text = reader.gettext(
            "The change of %(when)s (%(what)s, by %(who)s) did not arrive: the platform answers other values. Save it "
            "again if it is still wanted."
        )
    else:
        text = reader.gettext(
            "We don't know yet whether the platform took the change of %(when)s (%(what)s, by %(who)s). It was sent "
            "once and is not sent again; the portal goes on reading the values."
        )
    return text % said
