"""The event page's query string, parsed. What cannot be used falls back to its default, with words at its field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from attribution_portal.lookout.selection import (
    DEFAULT_PERIOD,
    LAYERS,
    METRICS,
    PERIODS,
    Layer,
    Metric,
    Selection,
)
from attribution_portal.periods import GRANULARITIES, By
from attribution_portal.query import DaysForm

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_NOT_COMPARED = _("There is no such comparison, so nothing is compared.")


def _one_of(names: tuple[str, ...], otherwise: StrOrPromise) -> forms.ChoiceField:
    return forms.ChoiceField(
        required=False, choices=[(name, name) for name in names], error_messages={"invalid_choice": otherwise}
    )


class SelectionForm(DaysForm):
    """Never refuses a page: `selection` always holds something to show."""

    period = _one_of(PERIODS, _("There is no such period, so this shows everything."))
    by = _one_of(GRANULARITIES, _("Days, weeks or months can be shown. The length of the period decides now."))
    metric = _one_of(METRICS, _("Revenue or purchases can be shown. This is the revenue."))
    # Words separated by commas, or repeated as checkboxes send them.
    layers = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    # A word or the id of an event; whether it is one of the series is known once that is read.
    compare = forms.CharField(
        required=False,
        max_length=200,
        validators=[RegexValidator(r"\A[^/]+\Z")],
        error_messages={
            "max_length": _NOT_COMPARED,
            "invalid": _NOT_COMPARED,
            "null_characters_not_allowed": _NOT_COMPARED,
        },
    )

    page = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=999,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), _("There is no such part of the table, so this is its end.")
        ),
    )

    def clean_layers(self) -> frozenset[Layer] | None:
        given: list[str] = self.cleaned_data["layers"]
        words = {word.strip() for word in ",".join(given).split(",")} - {""}
        if not words:
            return None
        if not words <= set(LAYERS):
            raise forms.ValidationError(_("There is no such layer, so all of them are shown."))
        return frozenset(layer for layer in LAYERS if layer in words)

    def clean(self) -> dict[str, Any]:
        """Two dates make a custom period, also without its name; one of them alone is not enough."""
        cleaned = self.cleaned_data
        start, end = cleaned.get("start"), cleaned.get("end")
        if cleaned.get("period") not in ("", "custom"):
            return cleaned
        if start and end:
            if end < start:
                self.add_error("end", _("The last day is before the first, so this shows everything."))
        elif start or end or cleaned["period"] == "custom":
            for name in ("start", "end"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("Both days are needed, so this shows everything."))
        return cleaned

    @property
    def selection(self) -> Selection:
        self.is_valid()
        cleaned = self.cleaned_data
        period, start, end = cleaned.get("period") or "", cleaned.get("start"), cleaned.get("end")
        custom = period in ("", "custom") and start is not None and end is not None
        if period == "custom" and not custom:
            period = ""
        return Selection(
            period="custom" if custom else period or DEFAULT_PERIOD,
            start=start if custom else None,
            end=end if custom else None,
            by=cast("By | None", cleaned.get("by") or None),
            metric=cast(Metric, cleaned.get("metric") or METRICS[0]),
            layers=cleaned.get("layers"),
            compare=cleaned.get("compare") or "",
            page=cleaned.get("page"),
        )
