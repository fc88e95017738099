"""The campaigns list (pages.md): a partner's events with campaigns, and what these sold, where the portal has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal.panels import Panel
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import Reading
from attribution_portal.programme import listing
from attribution_portal.programme.filters import STATUSES, Choice, Filters
from attribution_portal.programme.listing import Found
from attribution_portal.programme.paging import Paging, paging
from attribution_portal.templating import CAMPAIGN_STATES
from attribution_portal.wave.overview import filling, table, words
from attribution_portal.wave.overview.listed import Asked, Listed, listed
from attribution_portal.wave.overview.selection import Selection
from attribution_portal.wave.overview.table import Table


@dataclass(frozen=True, slots=True)
class CampaignsPage:
    """`title` is the panel's; `summary` says the same, or why there is nothing, to those who cannot see the panel.
    `last` is the address of the last page, where one beyond it was asked for; `clear` that of the list without filters,
    "" where none is set."""

    selection: Selection
    notes: Mapping[str, str]
    panel: Panel[Table]
    title: str
    summary: str
    total: int | None
    paging: Paging
    last: str
    clear: str
    statuses: tuple[Choice, ...]
    path: str
    address: str
    csv: str
    xlsx: str

    @property
    def filters(self) -> Filters:
        return self.selection.filters

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the form of filters carries along without showing it."""
        return [(name, value) for name, value in self.selection.parameters() if name in ("sort", "spend")]


def page(asked: Asked, *, send: filling.Send) -> CampaignsPage:
    """Never raises a PlatformError: a list that cannot be read is a panel that says so. send: puts the reading of
    results into the queue."""
    selection, number, reader = asked.selection, asked.number, asked.reader
    # Looked at before the rows are: what is read between the two then counts as being read, not as lost.
    before = table.under_way(asked) if asked.again else None
    outcome = listed(asked)
    found: Found | None = None
    shown: Reading[Table] | PlatformError
    if isinstance(outcome, PlatformError):
        shown = outcome
    else:
        found = listing.cut(outcome.value.events, number, unread=outcome.value.unread)
        shown = table.table(asked, outcome, found, before=before, send=send)
    panel = Panel.of(
        "campaigns",
        shown,
        caption=words.caption(asked.partner, found, asked.reader) if found and found.events else "",
        empty=words.empty(selection, found, number, asked.reader) if found else "",
        is_empty=lambda shown: not shown.rows,
        retry=selection.address(asked.path, page=number),
    )
    title = _("Campaigns")
    if found and panel.state == "ready":
        counted = ngettext("%(n)s event with campaigns", "%(n)s events with campaigns", found.total or 0)
        title = listing.paged_title(found, number, counted % {"n": reader.count(found.total)}, reader)
    pages = found.pages if found else None
    return CampaignsPage(
        selection=selection,
        notes=asked.notes,
        panel=panel,
        title=title,
        summary=title if panel.state == "ready" else str(panel.sentence),
        total=found.total if found else None,
        paging=paging(number, pages=pages, more=False, href=lambda n: selection.address(asked.path, page=n)),
        last=selection.address(asked.path, page=pages or 1) if found and found.is_before(number) else "",
        clear=asked.path if selection.is_filtered else "",
        statuses=_statuses(selection, outcome),
        path=asked.path,
        address=selection.address(asked.path, page=number),
        csv=selection.address(reverse("wave:campaigns_csv", args=[asked.partner.partner_id])),
        xlsx=selection.address(reverse("wave:campaigns_xlsx", args=[asked.partner.partner_id])),
    )


def _statuses(selection: Selection, outcome: Reading[Listed] | PlatformError) -> tuple[Choice, ...]:
    """The states of the contract, others that the list has, and what was asked for."""
    present = outcome.value.states if isinstance(outcome, Reading) else ()
    chosen = selection.filters.statuses
    words = dict.fromkeys([*STATUSES, *sorted(present), *chosen])
    return tuple(Choice(word, str(CAMPAIGN_STATES.get(word, (word,))[0]), word in chosen) for word in words)
