"""The settings form of a package."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from attribution_portal.backhaul.models import LONGEST_WINDOW, MODELS
from attribution_portal.backhaul.wording import model_name
from attribution_portal.formats import Reader
from attribution_portal.platform_api.errors import FieldError
from attribution_portal.platform_api.payloads import AttributionSettings

RECOMMENDED = "EVENTS_FROM_PACKAGE"
# The platform's names of our fields, as `validation_errors` may word them.
PLATFORM_FIELDS = {
    "backhaul_evaluation_model": "model",
    "model": "model",
    "backhaul_evaluation_attribution_window": "window",
    "window": "window",
    "email_sent_date": "email_sent_date",
}


class SettingsForm(forms.Form):
    """Model, window and e-mail date as one intent. `token` admits it once, however often it is sent."""

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
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("The day on which the message with this package went out: the window begins here."),
        error_messages={
            "required": _("Enter the day on which the message went out: without it the window has no beginning."),
            "invalid": _("Enter a day as year-month-day, such as 2026-06-01."),
        },
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        help_text=_("Kept here beside the change, for your colleagues. The platform has no field for it."),
    )
    token = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={
            "required": _("This form is incomplete. Check the values and save again."),
            "invalid": _("This form is incomplete. Check the values and save again."),
        },
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        in_force: AttributionSettings,
        today: date,
        reader: Reader,
    ) -> None:
        super().__init__(
            data,
            initial={
                "model": in_force.model or RECOMMENDED,
                "window": in_force.window,
                "email_sent_date": in_force.email_sent_date,
                "token": uuid4(),
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

    def clean_email_sent_date(self) -> date:
        day: date = self.cleaned_data["email_sent_date"]
        if day > self.today:
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

    def refused(self, fields: tuple[FieldError, ...]) -> None:
        """The platform's field errors, at the fields they name. Its codes are not for people."""
        for error in fields:
            name = PLATFORM_FIELDS.get(error.field.rsplit(".", 1)[-1])
            if name is not None and name not in self.errors:
                self.add_error(name, _("The platform refused this value."))

    def renew_token(self) -> None:
        """A new intent: what was sent under the old token is settled."""
        renewed = QueryDict(mutable=True)
        renewed.update(self.data)
        renewed["token"] = str(uuid4())
        self.data = renewed
