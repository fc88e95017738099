"""The forms of adjustments. Numbers are read as people write them; what can be read in two ways is asked about."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attribution_portal.adjustments import amounts
from attribution_portal.adjustments.amounts import Reason, Unclear
from attribution_portal.adjustments.guard import Check
from attribution_portal.formats import Reader
from attribution_portal.platform_api.errors import FieldError

INCOMPLETE = gettext_lazy("This form is incomplete. Check the values and send it again.")
EXAMPLE = Decimal("1234.50")
LONGEST_NUMBER, LONGEST_REASON = 60, 500
# The platform's names of our fields, as `validation_errors` may word them.
PLATFORM_FIELDS = {"purchase": "purchases", "purchases": "purchases", "revenue": "revenue"}


class TokenField(forms.UUIDField):
    """Admits an intent once, however often its form is sent."""

    def __init__(self) -> None:
        super().__init__(
            widget=forms.HiddenInput, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE}, initial=uuid4
        )


class _Renewable(forms.Form):
    """A form whose token can be used up while what was typed stays."""

    def renew_token(self) -> None:
        """A new intent: what was sent under the old token is settled."""
        renewed = QueryDict(mutable=True)
        renewed.update(self.data)
        renewed["token"] = str(uuid4())
        self.data = renewed

    def take_over_token_error(self) -> None:
        """An error of a hidden field is told where it is seen."""
        if self["token"].errors:
            self.add_error(None, self["token"].errors[0])
            self.renew_token()


class AdjustmentForm(_Renewable):
    """A new adjustment. `currency`: the partner's, in which the revenue is entered."""

    purchases = forms.CharField(
        label=gettext_lazy("Purchases"),
        max_length=LONGEST_NUMBER,
        error_messages={"required": gettext_lazy("Enter the number of purchases; 0 is possible.")},
        help_text=gettext_lazy("A whole number of orders, not tickets."),
    )
    revenue = forms.CharField(
        label=gettext_lazy("Revenue"),
        max_length=LONGEST_NUMBER,
        error_messages={"required": gettext_lazy("Enter the revenue; 0 is possible.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        error_messages={"required": gettext_lazy("Say why, so that colleagues understand this row later.")},
        help_text=gettext_lazy("Kept here beside the row. The platform has no field for it."),
    )
    token = TokenField()

    def __init__(self, data: QueryDict | None = None, *, currency: str, reader: Reader) -> None:
        super().__init__(data, auto_id="adjustment_%s")
        self.currency = currency
        self.reader = reader
        self.fields["revenue"].label = _("Revenue in %(currency)s") % {"currency": currency}
        example = reader.money(1234, None) if not amounts.decimals_of(currency) else reader.money(EXAMPLE, None)
        self.fields["revenue"].help_text = _("For example %(example)s.") % {"example": example}
        for name, mode in (("purchases", "numeric"), ("revenue", "decimal")):
            self.fields[name].widget.attrs.update({"inputmode": mode, "autocomplete": "off"})

    def clean_purchases(self) -> int:
        typed: str = self.cleaned_data["purchases"]
        try:
            return amounts.count(typed, decimal_mark=self.reader.separators[0])
        except Unclear as unclear:
            raise ValidationError(self._count_words(unclear.reason, typed)) from unclear

    def clean_revenue(self) -> Decimal:
        typed: str = self.cleaned_data["revenue"]
        try:
            return amounts.amount(typed, currency=self.currency, decimal_mark=self.reader.separators[0])
        except Unclear as unclear:
            raise ValidationError(self._amount_words(unclear.reason, typed)) from unclear

    def clean(self) -> dict[str, object]:
        cleaned = self.cleaned_data
        if cleaned.get("purchases") == 0 and cleaned.get("revenue") == 0:
            raise ValidationError(_("An adjustment of 0 purchases and no revenue would change nothing."))
        return cleaned

    def _count_words(self, reason: Reason, typed: str) -> str:
        if reason is Reason.TOO_PRECISE:
            return _("Enter a whole number: a purchase cannot be divided.")
        if reason is Reason.TOO_LARGE:
            most = self.reader.count(amounts.LARGEST_COUNT)
            return _("Enter at most %(most)s purchases.") % {"most": most}
        if reason in (Reason.NOT_A_NUMBER, Reason.OTHER_CURRENCY):
            return _("Enter a whole number, in digits only.")
        return self._words(reason, typed)

    def _amount_words(self, reason: Reason, typed: str) -> str:
        if reason is Reason.TOO_PRECISE:
            decimals = amounts.decimals_of(self.currency)
            if not decimals:
                return _("%(currency)s has no decimals: enter a whole amount.") % {"currency": self.currency}
            return _("%(currency)s has %(n)s decimals at most.") % {"currency": self.currency, "n": decimals}
        if reason is Reason.TOO_LARGE:
            most = self.reader.money(amounts.LARGEST_AMOUNT, self.currency, trim=True)
            return _("Enter an amount below %(most)s.") % {"most": most}
        if reason is Reason.OTHER_CURRENCY:
            return _("Amounts here are in %(currency)s; this one names another currency.") % {"currency": self.currency}
        return self._words(reason, typed)

    def _words(self, reason: Reason, typed: str) -> str:
        if reason is Reason.AMBIGUOUS:
            return _("“%(typed)s” can be read in two ways. Write it without a separator for thousands.") % {
                "typed": typed
            }
        if reason is Reason.SCIENTIFIC:
            return _("Write the number out, without an exponent.")
        if reason is Reason.NEGATIVE:
            return _("Enter 0 or more. To take sales back, delete their row.")
        return _("This is not a number that can be read. Write it as %(example)s.") % {
            "example": self.reader.money(EXAMPLE, None)
        }

    @property
    def written(self) -> tuple[tuple[str, str], ...]:
        """The values as hidden fields carry them to the confirmation, read alike in every language."""
        return (
            ("purchases", str(self.cleaned_data["purchases"])),
            ("revenue", amounts.written(self.cleaned_data["revenue"], currency=self.currency)),
            ("reason", self.cleaned_data["reason"]),
            ("token", str(self.cleaned_data["token"])),
        )

    def refused(self, fields: tuple[FieldError, ...]) -> None:
        """The platform's field errors, at the fields they name. Its codes are not for people."""
        for error in fields:
            name = PLATFORM_FIELDS.get(error.field.rsplit(".", 1)[-1])
            if name is not None and name not in self.errors:
                self.add_error(name, _("The platform refused this value."))


class DeleteForm(_Renewable):
    """The deletion of one row. `id` is the platform's."""

    id = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        error_messages={"required": gettext_lazy("Say why: it is what remains of the row.")},
        help_text=gettext_lazy("Kept here, with your name and the row's values."),
    )
    token = TokenField()

    def __init__(self, data: QueryDict | None = None, *, initial: dict[str, str] | None = None) -> None:
        super().__init__(data, initial=initial, auto_id="deletion_%s")


class UndoForm(_Renewable):
    """Taking back one deletion. `id` is the portal's own number of it."""

    id = forms.IntegerField(min_value=1, max_value=2**62)
    token = TokenField()


def seen(fields: QueryDict) -> frozenset[str] | None:
    """The warnings that the page listed beside its button `confirm`. None for a form that lists nothing: who confirms
    without having been asked confirms whatever there is."""
    listed = fields.get("seen")
    return None if listed is None else frozenset(listed.split()) & set(Check)
