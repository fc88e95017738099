"""The forms for a package's settings and for the partner's defaults."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from attribution_portal.backhaul.ledger import fingerprints
from attribution_portal.backhaul.ledger.intents import Basis
from attribution_portal.backhaul.models import LONGEST_WINDOW, MODELS
from attribution_portal.backhaul.precedence import SETTING_NAMES
from attribution_portal.backhaul.wording import model_name
from attribution_portal.formats import Reader
from attribution_portal.platform_api.errors import PlatformError, Rejected
from attribution_portal.platform_api.payloads import AttributionSettings
from attribution_portal.query import DayInput

RECOMMENDED = "EVENTS_FROM_PACKAGE"
# The platform's names of our fields, as `validation_errors` may word them.
PLATFORM_FIELDS = {
    "backhaul_evaluation_model": "model",
    "model": "model",
    "backhaul_evaluation_attribution_window": "window",
    "window": "window",
    "email_sent_date": "email_sent_date",
}
INCOMPLETE: Final = _("This form is incomplete. Check the values and save again.")
# What the form carries of what it showed; a form that has none of it (from elsewhere) was based on nothing.
SEEN: Final = ("seen_model", "seen_window", "seen_email_sent_date", "seen_change")
# The buttons that only show something.
LOOKING: Final = ("preview", "fill")


class AttributionForm(forms.Form):
    """Model, window and e-mail date as one intent. `token` admits it once, however often it is sent; `seen_*` are the
    settings and the newest change that it showed."""

    model = forms.CharField(
        label=_("Model"),
        widget=forms.Select,
        error_messages={"required": _("Choose which purchases count.")},
    )
    window = forms.IntegerField(
        label=_("Attribution window, in days"),
        min_value=1,
        max_value=LONGEST_WINDOW,
        help_text=_("Whole days after the e-mail date, 1 to 365."),
        error_messages={
            "required": _("Enter the number of days, 1 to 365."),
            "invalid": _("Enter a whole number of days, 1 to 365."),
            "min_value": _("The window is at least %(limit_value)s day."),
            "max_value": _("The window is at most %(limit_value)s days."),
        },
    )
    email_sent_date = forms.DateField(
        label=_("E-mail date"),
        input_formats=["%Y-%m-%d"],
        widget=DayInput,
        help_text=_("The day on which the message with this package went out: the window begins here."),
        error_messages={
            "required": _("Enter the day on which the message went out: without it the window has no beginning."),
            "invalid": _("Enter a day as year-month-day, such as 2026-06-01."),
        },
    )
    token = forms.UUIDField(widget=forms.HiddenInput, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE})
    seen_model = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    seen_window = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen_email_sent_date = forms.DateField(
        required=False, input_formats=["%Y-%m-%d"], widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "hidden"})
    )
    seen_change = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, basis: Basis, today: date, reader: Reader) -> None:
        """`basis`: what is known to be in force now, which an unbound form shows."""
        in_force = basis.settings
        super().__init__(
            data,
            initial={
                "model": in_force.model or RECOMMENDED,
                "window": in_force.window,
                "email_sent_date": in_force.email_sent_date,
                "token": uuid4(),
                **_seen(basis),
            },
        )
        self.today = today
        choices = [(model, model_name(model, reader)) for model in MODELS]
        if in_force.model is not None and in_force.model not in MODELS:
            # Shown as it is, and refused when it is sent back: nobody overwrites it without noticing.
            choices.insert(
                0, (in_force.model, reader.gettext("%(model)s (not known here)") % {"model": in_force.model})
            )
        widget = self.fields["model"].widget
        assert isinstance(widget, forms.Select)  # noqa: S101
        widget.choices = choices
        self.fields["window"].widget.attrs["inputmode"] = "numeric"
        self.fields["email_sent_date"].widget.attrs["max"] = today.isoformat()

    def clean_model(self) -> str:
        model: str = self.cleaned_data["model"]
        if model not in MODELS:
            raise ValidationError(_("Choose one of the three models: the portal cannot set this one."))
        return model

    def clean_email_sent_date(self) -> date | None:
        day: date | None = self.cleaned_data["email_sent_date"]
        if day is not None and day > self.today:
            raise ValidationError(_("The e-mail date cannot lie in the future."))
        return day

    @property
    def wanted(self) -> AttributionSettings:
        """What a valid form asks for."""
        return AttributionSettings(
            model=self.cleaned_data["model"],
            window=self.cleaned_data["window"],
            email_sent_date=self.cleaned_data["email_sent_date"],
        )

    @property
    def basis(self) -> Basis | None:
        """What a valid form was based on; None when it does not say."""
        if not any(name in self.data for name in SEEN):
            return None
        seen = AttributionSettings(
            model=self.cleaned_data["seen_model"] or None,
            window=self.cleaned_data["seen_window"],
            email_sent_date=self.cleaned_data["seen_email_sent_date"],
        )
        return Basis(seen, self.cleaned_data["seen_change"] or 0)

    def refuse(self, error: PlatformError) -> None:
        """Certainly not taken: says why, at the fields that the platform names. Its codes are not for people."""
        for each in error.fields if isinstance(error, Rejected) else ():
            name = PLATFORM_FIELDS.get(each.field.rsplit(".", 1)[-1])
            if name is not None and name not in self.errors:
                self.add_error(name, _("The platform refused this value."))
        self.add_error(None, str(error.sentence) + " " + _("Nothing was changed."))
        self.renew_token()

    def is_whole(self) -> bool:
        """Valid; or what is wrong with its hidden parts is told at the top, and they are renewed."""
        if self.is_valid():
            return True
        if any(name in self.errors for name in ("token", *SEEN)):
            self.add_error(None, INCOMPLETE)
            self.renew_token()
        return False

    def renew_token(self) -> None:
        """A new intent: what was sent under the old token is settled."""
        self._put({"token": str(uuid4())})

    def base_on(self, basis: Basis) -> None:
        """The person is shown what is in force now: what they send next is based on that, and a new intent."""
        self._put({name: "" if value is None else str(value) for name, value in _seen(basis).items()})
        self.renew_token()

    def _put(self, values: dict[str, str]) -> None:
        renewed = QueryDict(mutable=True)
        renewed.update(self.data)
        for name, value in values.items():
            renewed[name] = value
        self.data = renewed


class SettingsForm(AttributionForm):
    """For one package. With `is_signed` (an account manager has signed its result off) another window or e-mail date
    needs a reason to be saved, though not to be looked at. `lacks_reason`: whether a form that was checked would."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        help_text=_("Kept here beside the change, for your colleagues. The platform has no field for it."),
    )

    def __init__(
        self, data: QueryDict | None = None, *, basis: Basis, today: date, reader: Reader, is_signed: bool = False
    ) -> None:
        super().__init__(data, basis=basis, today=today, reader=reader)
        self.in_force = basis.settings
        self.is_signed = is_signed
        self.lacks_reason = False
        if is_signed:
            self.fields["reason"].help_text = _(
                "This package is signed off: another window or e-mail date needs a reason. It is kept here beside the "
                "change."
            )

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = self.cleaned_data
        if self.is_signed and not cleaned.get("reason"):
            before = self.in_force
            moved = any(
                name in cleaned and cleaned[name] != getattr(before, name) for name in ("window", "email_sent_date")
            )
            self.lacks_reason = moved
            if moved and not any(button in self.data for button in LOOKING):
                self.add_error(
                    "reason",
                    _("Say why the window or the e-mail date changes: this package is signed off, and that ends it."),
                )
        return cleaned

    @property
    def typed(self) -> dict[str, str]:
        """What a form that was sent holds of somebody's own, as it was typed: what it did not show by itself."""
        shown = {name: self.data.get(f"seen_{name}", "") for name in SETTING_NAMES}
        if "seen_model" in self.data:
            shown["model"] = shown["model"] or RECOMMENDED
        texts = {name: self.data.get(name, "").strip() for name in (*SETTING_NAMES, "reason")}
        return {name: text for name, text in texts.items() if text and text != shown.get(name)}

    @property
    def asks(self) -> bool:
        """Whether it overwrites a model that only the platform knows, and was not sent by the button that says so."""
        model = self.in_force.model
        return model is not None and model not in MODELS and "confirm" not in self.data

    def fill(self, defaults: AttributionSettings) -> None:
        """Put the partner's defaults into the fields; what the defaults leave open stays as it was typed."""
        given = {"model": defaults.model, "window": defaults.window, "email_sent_date": defaults.email_sent_date}
        self._put({name: str(value) for name, value in given.items() if value is not None})


class DefaultsForm(AttributionForm):
    """For all packages of a partner that have no settings of their own. `shown`: the values whose effect it showed."""

    email_sent_date = forms.DateField(
        label=_("E-mail date (optional)"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=DayInput,
        help_text=_("Usually left empty: the day of a message belongs to its package."),
        error_messages={"invalid": _("Enter a day as year-month-day, such as 2026-06-01.")},
    )
    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def is_confirmed(self) -> bool:
        """Whether a valid form was sent to be carried out: by its second button, and with the values of which it
        showed the effect. A form from elsewhere that carries no such values was shown nothing."""
        shown = self.cleaned_data["shown"]
        return "confirm" in self.data and shown in ("", fingerprints.of_settings(self.wanted))

    def show_effect(self) -> None:
        self._put({"shown": fingerprints.of_settings(self.wanted)})


def _seen(basis: Basis) -> dict[str, str | int | date | None]:
    settings = basis.settings
    return {
        "seen_model": settings.model or "",
        "seen_window": settings.window,
        "seen_email_sent_date": settings.email_sent_date,
        "seen_change": basis.change,
    }
