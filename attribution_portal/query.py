"""Query strings in which a reader chooses days: parsed, and never refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Final

from django import forms
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from attribution_portal.periods import FIRST_DAY, LAST_DAY

# `from` is a word of Python's, so the fields have names of their own.
DAYS: Final[Mapping[str, str]] = {"start": "from", "end": "to"}


FORMAT: Final = "%Y-%m-%d"
# Of a text that is no day, words quote at most so many characters.
QUOTED: Final = 40


class DayInput(forms.DateInput):
    """A calendar. What is no day is for words beside it: as its value the browser would drop it, and warn."""

    def __init__(self) -> None:
        super().__init__(format=FORMAT, attrs={"type": "date"})

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, str):
            try:
                value = parse_date(value.strip())
            except ValueError:
                return None
        return value.isoformat() if value else None


class DayField(forms.DateField):
    """An optional day, written as 2026-06-15. Its words on what is no day may quote that as `%(text)s`."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {"invalid": _("This is not a date: write it as 2026-06-15.")})
        super().__init__(required=False, input_formats=[FORMAT], widget=DayInput(), **kwargs)

    def to_python(self, value: Any) -> date | None:
        try:
            day: date | None = super().to_python(value)
        except forms.ValidationError as error:
            text = str(value).strip()
            error.params = {"text": text if len(text) <= QUOTED else text[: QUOTED - 1] + "…"}
            raise
        return day

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise forms.ValidationError(_("Choose a day between 1900 and 2100."))
        return day


class DaysForm(forms.Form):
    """The first and the last day, both included. What cannot be used is left out, with words in `notes`."""

    # Fields whose query parameter has another name.
    parameters: ClassVar[Mapping[str, str]] = DAYS

    start = DayField(label=_("From"))
    end = DayField(label=_("To"))

    def add_prefix(self, field_name: str) -> str:
        return self.parameters.get(field_name, field_name)

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and end < start:
            self.add_error("end", _("The last day is before the first, so it is not used."))
        return self.cleaned_data

    @property
    def notes(self) -> dict[str, str]:
        """Words at a field, by the name of its query parameter."""
        return {self.parameters.get(name, name): " ".join(map(str, words)) for name, words in self.errors.items()}
