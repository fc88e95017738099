"""Single sign-on with one OpenID Connect provider, by settings alone (docs/sign-in.md).

It signs in people who are here already and makes nobody: the first time by an e-mail address that the provider says it
has verified, from then on by the provider's own id of them. allauth carries the code flow with state and PKCE; stricter
here are the id token, whose signature, issuer, audience, expiry and nonce are all checked, and what a request may ask
the provider for, which is nothing but a sign-in.
"""

from __future__ import annotations

import hashlib
import logging
import time
from typing import Any, Final, NoReturn

import jwt
from allauth.account.internal.flows.login import record_authentication
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.translation import gettext as _

from attribution_portal.accounts.addresses import normal
from attribution_portal.accounts.models import User
from attribution_portal.audit import sign_ins

log = logging.getLogger(__name__)

PROVIDER: Final = "sso"
# Signatures with a key pair only: a shared secret would let whoever knows it write tokens.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_SECONDS: Final = 30
# To confirm who they are, a person must have signed in at the provider within this time.
FRESH_SECONDS: Final = 120
# What a provider's answers can lead to: it is down, or says nonsense.
BROKEN: Final = (OAuth2Error, OSError, ValueError, KeyError, TypeError, AttributeError)


def name() -> str:
    """What the button says; empty when there is no single sign-on."""
    if not settings.OIDC:
        return ""
    return str(settings.OIDC["name"]) or _("single sign-on")


class StrictClient(OpenIDConnectOAuth2Adapter):
    """What is said to the provider, and what of its answers is believed."""

    # What the request to the provider asked for, from the state that came back with the answer.
    nonce = ""
    must_be_fresh = False

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, PROVIDER)

    @property
    def openid_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().openid_config
        if config.get("issuer", "").rstrip("/") != settings.OIDC["issuer"].rstrip("/"):
            raise OAuth2Error("The provider names another issuer than OIDC_ISSUER")
        return config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("sso_callback"))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        claims = self._claims(app, str(kwargs["response"].get("id_token", "")))
        if "email" not in claims:
            # Some providers give the address only when asked; it counts when it belongs to the same person.
            more = self._fetch_user_info(token.token)
            if more.get("sub") != claims["sub"]:
                raise OAuth2Error("The user info is of somebody else than the id token")
            claims |= {key: more[key] for key in ("email", "email_verified") if key in more}
        kept = {key: claims[key] for key in ("iss", "sub", "email", "email_verified") if key in claims}
        return self.get_provider().sociallogin_from_response(request, {"id_token": kept})

    def _claims(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        config = self.openid_config
        try:
            with self.get_provider().session() as session:
                answer = session.get(config["jwks_uri"])
                answer.raise_for_status()
            keys = jwt.PyJWKSet.from_dict(answer.json())
            kid = jwt.get_unverified_header(id_token).get("kid")
            key = next(each for each in keys.keys if kid is None or each.key_id == kid)
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key=key,
                algorithms=ALGORITHMS,
                issuer=config["issuer"],
                audience=app.client_id,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
            )
        except (jwt.PyJWTError, StopIteration) as error:
            raise OAuth2Error(f"The id token does not hold ({type(error).__name__})") from error
        if claims.get("azp", app.client_id) != app.client_id:
            raise OAuth2Error("The id token was made for another client")
        if not self.nonce or not constant_time_compare(str(claims["nonce"]), self.nonce):
            raise OAuth2Error("The id token answers another request")
        if self.must_be_fresh and time.time() - float(claims.get("auth_time", 0)) > FRESH_SECONDS:
            raise OAuth2Error("The provider did not ask the person anew")
        return claims


class Callback(OAuth2CallbackView):
    adapter: StrictClient

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        if state is not None:
            self.adapter.nonce = state["data"]["nonce"]
            self.adapter.must_be_fresh = state["data"]["fresh"]
        return state, response


