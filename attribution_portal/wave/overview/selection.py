"""Which campaigns a reader wants to see, and in what order: the list's query string, parsed, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from attribution_portal.programme.filter_form import ProgrammeForm
from attribution_portal.programme.filters import Filters

# Columns that the list can be sorted by, and whether the first click on one puts the largest first.
SORTS: Final[Mapping[str, bool]] = {
    "state": False,
    "title": False,
    "date": False,
    "purchases": True,
    "revenue": True,
    "spend": True,
    "roas": True,
}
# What these are sorted by has to be read for each row.
OF_RESULTS: Final = frozenset({"purchases", "revenue", "spend", "roas"})
OF_SPEND: Final = frozenset({"spend", "roas"})

MOST_STATES: Final = 20
_STATE: Final = re.compile(r"[A-Z0-9_ -]{1,40}")


@dataclass(frozen=True, slots=True)
class Order:
    """A column of `SORTS`, and in which direction."""

    column: str = "state"
    descending: bool = False

    @property
    def word(self) -> str:
        return f"-{self.column}" if self.descending else self.column

    @property
    def of_results(self) -> bool:
        return self.column in OF_RESULTS


@dataclass(frozen=True, slots=True)
class Selection:
    """`spend`: whether ad spend is asked for however many rows there are."""

    filters: Filters
    order: Order = Order()
    spend: bool = False

    def parameters(self, *, page: int = 1) -> list[tuple[str, str]]:
        """The query parameters that bring this back; what is the default is left out."""
        # The list is one of events with campaigns: that goes without saying.
        found = replace(self.filters, with_campaigns=False).parameters()
        if self.order != Order():
            found.append(("sort", self.order.word))
        if self.spend:
            found.append(("spend", "1"))
        if page > 1:
            found.append(("page", str(page)))
        return found

    def address(self, path: str, *, page: int = 1) -> str:
        parameters = self.parameters(page=page)
        return f"{path}?{urlencode(parameters)}" if parameters else path

    @property
    def is_filtered(self) -> bool:
        return replace(self.filters, with_campaigns=False).are_set

    def sorted_by(self, column: str) -> Selection:
        """By that column; the other way round where it is the one already."""
        again = self.order.column == column
        return replace(self, order=Order(column, not self.order.descending if again else SORTS[column]))


class SelectionForm(ProgrammeForm):
    """With campaign states in any words, since the enum is open. Never refuses a page."""

    sort = forms.Field(required=False)
    spend = forms.Field(required=False)

    def clean_statuses(self) -> tuple[str, ...]:
        given = dict.fromkeys(" ".join(word.upper().split()) for word in self.cleaned_data["statuses"])
        named = [word for word in given if word]
        found = [word for word in named if _STATE.fullmatch(word)][:MOST_STATES]
        if len(found) < len(named):
            self._remarks["statuses"] = _("There is no such campaign status, so it is not used.")
        return tuple(found)

    def clean_sort(self) -> Order:
        word = str(self.cleaned_data["sort"] or "state")
        column = word.removeprefix("-")
        if column not in SORTS:
            raise forms.ValidationError(_("The list cannot be sorted by this, so it stands by campaign state."))
        return Order(column, word.startswith("-"))

    def clean_spend(self) -> bool:
        return self._flag("spend")

    @property
    def selection(self) -> Selection:
        filters = replace(self.filters, with_campaigns=True)
        order = self.cleaned_data.get("sort")
        return Selection(filters, order or Order(), bool(self.cleaned_data.get("spend")))
