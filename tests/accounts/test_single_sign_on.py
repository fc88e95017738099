"""Single sign-on with a real provider over HTTP: who gets in, and every way in which nobody does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Kind, Outcome
from attribution_portal.partners.models import Membership, Role
from attribution_portal.sandbox.app import Sandbox
from tests.accounts.conftest import PASSWORD, is_signed_in, sign_in
from tests.accounts.provider import CLIENT_ID, CLIENT_SECRET, Provider, running_provider
from tests.conftest import TOTP_SECRET, Partners
from tests.pages import read

AGAIN = "Signing in with Acme ID did not work."


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture(autouse=True)
def provider(running: Provider, settings: Settings) -> Provider:
    running.reset()
    settings.OIDC = {
        "issuer": running.issuer,
        "client_id": CLIENT_ID,
        "secret": CLIENT_SECRET,
        "name": "Acme ID",
    }
    return running


def begin(client: Client, **fields: str) -> str:
    """Press the button; the provider's address that the page leads to."""
    answer = client.post("/account/sso/login/", fields)
    assert answer.status_code == 200
    page = read(answer).root
    address = page.one("a", class_="btn-primary")["href"]
    assert page.one("meta", http_equiv="refresh")["content"] == f"0;url={address}"
    return address


def through(provider: Provider, client: Client, *, sub: str = "ada-at-the-provider", **fields: str) -> str:
    """All the way; where the answer leads."""
    back = provider.grant(begin(client, **fields), sub=sub)
    return client.get(back.removeprefix("http://testserver")).headers.get("Location", "")


def said(client: Client, page: str = "/account/login/") -> str:
    return read(client.get(page)).root.one("div", id="messages").text


def refused(provider: Provider, client: Client | None = None, *, sub: str = "ada-at-the-provider") -> str:
    """What the person reads who did not get in."""
    client = client or Client()
    assert through(provider, client, sub=sub) == "/account/login/"
    assert not is_signed_in(client)
    return said(client)


def test_the_button_is_there_only_when_it_is_set_up(db: None, settings: Settings) -> None:
    assert "Sign in with Acme ID" in Client().get("/account/login/").content.decode()
    settings.OIDC = {}
    assert 'data-form="single-sign-on"' not in Client().get("/account/login/").content.decode()
    assert Client().post("/account/sso/login/").status_code == 404
    assert Client().get("/account/sso/callback/?code=1&state=1").status_code == 404


def test_a_known_person_gets_in_and_to_where_they_wanted(ada: User, provider: Provider) -> None:
    client = Client()
    assert through(provider, client, next="/account/sessions/") == "/account/sessions/"
    assert client.get("/account/").status_code == 200
    event = AuditEvent.objects.get(kind=Kind.SIGNED_IN)
    assert (event.target, event.after) == (ada.email, {"method": "sso"})


def test_what_is_asked_of_the_provider_cannot_be_widened(ada: User, provider: Provider) -> None:
    client = Client()
    query = "?scope=admin&auth_params=prompt%3Dnone%26nonce%3Dmine&process=connect&action=reauthenticate"
    page = read(client.post(f"/account/sso/login/{query}")).root
    provider.grant(page.one("a", class_="btn-primary")["href"])
    (asked,) = provider.asked
    assert set(asked["scope"].split()) == {"openid", "email"}
    assert asked["nonce"] != "mine"
    assert "prompt" not in asked
    assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT_ID, "code", "S256")
    assert asked["redirect_uri"] == "http://testserver/account/sso/callback/"


def test_from_then_on_the_providers_id_stands_for_the_person(ada: User, provider: Provider) -> None:
    through(provider, Client())
    provider.claims = {"email": "ada.lovelace@elsewhere.example", "email_verified": False}
    client = Client()
    assert through(provider, client) == "/"
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_the_same_id_of_another_issuer_is_somebody_else(ada: User, provider: Provider, settings: Settings) -> None:
    through(provider, Client())
    SocialAccount.objects.update(uid="0" * 64)
    provider.claims = {"email": "nobody@example.org"}
    assert "Nobody with the address nobody@example.org" in refused(provider)


def test_a_new_id_with_the_persons_verified_address_takes_the_old_ones_place(ada: User, provider: Provider) -> None:
    through(provider, Client())
    assert through(provider, Client(), sub="ada-made-anew") == "/"
    assert SocialAccount.objects.filter(user=ada).count() == 1