class StrictProvider(OpenIDConnectProvider):
    oauth2_adapter_class = StrictClient

    def get_oauth2_adapter(self, request: HttpRequest) -> StrictClient:
        return StrictClient(request)

    def session(self) -> Any:
        return SingleSignOnAdapter().get_requests_session()

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Nothing in the address may add to what the provider is asked for."""
        asked: dict[str, Any] = super().get_redirect_from_request_kwargs(request)
        nonce, is_confirming = get_random_string(32), request.user.is_authenticated
        asked["process"] = AuthProcess.LOGIN
        asked["scope"] = ["openid", "email"]
        asked["data"] = {"nonce": nonce, "fresh": is_confirming}
        asked["auth_params"] = {"nonce": nonce}
        if is_confirming:
            # The provider must ask the person, and not their cookie.
            asked["auth_params"] |= {"prompt": "login", "max_age": "0"}
        return asked

    def extract_uid(self, data: dict[str, Any]) -> str:
        """An id counts with the issuer that gave it: another provider may give the same to somebody else."""
        claims = data["id_token"]
        return hashlib.sha256(f"{claims['iss']}\n{claims['sub']}".encode()).hexdigest()


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[Any]:
        """The one provider of the settings; there are none in the database."""
        if not settings.OIDC:
            return []
        return [
            SocialApp(
                provider=StrictProvider.id,
                provider_id=PROVIDER,
                name=name(),
                client_id=settings.OIDC["client_id"],
                secret=settings.OIDC["secret"],
                settings={"server_url": settings.OIDC["issuer"].rstrip("/"), "oauth_pkce_enabled": True},
            )
        ]

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> StrictProvider:
        return StrictProvider(request, app=self.get_app(request, provider=provider, client_id=client_id))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Linking happens by itself at the first sign-in; there is nothing to tell."""

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        if error == AuthError.CANCELLED:
            refuse(request, _("You did not sign in with %(name)s.") % {"name": name()})
        # Names the fault and never the token.
        why = str(exception) if isinstance(exception, OAuth2Error) else type(exception).__name__
        log.warning("Single sign-on failed: %s", why.partition(":")[0])
        words = _("Signing in with %(name)s did not work. Please try again; the link may have been open for too long.")
        refuse(request, words % {"name": name()})

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if not sociallogin.is_existing:
            link(request, sociallogin, self._known(request, sociallogin.account.extra_data["id_token"]))
        if request.user.is_authenticated:
            self._confirm(request, sociallogin)

    def _confirm(self, request: HttpRequest, sociallogin: SocialLogin) -> NoReturn:
        """Somebody who is signed in proves who they are: nothing begins anew, and no draft of theirs is lost."""
        if request.user != sociallogin.user:
            words = _("At %(name)s you are signed in as somebody else. Confirm as %(email)s.")
            refuse(request, words % {"name": name(), "email": request.user.get_username()})
        if not sociallogin.state["data"]["fresh"]:
            # Begun before they signed in, in another tab: the provider may have asked their cookie alone.
            self.on_authentication_error(request, None, exception=OAuth2Error("The answer is to an earlier question"))
        proof = {"provider": sociallogin.account.provider, "uid": sociallogin.account.uid}
        record_authentication(request, request.user, "socialaccount", reauthenticated=True, **proof)
        raise ImmediateHttpResponse(HttpResponseRedirect(sociallogin.get_redirect_url(request) or reverse("account")))

    def _known(self, request: HttpRequest, claims: dict[str, Any]) -> User:
        """The person with the address that the provider vouches for."""
        try:
            address = normal(str(claims.get("email") or ""))
        except ValidationError:
            refuse(request, _("%(name)s does not tell your e-mail address.") % {"name": name()})
        if claims.get("email_verified") is not True:
            words = _("%(name)s has not verified that %(email)s is your address. Verify it there, then sign in again.")
            refuse(request, words % {"name": name(), "email": address}, email=address)
        user = User.objects.filter(email=address, is_active=True).first()
        if user is None:
            words = _("Nobody with the address %(email)s is known here. Ask whoever looks after your partner.")
            refuse(request, words % {"email": address}, email=address)
        return user


def link(request: HttpRequest, sociallogin: SocialLogin, user: User) -> None:
    """From now on the provider's id stands for this person, instead of one that they had there before."""
    SocialAccount.objects.filter(user=user, provider=sociallogin.account.provider).delete()
    sociallogin.connect(request, user)


def refuse(request: HttpRequest, words: str, *, email: str = "") -> NoReturn:
    """Back to the page that they came from, with the reason in words."""
    if not request.user.is_authenticated:
        sign_ins.refused_elsewhere(request, email)
    messages.error(request, words)
    page = "account" if request.user.is_authenticated else "account_login"
    raise ImmediateHttpResponse(HttpResponseRedirect(reverse(page)))
