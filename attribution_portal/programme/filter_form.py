"""The query string of a list of events, parsed. What cannot be used is left out, with words at its field."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from attribution_portal.programme.filters import STATUSES, Filters
from attribution_portal.query import DAYS, DaysForm

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST_TEXT: Final = 200
MOST_CITIES: Final = 20
# The platform takes a page's number as it is; no partner has ten million events.
LAST_PAGE: Final = 200_000

_YES: Final = frozenset({"1", "true", "on"})
_NO: Final = frozenset({"", "0", "false"})


def _several() -> forms.Field:
    return forms.Field(required=False, widget=forms.MultipleHiddenInput)


def _is_text(value: str) -> bool:
    return len(value) <= LONGEST_TEXT and not any(unicodedata.category(sign) == "Cc" for sign in value)


class ProgrammeForm(DaysForm):
    """What every list of events can be asked. Never refuses a page: `filters` and `number` always hold something to
    show."""

    # A plural makes a poor parameter.
    parameters = {**DAYS, "cities": "city", "statuses": "status", "with_campaigns": "campaigns"}

    # Not a CharField: its own words for what it refuses come without ours.
    q = forms.Field(required=False)
    statuses = _several()
    archived = forms.Field(required=False)
    page = forms.Field(required=False)

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        # Words at fields of which a part can be used.
        self._remarks: dict[str, StrOrPromise] = {}

    def clean_q(self) -> str:
        found = " ".join(str(self.cleaned_data["q"] or "").split())
        if len(found) > LONGEST_TEXT:
            raise forms.ValidationError(
                _("At most %(n)s characters can be searched for, so this is not used."), params={"n": LONGEST_TEXT}
            )
        if not _is_text(found):
            raise forms.ValidationError(_("This holds characters that no title has, so it is not used."))
        return found

    def clean_statuses(self) -> tuple[str, ...]:
        given = {status.upper() for status in self.cleaned_data["statuses"]} - {""}
        if not given <= set(STATUSES):
            self._remarks["statuses"] = _("There is no such campaign status, so it is not used.")
        return tuple(status for status in STATUSES if status in given)

    def clean_archived(self) -> bool:
        return self._flag("archived")

    def _flag(self, name: str) -> bool:
        word = str(self.cleaned_data[name] or "").lower()
        if word not in _YES | _NO:
            raise forms.ValidationError(_("This can only be switched on, with 1, so it is not used."))
        return word in _YES

    def clean_page(self) -> int:
        word = str(self.cleaned_data["page"] or "1")
        number = int(word) if word.isascii() and word.isdigit() and len(word) < 10 else 0
        if not 1 <= number <= LAST_PAGE:
            raise forms.ValidationError(_("There is no such page, so this is the first."))
        return number

    @property
    def filters(self) -> Filters:
        self.is_valid()
        cleaned = self.cleaned_data
        return Filters(
            q=cleaned.get("q") or "",
            start=cleaned.get("start"),
            end=cleaned.get("end"),
            cities=cleaned.get("cities") or (),
            statuses=cleaned.get("statuses") or (),
            with_campaigns=bool(cleaned.get("with_campaigns")),
            archived=bool(cleaned.get("archived")),
        )

    @property
    def number(self) -> int:
        """The page that is asked for."""
        self.is_valid()
        return int(self.cleaned_data.get("page") or 1)

    @property
    def notes(self) -> dict[str, str]:
        remarks = {self.parameters.get(name, name): str(words) for name, words in self._remarks.items()}
        return super().notes | remarks


class FiltersForm(ProgrammeForm):
    """The events list's, which is also asked for cities and whether there are campaigns."""

    cities = _several()
    with_campaigns = forms.Field(required=False)

    def clean_cities(self) -> tuple[str, ...]:
        """An empty one is the field for another city, left empty."""
        given = dict.fromkeys(" ".join(city.split()) for city in self.cleaned_data["cities"])
        named = [city for city in given if city]
        found = [city for city in named if _is_text(city)]
        if len(found) < len(named):
            self._remarks["cities"] = _("This holds characters that no city has, so it is not used.")
        if len(found) > MOST_CITIES:
            self._remarks["cities"] = _("At most 20 cities can be chosen: the others are not used.")
        return tuple(found[:MOST_CITIES])

    def clean_with_campaigns(self) -> bool:
        return self._flag("with_campaigns")