def test_nobody_is_made_by_signing_in(db: None, provider: Provider) -> None:
    words = "Nobody with the address ada@example.org is known here. Ask whoever looks after your partner."
    assert refused(provider) == words
    assert not User.objects.exists()
    event = AuditEvent.objects.get()
    assert (event.kind, event.outcome, event.target) == (Kind.SIGN_IN_FAILED, Outcome.REFUSED, "ada@example.org")


@pytest.mark.parametrize("verified", [False, None, "true", 1, "yes"])
def test_an_address_that_the_provider_has_not_verified_opens_nothing(
    ada: User, provider: Provider, verified: Any
) -> None:
    provider.claims = {"email_verified": verified}
    assert "has not verified that ada@example.org is your address" in refused(provider)
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("email", ["\u212aate@example.org", "ada", "", None, {"a": 1}, "ada@example.org\x00"])
def test_an_address_that_is_none_or_only_looks_like_one_opens_nothing(
    ada: User, provider: Provider, email: Any
) -> None:
    User.objects.create_user("kate@example.org", PASSWORD)
    provider.claims = {"email": email}
    provider.user_info = {"sub": "ada-at-the-provider"}
    assert "does not tell your e-mail address" in refused(provider)
    assert not SocialAccount.objects.exists()


def test_somebody_who_is_switched_off_does_not_get_in(ada: User, provider: Provider) -> None:
    through(provider, Client())
    User.objects.update(is_active=False)
    client = Client()
    assert through(provider, client) == "/account/inactive/"
    assert not is_signed_in(client)
    assert AuditEvent.objects.get(kind=Kind.SIGN_IN_FAILED).target == ada.email
    SocialAccount.objects.all().delete()
    assert "Nobody with the address" in refused(provider)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of-another-request"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"iat": 32503680000},
    ],
    ids=str,
)
def test_an_id_token_that_is_not_for_this_sign_in_opens_nothing(
    ada: User, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    assert AGAIN in refused(provider)


def test_an_id_token_of_another_key_opens_nothing(ada: User, provider: Provider) -> None:
    provider.signed_with = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert AGAIN in refused(provider)


@pytest.mark.parametrize(("algorithm", "key"), [("HS256", CLIENT_SECRET.ljust(32, "x")), ("none", None)])
def test_an_id_token_that_no_key_pair_signed_opens_nothing(
    ada: User, provider: Provider, algorithm: str, key: Any
) -> None:
    provider.algorithm, provider.signed_with = algorithm, key
    assert AGAIN in refused(provider)


def test_another_issuer_than_the_one_in_the_settings_is_not_asked(ada: User, provider: Provider) -> None:
    provider.issuer_told = "https://evil.example"
    client = Client()
    assert client.post("/account/sso/login/")["Location"] == "/account/login/"
    assert AGAIN in said(client)


def test_a_state_that_is_not_ours_opens_nothing(ada: User, provider: Provider) -> None:
    mine, theirs = Client(), Client()
    back = provider.grant(begin(theirs))
    for address in (
        back.removeprefix("http://testserver"),
        "/account/sso/callback/?code=x&state=y",
        "/account/sso/callback/",
    ):
        assert mine.get(address)["Location"] == "/account/login/"
        assert not is_signed_in(mine)
    assert AGAIN in said(mine)


def test_an_answer_counts_once(ada: User, provider: Provider) -> None:
    client = Client()
    back = provider.grant(begin(client)).removeprefix("http://testserver")
    assert client.get(back)["Location"] == "/"
    client.post("/account/logout/")
    assert client.get(back)["Location"] == "/account/login/"
    assert not is_signed_in(client)


def test_a_person_who_says_no_there_is_told_so_here(ada: User, provider: Provider) -> None:
    client = Client()
    back = provider.grant(begin(client)).removeprefix("http://testserver")
    state = back.partition("state=")[2]
    assert client.get(f"/account/sso/callback/?error=access_denied&state={state}")["Location"] == "/account/login/"
    assert said(client) == "You did not sign in with Acme ID."


@pytest.mark.parametrize("broken", ["token", "keys"])
def test_a_provider_that_answers_nonsense_is_a_sentence(ada: User, provider: Provider, broken: str) -> None:
    provider.broken = broken
    assert AGAIN in refused(provider)


@pytest.mark.parametrize("away", [True, False])
def test_a_provider_that_is_away_is_a_sentence(ada: User, provider: Provider, settings: Settings, away: bool) -> None:
    if away:
        settings.OIDC = settings.OIDC | {"issuer": "http://127.0.0.1:9"}
    else:
        provider.broken = "discovery"
    client = Client()
    assert client.post("/account/sso/login/")["Location"] == "/account/login/"
    assert AGAIN in said(client)


def test_an_address_that_only_the_user_info_has_counts_when_it_is_the_same_person(
    ada: User, provider: Provider
) -> None:
    provider.claims = {"email": None, "email_verified": None}
    provider.user_info = {"sub": "somebody-else", "email": ada.email, "email_verified": True}
    assert AGAIN in refused(provider)
    provider.user_info = {"sub": "ada-at-the-provider", "email": ada.email, "email_verified": True}
    assert through(provider, Client()) == "/"


def test_neither_tokens_nor_secrets_are_logged(ada: User, provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="attribution_portal")
    provider.claims = {"nonce": "wrong"}
    refused(provider)
    provider.broken = "token"
    refused(provider)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("attribution_portal")]
    assert len(ours) == 2
    assert not any(secret in line for line in ours for secret in ("ey", CLIENT_SECRET, "code-", ada.email))


