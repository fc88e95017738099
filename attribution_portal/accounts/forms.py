"""Forms around passwords, on those of allauth."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.account.fields import PasswordField, SetPasswordField
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from attribution_portal.accounts import mail
from attribution_portal.accounts.addresses import AddressField

NEW_PASSWORD_HELP = _(
    "At least ten characters. Several words that do not belong together are easy to remember and hard to guess."
)


class SignInForm(account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = AddressField()
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        self.order_fields(["login", "password"])


class ConfirmForm(account.ReauthenticateForm):
    password = PasswordField(label=_("Password"), autocomplete="current-password")


class ChangePasswordForm(account.ChangePasswordForm):
    oldpassword = PasswordField(label=_("Present password"), autocomplete="current-password")
    password1 = SetPasswordField(label=_("New password"), help_text=NEW_PASSWORD_HELP)
    password2 = PasswordField(label=_("New password, once more"), autocomplete="new-password")


class RequestResetForm(forms.Form):
    """The answer is the same for every address, and so is the time it takes: whose it is, is looked up elsewhere."""

    email = AddressField()

    def save(self, request: HttpRequest) -> str:
        email: str = self.cleaned_data["email"]
        mail.request_reset(request, email)
        return email


class ResetPasswordForm(account.ResetPasswordKeyForm):
    password1 = SetPasswordField(label=_("New password"), help_text=NEW_PASSWORD_HELP)
    password2 = PasswordField(label=_("New password, once more"), autocomplete="new-password")
