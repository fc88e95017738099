"""What the campaigns list says in words: how far it is read, what its totals and its order hold for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from attribution_portal.formats import Reader
from attribution_portal.panels import Text
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.payloads import Reading
from attribution_portal.programme import listing
from attribution_portal.programme.listing import Found
from attribution_portal.wave import figures
from attribution_portal.wave.overview import results
from attribution_portal.wave.overview.campaign_rows import CampaignRow
from attribution_portal.wave.overview.filling import Plan, Stop
from attribution_portal.wave.overview.results import Known
from attribution_portal.wave.overview.selection import Selection

_WHY_STOPPED: Final[Mapping[Stop, Text]] = {
    Stop.DOWN: gettext_lazy("the platform cannot be reached right now."),
    Stop.SLOW: gettext_lazy("the platform answers too slowly right now."),
    Stop.BUSY: gettext_lazy("this minute's calls to the platform are used up."),
    Stop.SIGN_IN: gettext_lazy("the portal cannot sign in to the platform. Its service account needs attention."),
    Stop.CLOSED: gettext_lazy("the platform is not asked about this partner at the moment."),
    Stop.NOWHERE_TO_KEEP: gettext_lazy("the portal has nowhere to keep what it reads at the moment."),
    Stop.INTERRUPTED: gettext_lazy("the reading was interrupted."),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the reading of results is. `words` say so; "" where all is read and nothing failed. `failing`: something
    could not be read. `old`: what was read earlier is shown, and nobody is reading it anew."""

    state: Literal["done", "reading", "stopped"]
    words: str = ""
    failing: bool = False
    old: bool = False

    @property
    def summary(self) -> str:
        """For those who do not see the rows: what has become of them."""
        return self.words or _("All results are read.")


def progress(reader: Reader, known: Mapping[str, Known], current: Plan, *, is_due: bool, now: datetime) -> Progress:
    count = reader.count
    of = count(len(known))
    old = sum(_shows_old(each, now) for each in known.values())
    if current.is_under_way and is_due:
        so_far = sum(_is_here(each, eid, current, now) for eid, each in known.items())
        said = _("Results are being read: %(n)s of %(of)s rows so far.") % {"n": count(so_far), "of": of}
        return Progress("reading", _and_old(said, old, reader))
    failed = {eid for eid, each in known.items() if _has_failed(each, eid, current)}
    if current.stop is not None:
        # A plan that was lost names no rows.
        here = {eid for eid, each in known.items() if not results.is_due(each.rows, now)}
        read = sum(eid in here - failed and _is_here(each, eid, current, now) for eid, each in known.items())
        said = _("%(n)s of %(of)s rows are read: %(why)s") % {
            "n": count(read),
            "of": of,
            "why": _WHY_STOPPED[current.stop],
        }
        if current.stop is not Stop.CLOSED:
            said += " " + _("The others are read when the page is opened again in a minute.")
        failing = current.stop not in (Stop.BUSY, Stop.CLOSED)
        return Progress("stopped", _and_old(said, old, reader), failing=failing, old=bool(old))
    if failed:
        said = ngettext(
            "%(n)s row could not be read; it is tried again when the page is opened again in a minute.",
            "%(n)s rows could not be read; they are tried again when the page is opened again in a minute.",
            len(failed),
        ) % {"n": count(len(failed))}
        return Progress("done", _and_old(said, old, reader), failing=True, old=bool(old))
    return Progress("done")


def _and_old(said: str, old: int, reader: Reader) -> str:
    if not old:
        return said
    words = ngettext("%(n)s row shows what was read earlier.", "%(n)s rows show what was read earlier.", old)
    return f"{said} {words % {'n': reader.count(old)}}"


def _has_failed(known: Known, eid: str, current: Plan) -> bool:
    """Also where what was read earlier is shown instead."""
    answers = (known.rows, known.statistics, *current.failures_of(eid).values())
    return any(figures.is_failure(answer) for answer in answers)


def _shows_old(known: Known, now: datetime) -> bool:
    """Whether a number of this event is older than the list takes it for."""
    rows, statistics = known.rows, known.statistics
    return (isinstance(rows, Reading) and results.is_due(rows, now)) or (
        isinstance(statistics, Reading) and results.is_due(statistics, now)
    )


def _is_here(known: Known, eid: str, current: Plan, now: datetime) -> bool:
    """Whether all that the plan reads of this event has come, or failed."""
    return not (
        (eid in current.results and results.is_due(known.rows, now))
        or (eid in current.spend and results.is_due(known.statistics, now))
    )


def totals(rows: tuple[CampaignRow, ...], reader: Reader) -> str:
    counted = sum(row.counted.purchases is not None for row in rows)
    return _("%(n)s of the %(of)s rows shown have results.") % {
        "n": reader.count(counted),
        "of": reader.count(len(rows)),
    }


def order(selection: Selection, known: Mapping[str, Known], reader: Reader) -> str:
    """Said while an order by results is not that of all."""
    if not selection.order.of_results:
        return ""
    needed = {"spend": (False, True), "roas": (True, True)}.get(selection.order.column, (True, False))

    def is_read(each: Known) -> bool:
        return all(
            isinstance(answer, Reading)
            for answer, asks in zip((each.rows, each.statistics), needed, strict=True)
            if asks
        )

    unread = sum(not is_read(each) for each in known.values())
    if not unread:
        return ""
    return ngettext(
        "%(n)s event is not read yet and stands last; the order holds for the others.",
        "%(n)s events are not read yet and stand last; the order holds for the others.",
        unread,
    ) % {"n": reader.count(unread)}


def counted() -> str:
    """One reading a row: what only an event's daily revenue shows is not in it."""
    said = _(
        "Purchases and revenue are each event's campaign results (“sales adjustments”) over all time, ad spend is as"
        " the event's statistics state it."
    )
    further = _("The campaign page also counts rows that only the daily revenue shows.")
    return f"{said} {further}"


def caption(partner: Partner, found: Found, reader: Reader) -> str:
    said = [
        _("Dates are those of the zone %(zone)s.") % {"zone": partner.zone.key},
        counted(),
        _("The list reads them again after 15 minutes."),
    ]
    if found.unread:
        said.append(listing.looked_through(reader))
    return " ".join(said)


def empty(selection: Selection, found: Found, number: int, reader: Reader) -> str:
    if found.is_before(number):
        return listing.beyond(found, number, reader)
    if selection.is_filtered:
        return _("No event with campaigns matches these filters.")
    return _("No event of this partner has campaigns yet. Once one is planned in Wave, it appears here.")
