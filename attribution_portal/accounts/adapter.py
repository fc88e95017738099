"""How allauth behaves here: nobody signs themselves up; people are invited by those who may."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from attribution_portal.accounts import mail, reauthentication, sessions
from attribution_portal.audit import sign_ins
from attribution_portal.formats import Reader


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("E-mail address and password do not fit together."),
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("This is not your present password."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again, or set a new password."),
        "rate_limited": _("Too many attempts. Wait a minute, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        """Only the question to a passkey is asked by a script. Forms answered in JSON would repeat what was typed,
        passwords included."""
        match = request.resolver_match
        return match is not None and match.view_name == "mfa_login_webauthn" and bool(super().is_ajax(request))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            sign_ins.throttled(request, str(credentials.get("email", "")))
            raise

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """By the account alone. The library's key has the Host header in it, whose port and capitals a guesser may
        choose, and so begin to count anew as often as they like."""
        return str(credentials.get("email", "")).lower()

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse | None:
        if not user.is_active:
            sign_ins.refused_as_disabled(request, user)
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def get_login_stages(self) -> list[str]:
        ours = "attribution_portal.accounts.second_factor.SecondFactorStage"
        theirs = "allauth.mfa.stages.AuthenticateStage"
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """One rule for allauth's pages and ours."""
        return not reauthentication.is_recent(self.request)

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        words = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        methods = super().get_reauthentication_methods(user)
        return [method | {"description": words[method["id"]]} for method in methods]

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def get_http_user_agent(self, request: HttpRequest) -> str:
        return str(request.headers.get("User-Agent", ""))

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Notices about the account: when it happened and from where, so that a person can tell whether it was them."""
        locale = get_language() or settings.LANGUAGE_CODE
        zone = ZoneInfo(settings.PARTNER_TIME_ZONE)
        reader = Reader(locale=locale, zone=zone, gettext=gettext, ngettext=ngettext)
        words = {
            "when": reader.instant(context["timestamp"]),
            "browser": sessions.browser_in_words(context["user_agent"]),
            "site": self.request.build_absolute_uri("/"),
        }
        message = self.render_mail(template_prefix, email, context | words)
        mail.notify(str(message.subject), str(message.body) + "\n", email)
