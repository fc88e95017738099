"""The operators' forms."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from attribution_portal.partners import zones

# `accounts.drafts` never keeps a field of this name while its sender is led away to confirm.
PASSWORD = "password"  # noqa: S105


class SearchForm(forms.Form):
    q = forms.CharField(label=_("Search"), required=False, max_length=200)

    @property
    def words(self) -> str:
        """ "" as well when what was asked for cannot be searched."""
        return str(self.cleaned_data["q"]) if self.is_valid() else ""


class PasswordForm(forms.Form):
    """The service account's password, as it is: blanks at its ends belong to it. Never drawn with what was typed."""

    password = forms.CharField(
        label=_("Password"),
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Tried at the platform first, then stored encrypted. It is never shown again."),
        error_messages={"required": _("Enter the service account's password.")},
    )


class AccountForm(PasswordForm):
    username = forms.CharField(
        label=_("User name"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        help_text=_("As the platform knows it, often an e-mail address."),
        error_messages={"required": _("Enter the service account's user name.")},
    )
    field_order = ["username", PASSWORD]


class ZoneForm(forms.Form):
    """`seen` is the zone that the form was drawn with: two people at once do not overwrite each other unawares."""

    zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_(
            "An IANA name such as Europe/Berlin. Days, dates and times of this partner are those of this zone."
        ),
        error_messages={"required": _("Enter a time zone such as Europe/Berlin.")},
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean_zone(self) -> str:
        zone: str = self.cleaned_data["zone"]
        if why := zones.refusal(zone):
            raise ValidationError(why)
        return zone


class ReasonForm(forms.Form):
    """What is to be done, and why. `to` is the state asked for, so that a second click asks for nothing new; the page
    draws it by itself, from the state that the button speaks of."""

    to = forms.CharField(required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("Kept in the audit trail beside the change."),
        error_messages={"required": _("Say why: the reason is kept in the audit trail.")},
    )
