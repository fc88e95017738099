"""Which part and which day of a package's page somebody asks for: its query string."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from attribution_portal.backhaul.ledger import snapshot
from attribution_portal.charts.clusters import USUAL, Order
from attribution_portal.partners.models import Partner
from attribution_portal.query import DayField


@dataclass(frozen=True, slots=True)
class Asked:
    """`day`: a past day of the partner's, None for the page as it is now. `number`: which page of the ledger."""

    day: date | None = None
    order: Order = USUAL
    number: int = 1

    @property
    def query(self) -> str:
        """As in an address, "" for the page as it is without any."""
        values = {
            "as_of": self.day.isoformat() if self.day else "",
            "sort": str(self.order) if self.order != USUAL else "",
            "page": str(self.number) if self.number > 1 else "",
        }
        return urlencode({name: value for name, value in values.items() if value})

    def at(self, url: str) -> str:
        """`url` with this query."""
        return f"{url}?{self.query}" if self.query else url

    def until(self, partner: Partner) -> datetime | None:
        """The last moment that counts, None for now."""
        return snapshot.end_of(self.day, partner) if self.day else None


class AskedForm(forms.Form):
    """What cannot be used is left out, with words at its field."""

    as_of = DayField(
        label=_("As known at the end of"),
        error_messages={
            "invalid": _("“%(text)s” is not a date, so the page shows what is known now. Write it as 2026-06-15.")
        },
    )

    def __init__(self, data: dict[str, str], *, today: date) -> None:
        super().__init__(data, auto_id="%s")
        self.today = today
        self.fields["as_of"].widget.attrs["max"] = today.isoformat()

    def clean_as_of(self) -> date | None:
        day: date | None = self.cleaned_data["as_of"]
        if day is not None and day > self.today:
            raise forms.ValidationError(_("This day has not come yet: the page shows what is known now."))
        if day == self.today:
            raise forms.ValidationError(_("This day is not over: the page shows what is known now."))
        return day

    @property
    def asked(self) -> Asked:
        day = self.cleaned_data.get("as_of") if self.is_valid() or not self.has_error("as_of") else None
        return Asked(day, Order.parse(self.data.get("sort", "")), _number(self.data.get("page", "")))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 8 and int(text) else 1
