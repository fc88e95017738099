"""Codes of authenticator apps (RFC 6238) and recovery codes: each is taken once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attribution_portal.accounts.models import User
from attribution_portal.audit import sign_ins

# The half minute whose code was taken last. Neither it nor an earlier one is taken again.
LAST_COUNTER = "last_counter"


def code_field(label: Any, help_text: Any = "") -> forms.CharField:
    attributes = {"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "none"}
    return forms.CharField(label=label, help_text=help_text, max_length=32, widget=forms.TextInput(attributes))


def counter_of(secret: str, code: str) -> int | None:
    """The half minute, counted from 1970, whose code this is; None when it is none of those that count now."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdecimal()):
        return None
    counters = auth.yield_hotp_counters_from_time()
    return next((each for each in counters if auth.format_hotp_value(auth.hotp_value(secret, each)) == digits), None)


def attempts(user: User, error_key: str | None = None) -> Callable[[], None]:
    """Count an attempt of this person; what comes back takes the count away. Raises ValidationError after too many."""
    try:
        clear: Callable[[], None] = check_rate_limit(user, error_key=error_key)
    except ValidationError:
        sign_ins.throttled(context.request, user.email)
        raise
    return clear


class _CodeOnce:
    """For forms with a field `code`: takes the code of an app, or one of the recovery codes, once."""

    user: User
    authenticator: Authenticator
    cleaned_data: dict[str, Any]
    _emit_authentication_failed: Callable[[Authenticator], None]

    def clean_code(self) -> str:
        clear = attempts(self.user)
        code: str = self.cleaned_data["code"]
        try:
            self.authenticator = self._take(code)
        except ValidationError:
            first = Authenticator.objects.filter(user=self.user).order_by("-type").exclude(type="webauthn").first()
            if first is not None:
                self._emit_authentication_failed(first)
            raise
        clear()
        return code

    @transaction.atomic
    def _take(self, code: str) -> Authenticator:
        """Two requests with the same code wait for each other here, and the second finds it used."""
        kept = Authenticator.objects.select_for_update().filter(user=self.user)
        app = kept.filter(type=Authenticator.Type.TOTP).first()
        if app is not None and (counter := counter_of(auth.decrypt(app.data["secret"]), code)) is not None:
            if counter <= app.data.get(LAST_COUNTER, -1):
                raise get_adapter().validation_error("used_code")
            app.data[LAST_COUNTER] = counter
            app.save(update_fields=["data"])
            return self._owned(app)
        codes = kept.filter(type=Authenticator.Type.RECOVERY_CODES).first()
        if codes is not None and codes.wrap().validate_code("".join(code.split())):
            return self._owned(Authenticator.objects.get(pk=codes.pk))
        raise get_adapter().validation_error("incorrect_code")

    def _owned(self, authenticator: Authenticator) -> Authenticator:
        authenticator.user = self.user
        return authenticator


class SignInCodeForm(_CodeOnce, AuthenticateForm):
    code = code_field(_("Code"), _("Six digits from your authenticator app, or one of your recovery codes."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_app = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP).exists()
        if not self.has_app:
            self.fields["code"].label = _("Recovery code")
            self.fields["code"].help_text = _("One of those that you kept when you added your passkey.")


class ConfirmCodeForm(_CodeOnce, ReauthenticateForm):
    code = code_field(_("Code"), _("Six digits from your authenticator app, or one of your recovery codes."))


class ActivateAppForm(ActivateTOTPForm):
    code = code_field(_("Code that the app shows now"))
    counter: int

    def clean_code(self) -> str:
        clear = attempts(self.user, error_key="rate_limited")
        code: str = self.cleaned_data["code"]
        counter = counter_of(self.secret, code)
        if counter is None:
            raise get_adapter().validation_error("incorrect_code")
        self.counter = counter
        clear()
        return code
