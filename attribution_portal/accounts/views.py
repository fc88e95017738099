"""The pages of one's own account. What is not here is allauth's, with our forms and templates."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.views import LoginView, PasswordChangeView, ReauthenticateView
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView, RemoveWebAuthnView
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from attribution_portal.accounts import second_factor, sessions, single_sign_on
from attribution_portal.accounts.codes import LAST_COUNTER
from attribution_portal.accounts.doors import AFTER_ENROLMENT
from attribution_portal.accounts.models import User
from attribution_portal.audit import sign_ins

# Addresses at which too many requests are attempts to get in.
ATTEMPTS = frozenset({"account_login", "mfa_authenticate", "mfa_login_webauthn"})


@never_cache
@login_required
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """One page for all that a person decides about themself."""
    user = cast(User, request.user)
    factors = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    codes = next((each for each in factors if each.type == Authenticator.Type.RECOVERY_CODES), None)
    context = {
        "app": next((each for each in factors if each.type == Authenticator.Type.TOTP), None),
        "passkeys": [each for each in factors if each.type == Authenticator.Type.WEBAUTHN],
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else None,
        "factor_required": second_factor.is_required(user),
        "asking": second_factor.partners_that_ask(user),
        "sessions": sessions.of(request, user),
        "single_sign_on": single_sign_on.name(),
        "linked": SocialAccount.objects.filter(user=user).exists(),
    }
    return render(request, "account/account.html", context)


@never_cache
@login_required
@require_safe
def enrolment(request: HttpRequest) -> HttpResponse:
    """Where somebody is led who needs a second factor and has none."""
    if not second_factor.is_missing(request):
        return redirect("account")
    asking = second_factor.partners_that_ask(cast(User, request.user))
    return render(request, "account/second_factor.html", {"asking": asking})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def signed_in(request: HttpRequest) -> HttpResponse:
    """Sessions. Posted: `session`, the number of the one to end, or `others` for all but this one."""
    user = cast(User, request.user)
    if request.method == "POST":
        return _end(request, user)
    return render(request, "usersessions/usersession_list.html", {"sessions": sessions.of(request, user)})


def _end(request: HttpRequest, user: User) -> HttpResponse:
    wanted = request.POST.get("session", "")
    theirs = UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)
    if wanted != "others":
        # Somebody else's session, and one that has ended meanwhile, look the same: it is not there.
        is_number = wanted.isascii() and wanted.isdecimal() and len(wanted) < 19
        theirs = theirs.filter(pk=int(wanted)) if is_number else theirs.none()
    ended = list(theirs)
    sessions.end(request, ended)
    if ended:
        words = ngettext("%(count)s session has ended.", "%(count)s sessions have ended.", len(ended))
        messages.success(request, words % {"count": len(ended)})
    else:
        messages.info(request, _("There was no such session any more."))
    return redirect("usersessions_list")


class SignIn(LoginView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "single_sign_on": single_sign_on.name()}


class Confirm(ReauthenticateView):
    """Asks for the password. Somebody who has none, and no second factor, confirms where they sign in."""

    def _check_reauthentication_method_available(self, request: HttpRequest) -> HttpResponse | None:
        if not get_account_adapter().get_reauthentication_methods(request.user):
            return render(request, "account/confirm_elsewhere.html", self.elsewhere())
        response: HttpResponse | None = super()._check_reauthentication_method_available(request)
        return response

    def elsewhere(self) -> dict[str, Any]:
        return {"single_sign_on": single_sign_on.name(), "next": self.get_next_url() or ""}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        linked = SocialAccount.objects.filter(user=self.request.user).exists()
        return {**super().get_context_data(**kwargs), **(self.elsewhere() if linked else {})}


class ChangePassword(PasswordChangeView):
    def form_invalid(self, form: Any) -> HttpResponse:
        """Somebody at a screen that was left open guesses; how often they may is limited."""
        if form.has_error("oldpassword", "enter_current_password"):
            sign_ins.present_password_refused(self.request)
        return cast(HttpResponse, super().form_invalid(form))


class ActivateApp(ActivateTOTPView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        secret = context["form"].secret
        return context | {"secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))}

    def form_valid(self, form: Any) -> HttpResponse:
        """The code that proved the app counts as taken."""
        response: HttpResponse = super().form_valid(form)
        app = Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP)
        app.data[LAST_COUNTER] = form.counter
        app.save(update_fields=["data"])
        return response


class RemovePasskey(RemoveWebAuthnView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "refused": self.refusal()}

    def refusal(self) -> str:
        """Why this passkey must stay; empty when it may go."""
        adapter = get_mfa_adapter()
        if adapter.can_delete_authenticator(self.object):
            return ""
        return str(adapter.error_messages["cannot_delete_authenticator"])

    def form_valid(self, form: Any) -> HttpResponse:
        if self.refusal():
            return cast(HttpResponse, self.render_to_response(self.get_context_data(form=form), status=409))
        return cast(HttpResponse, super().form_valid(form))


class RecoveryCodes(ViewRecoveryCodesView):
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Somebody without codes is told how to come by some."""
        kinds = set(Authenticator.objects.filter(user=request.user).values_list("type", flat=True))
        if Authenticator.Type.RECOVERY_CODES not in kinds:
            return render(request, "mfa/recovery_codes/none.html", {"may_make": kinds & {*second_factor.FACTORS}})
        return cast(HttpResponse, super().get(request, *args, **kwargs))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        after = self.request.session.get(AFTER_ENROLMENT, "")
        return {**super().get_context_data(**kwargs), "after_enrolment": after}


class ConfirmPasskey(ReauthenticateWebAuthnView):
    def form_invalid(self, form: Any) -> HttpResponse:
        for words in form.errors.get("credential", []):
            messages.error(self.request, words)
        return redirect(self.passthrough_next_url(self.request.path))


@never_cache
@require_POST
def to_single_sign_on(request: HttpRequest) -> HttpResponse:
    """A page that leads on to the provider. A redirect would be refused by the browser: forms of ours may not end on
    another site."""
    if not single_sign_on.name():
        raise Http404
    adapter = single_sign_on.SingleSignOnAdapter()
    try:
        provider = adapter.get_provider(request, single_sign_on.PROVIDER)
        response = provider.redirect_from_request(request)
    except single_sign_on.BROKEN as error:
        adapter.on_authentication_error(request, None, exception=error)
        raise
    name = single_sign_on.name()
    return render(request, "socialaccount/login_redirect.html", {"name": name, "address": response["Location"]})


@never_cache
@require_safe
def from_single_sign_on(request: HttpRequest) -> HttpResponse:
    if not single_sign_on.name():
        raise Http404
    try:
        view = single_sign_on.Callback.adapter_view(single_sign_on.StrictClient(request))
        return cast(HttpResponse, view(request))
    except single_sign_on.BROKEN as error:
        single_sign_on.SingleSignOnAdapter().on_authentication_error(request, None, exception=error)
        raise


def too_many_requests(request: HttpRequest) -> HttpResponse:
    if request.resolver_match is not None and request.resolver_match.view_name in ATTEMPTS:
        sign_ins.throttled(request, request.POST.get("login", ""))
    response = render(request, "429.html", status=429)
    response.headers["Retry-After"] = "60"
    return response