def test_the_second_factor_is_asked_for_all_the_same(ada: User, provider: Provider, settings: Settings) -> None:
    TOTP.activate(ada, TOTP_SECRET)
    client = Client()
    assert through(provider, client) == "/account/mfa/authenticate/"
    assert not is_signed_in(client)
    settings.OIDC_COUNTS_AS_SECOND_FACTOR = True
    assert through(provider, Client()) == "/"


def test_the_rule_holds_unless_the_provider_counts_as_second_factor(
    sandbox: Sandbox, partners: Partners, ada: User, provider: Provider, settings: Settings
) -> None:
    Membership.objects.create(user=ada, partner=partners.acme, role=Role.ACCOUNT_MANAGER)
    client = Client()
    through(provider, client)
    assert client.get("/p/partner-id-acme/")["Location"] == "/account/second-factor/"
    settings.OIDC_COUNTS_AS_SECOND_FACTOR = True
    assert client.get("/p/partner-id-acme/").status_code == 200
    assert sign_in(ada).get("/p/partner-id-acme/")["Location"] == "/account/second-factor/"


def test_somebody_without_a_password_confirms_at_the_provider(
    provider: Provider, client_for: Callable[..., Client], db: None
) -> None:
    ada = User.objects.create_user("ada@example.org")
    client = Client()
    through(provider, client)
    key = client.session.session_key
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        led = client.get("/account/mfa/totp/activate/")["Location"]
        assert led == "/account/reauthenticate/?next=%2Faccount%2Fmfa%2Ftotp%2Factivate%2F"
        assert "Sign in again with Acme ID" in client.get(led).content.decode()
        provider.claims = {"auth_time": 1}
        assert through(provider, client, next="/account/mfa/totp/activate/") == "/account/"
        assert client.get("/account/mfa/totp/activate/").status_code == 302
        provider.claims = {}
        assert through(provider, client, next="/account/mfa/totp/activate/") == "/account/mfa/totp/activate/"
        assert client.get("/account/mfa/totp/activate/").status_code == 200
    assert (provider.asked[-1]["prompt"], provider.asked[-1]["max_age"]) == ("login", "0")
    assert client.session.session_key == key
    assert ada.pk == int(client.session["_auth_user_id"])


def test_an_answer_to_a_question_from_before_signing_in_confirms_nothing(ada: User, provider: Provider) -> None:
    """It did not make the provider ask the person, so whoever sits at their desk could confirm with it."""
    client = Client()
    back = provider.grant(begin(client))
    client.post("/account/login/", {"login": ada.email, "password": PASSWORD})
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert client.get(back.removeprefix("http://testserver"))["Location"] == "/account/"
        assert AGAIN in said(client, "/account/")
        assert client.get("/account/mfa/totp/activate/").status_code == 302
    assert is_signed_in(client)


def test_confirming_as_somebody_else_confirms_nothing(
    ada: User, provider: Provider, client_for: Callable[..., Client]
) -> None:
    through(provider, Client())
    grace = client_for(User.objects.create_user("grace@example.org", PASSWORD), stale=True)
    assert through(provider, grace) == "/account/"
    assert "Confirm as grace@example.org." in said(grace, "/account/")
    assert grace.get("/account/mfa/totp/activate/").status_code == 302
