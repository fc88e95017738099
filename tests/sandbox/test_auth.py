"""Signing in, token life and refusals (contract §2)."""

from __future__ import annotations

import jwt
import pytest

from attribution_portal.sandbox.app import Sandbox

from .conftest import HandClock, Platform


def test_it_signs_in_and_names_the_partners_in_the_id_token(platform: Platform) -> None:
    status, body = platform.sign_in()
    assert status == 200
    assert body["ExpiresIn"] == 3600
    assert body["TokenType"] == "Bearer"
    assert body["mfa_settings"] == {"required": False}
    claims = jwt.decode(body["IdToken"], options={"verify_signature": False})
    assert claims["cognito:groups"] == [
        "webapp-access-group-2",
        "partner-id-acme",
        "partner-id-sakura",
        "fd4711",
    ]


@pytest.mark.parametrize(
    ("username", "password", "status", "message"),
    [
        ("portal@sandbox.example", "wrong", 401, "error.auth.invalid_credentials"),
        ("stranger@sandbox.example", "sandbox-demo-only", 401, "error.auth.invalid_credentials"),
        ("disabled@sandbox.example", "sandbox-demo-only", 403, "error.auth.account_disabled"),
        ("", "sandbox-demo-only", 400, "error.request.invalid"),
    ],
)
def test_it_refuses_a_sign_in(platform: Platform, username: str, password: str, status: int, message: str) -> None:
    answered, body = platform.sign_in(username, password)
    assert (answered, body["message"]) == (status, message)


def test_it_answers_a_challenge_without_a_token(platform: Platform) -> None:
    status, body = platform.sign_in("challenge@sandbox.example")
    assert status == 200
    assert body["Challenge"] == "NEW_PASSWORD_REQUIRED"
    assert "AccessToken" not in body


def test_a_token_lives_an_hour_and_can_be_refreshed(platform: Platform, hand: HandClock) -> None:
    refresh = platform.tokens["RefreshToken"]
    hand.forward(seconds=3599)
    assert platform.call("GET", "/partners/")[0] == 200
    hand.forward(seconds=1)
    status, body = platform.call("GET", "/partners/")
    assert (status, body["error_code"]) == (401, "TOKEN_EXPIRED")
    answer = platform.raw("POST", "/auth/refresh_token", headers={}, json_body={"token": refresh})
    assert answer.status == 200
    assert b"RefreshToken" not in answer.body
    again = platform.raw("POST", "/auth/refresh_token", headers={}, json_body={"token": refresh})
    assert again.status == 200


def test_a_revoked_session_is_dead(platform: Platform, box: Sandbox) -> None:
    box.revoke_tokens()
    assert platform.call("GET", "/partners/")[0] == 401
    dead = {"token": platform.tokens["RefreshToken"]}
    assert platform.raw("POST", "/auth/refresh_token", headers={}, json_body=dead).status == 401


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic x"}])
def test_it_answers_401_without_a_known_token(platform: Platform, headers: dict[str, str]) -> None:
    answer = platform.raw("GET", "/partners/", headers=headers)
    assert answer.status == 401
    assert dict(answer.headers)["x-request-id"]


def test_passwords_are_not_logged(platform: Platform, box: Sandbox) -> None:
    assert all(entry.body is None for entry in box.log.of(path="/auth"))
    assert len(box.log.of(path="/auth")) == 1
