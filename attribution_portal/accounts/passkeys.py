"""Passkeys (WebAuthn): what a browser sends is not ours, and a broken answer is a refusal, never an error of ours."""

from __future__ import annotations

import struct
from typing import Any, Final

from allauth.core import context
from allauth.mfa import signals
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal import auth
from cryptography.exceptions import InvalidSignature
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import UserVerificationRequirement

from attribution_portal.accounts.models import User

# What fido2 raises on answers that are malformed, forged, or of another key.
BROKEN: Final = (ValueError, KeyError, TypeError, AttributeError, IndexError, struct.error, InvalidSignature)


def name_field() -> forms.CharField:
    return forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("By which you tell it from others, such as the device that holds it."),
    )


class AddPasskeyForm(AddWebAuthnForm):
    name = name_field()
    passwordless = forms.BooleanField(
        label=_("Sign in with it alone, without the password"),
        required=False,
        initial=True,
        help_text=_("The device then asks for its PIN, your fingerprint or your face."),
    )

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            raise get_adapter().validation_error("incorrect_passkey") from None
        except BROKEN:
            raise get_adapter().validation_error("incorrect_passkey") from None
        return cleaned


class RenamePasskeyForm(EditWebAuthnForm):
    name = name_field()


class _AnswerOfPasskey:
    """For forms with a field `credential`: refuses what cannot be checked, and tells whose it was, if anybody's."""

    user: User | None
    cleaned_data: dict[str, Any]
    reauthenticated: bool

    def clean_credential(self) -> Authenticator:
        answer = self.cleaned_data["credential"]
        try:
            return super().clean_credential()  # type: ignore[misc]
        except ValidationError as error:
            self._tell(answer)
            if error.code == "incorrect_code":
                raise get_adapter().validation_error("incorrect_passkey") from None
            raise
        except BROKEN:
            self._tell(answer)
            raise get_adapter().validation_error("incorrect_passkey") from None

    def _tell(self, answer: Any) -> None:
        user = self.user
        try:
            user = user or auth.extract_user_from_response(answer)
        except (ValidationError, *BROKEN):
            return
        signals.authentication_failed.send(
            sender=Authenticator,
            request=context.request,
            user=user,
            authenticator=Authenticator(user=user, type=Authenticator.Type.WEBAUTHN),
            reauthentication=self.reauthenticated,
        )


class SecondStepPasskeyForm(_AnswerOfPasskey, AuthenticateWebAuthnForm):
    pass


class SignInPasskeyForm(_AnswerOfPasskey, LoginWebAuthnForm):
    """Stands in for the password too, so that it answers only a question that asks for PIN, fingerprint or face. A
    session keeps one question for all pages; after a password, or to confirm, a touch is enough."""

    def clean_credential(self) -> Authenticator:
        asked = auth.get_state() or {}
        if asked.get("user_verification") != UserVerificationRequirement.REQUIRED:
            raise get_adapter().validation_error("incorrect_passkey")
        return super().clean_credential()


class ConfirmPasskeyForm(_AnswerOfPasskey, ReauthenticateWebAuthnForm):
    pass
