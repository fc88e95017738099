"""The query string of a list of packages, parsed. What cannot be used is left out, with words at its field."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from attribution_portal.backhaul.overview.selection import PARAMETERS, SORTS, Filters, Reason
from attribution_portal.backhaul.sign_off.reviews import Kind
from attribution_portal.backhaul.state import State

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST_TEXT: Final = 200
MOST: Final = 300
LAST_PAGE: Final = 100_000
UNUSABLE: Final = _("This cannot be filtered by, so it is not used.")


def _several() -> forms.Field:
    return forms.Field(required=False, widget=forms.MultipleHiddenInput)


def _is_text(value: str) -> bool:
    return len(value) <= LONGEST_TEXT and not any(unicodedata.category(sign) in ("Cc", "Cs") for sign in value)


class FiltersForm(forms.Form):
    """Never refuses a page: `filters` and `number` always hold something to show. `sorts`: those that a list offers;
    `partners`: the ids that may be chosen, none where the list is one partner's own."""

    parameters: ClassVar = PARAMETERS

    # Not a CharField: its own words for what it refuses come without ours.
    q = forms.Field(required=False)
    states = _several()
    statuses = _several()
    models = _several()
    signed = _several()
    why = _several()
    partners = _several()
    event = forms.Field(required=False)
    sort = forms.Field(required=False)
    page = forms.Field(required=False)

    def __init__(self, query: QueryDict, *, sorts: Iterable[str], partners: Iterable[str] = ()) -> None:
        super().__init__(query)
        self._sorts = frozenset(sorts) & frozenset(SORTS)
        self._partners = frozenset(partners)
        # Words at fields of which a part can be used.
        self._remarks: dict[str, StrOrPromise] = {}

    def add_prefix(self, field_name: str) -> str:
        return self.parameters.get(field_name, field_name)

    def clean_q(self) -> str:
        found = " ".join(str(self.cleaned_data["q"] or "").split())
        if len(found) > LONGEST_TEXT:
            raise forms.ValidationError(
                _("At most %(n)s characters can be searched for, so this is not used."), params={"n": LONGEST_TEXT}
            )
        if not _is_text(found):
            raise forms.ValidationError(_("This holds characters that no title has, so it is not used."))
        return found

    def clean_event(self) -> str:
        found = str(self.cleaned_data["event"] or "").strip()
        if not _is_text(found):
            raise forms.ValidationError(_("There is no such event, so this is not used."))
        return found

    def clean_states(self) -> tuple[str, ...]:
        return self._known("states", [state.value for state in State])

    def clean_signed(self) -> tuple[str, ...]:
        return self._known("signed", [kind.value for kind in Kind])

    def clean_why(self) -> tuple[str, ...]:
        return self._known("why", [reason.value for reason in Reason])

    def clean_partners(self) -> tuple[str, ...]:
        return self._known("partners", sorted(self._partners))

    def clean_statuses(self) -> tuple[str, ...]:
        return self._words("statuses")

    def clean_models(self) -> tuple[str, ...]:
        return self._words("models")

    def clean_sort(self) -> str:
        found = str(self.cleaned_data["sort"] or "")
        if found and found.removeprefix("-") not in self._sorts:
            raise forms.ValidationError(_("The list cannot be sorted by this, so it is in its usual order."))
        return found

    def clean_page(self) -> int:
        word = str(self.cleaned_data["page"] or "1")
        number = int(word) if word.isascii() and word.isdigit() and len(word) < 10 else 0
        if not 1 <= number <= LAST_PAGE:
            raise forms.ValidationError(_("There is no such page, so this is the first."))
        return number

    def _known(self, name: str, known: Iterable[str]) -> tuple[str, ...]:
        """In the order in which they are offered."""
        given = set(self.cleaned_data[name]) - {""}
        there = tuple(value for value in known if value in given)
        if len(there) < len(given):
            self._remarks[name] = UNUSABLE
        return there

    def _words(self, name: str) -> tuple[str, ...]:
        """Words of the platform's, of which it may have new ones."""
        given = tuple(dict.fromkeys(value for value in self.cleaned_data[name] if value))
        there = tuple(value for value in given if _is_text(value))[:MOST]
        if len(there) < len(given):
            self._remarks[name] = UNUSABLE
        return there

    @property
    def filters(self) -> Filters:
        self.is_valid()
        cleaned = self.cleaned_data
        return Filters(**{name: cleaned[name] for name in cleaned if name != "page"})

    @property
    def number(self) -> int:
        """The page that is asked for."""
        self.is_valid()
        return int(self.cleaned_data.get("page") or 1)

    @property
    def is_clean(self) -> bool:
        """Whether everything that was asked for can be used."""
        return self.is_valid() and not self._remarks

    @property
    def notes(self) -> dict[str, str]:
        """Words at a field, by the name of its query parameter."""
        self.is_valid()
        refused = {self.add_prefix(name): " ".join(map(str, words)) for name, words in self.errors.items()}
        return refused | {self.add_prefix(name): str(words) for name, words in self._remarks.items()}
