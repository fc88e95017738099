"""Service accounts and tokens of the stand-in platform (contract §2). Token life runs by the sandbox's clock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from attribution_portal.sandbox.faults import Json
from attribution_portal.sandbox.refusals import Refusal

TOKEN_SECONDS = 3600
REFRESH_DAYS = 30
PASSWORD = "sandbox-demo-only"  # noqa: S105 - printed on purpose: it opens nothing but demo data
SIGNING_KEY = "sandbox-signing-key-that-protects-nothing-at-all"


@dataclass(frozen=True, slots=True)
class Account:
    """`groups` stand in the IdToken in this order. `challenge`: sign-in asks for a step that a server cannot do."""

    username: str
    groups: tuple[str, ...]
    challenge: str | None = None
    disabled: bool = False


ACCOUNTS = {
    account.username: account
    for account in (
        Account(
            "portal@sandbox.example",
            ("webapp-access-group-2", "partner-id-acme", "partner-id-sakura", "fd4711"),
        ),
        Account("acme@sandbox.example", ("partner-id-acme", "webapp-access-group-2")),
        Account("kleinkunst@sandbox.example", ("partner-id-kleinkunst",)),
        Account("nobody@sandbox.example", ("webapp-access-group-2",)),
        Account("challenge@sandbox.example", ("partner-id-acme",), challenge="NEW_PASSWORD_REQUIRED"),
        Account("disabled@sandbox.example", ("partner-id-acme",), disabled=True),
    )
}


@dataclass(frozen=True, slots=True)
class Session:
    account: Account
    expires: datetime


class Tokens:
    """Issued tokens. Not safe by itself: the sandbox calls it under its lock."""

    def __init__(self) -> None:
        self._access: dict[str, Session] = {}
        self._refresh: dict[str, Session] = {}
        self._issued = 0

    def sign_in(self, body: Json, now: datetime) -> dict[str, Json]:
        """`POST /auth`. Raises Refusal: 400 without both fields, 401 on wrong ones, 403 for a disabled account."""
        username, password = _texts(body, "username", "password")
        account = ACCOUNTS.get(username)
        if account is None or password != PASSWORD:
            raise Refusal(401, "error.auth.invalid_credentials", "INVALID_CREDENTIALS")
        if account.disabled:
            raise Refusal(403, "error.auth.account_disabled", "ACCOUNT_DISABLED")
        if account.challenge is not None:
            return {
                "Challenge": account.challenge,
                "Session": self._token("challenge", account),
                "mfa_settings": {"required": False},
            }
        access = self._issue(account, now)
        refresh = self._token("refresh", account)
        self._refresh[refresh] = Session(account, now + timedelta(days=REFRESH_DAYS))
        return {
            "AccessToken": access,
            "IdToken": _id_token(account, now),
            "RefreshToken": refresh,
            "ExpiresIn": TOKEN_SECONDS,
            "TokenType": "Bearer",
            "DeviceKey": None,
            "DeviceGroupKey": None,
            "mfa_settings": {"required": False},
        }

    def refresh(self, body: Json, now: datetime) -> dict[str, Json]:
        """`POST /auth/refresh_token`. The refresh token stays the same. Raises Refusal 401 when it is dead."""
        (token,) = _texts(body, "token")
        session = self._refresh.get(token)
        if session is None or session.expires <= now:
            raise Refusal(401, "error.auth.invalid_credentials", "INVALID_CREDENTIALS")
        return {"AccessToken": self._issue(session.account, now), "ExpiresIn": TOKEN_SECONDS}

    def account(self, authorization: str, now: datetime) -> Account:
        """Whose request it is. Raises Refusal 401 on a missing, unknown or expired token."""
        scheme, _, token = authorization.partition(" ")
        session = self._access.get(token)
        if scheme != "Bearer" or session is None:
            raise Refusal(401, "error.auth.not_authorized", "TOKEN_UNKNOWN")
        if session.expires <= now:
            del self._access[token]
            raise Refusal(401, "error.auth.not_authorized", "TOKEN_EXPIRED")
        return session.account

    def revoke(self, *, refresh_too: bool = True) -> None:
        """Every access token, and unless told otherwise every refresh token, is dead from now on."""
        self._access.clear()
        if refresh_too:
            self._refresh.clear()

    def _issue(self, account: Account, now: datetime) -> str:
        token = self._token("access", account)
        self._access[token] = Session(account, now + timedelta(seconds=TOKEN_SECONDS))
        return token

    def _token(self, kind: str, account: Account) -> str:
        # Counting makes it unique, the digest makes it look like nothing to take apart. It guards demo data only.
        self._issued += 1
        digest = hashlib.sha256(f"{kind}:{account.username}:{self._issued}:{id(self)}".encode()).hexdigest()
        return f"sandbox-{kind}-{digest}"


def may_act_for(account: Account, partner_id: str) -> bool:
    return partner_id in account.groups and not partner_id.startswith("webapp-")


def _texts(body: Json, *names: str) -> tuple[str, ...]:
    values: list[str] = []
    missing: list[tuple[str, str]] = []
    for name in names:
        value = body.get(name) if isinstance(body, dict) else None
        if isinstance(value, str) and value:
            values.append(value)
        else:
            missing.append((name, "REQUIRED"))
    if missing:
        raise Refusal(400, "error.request.invalid", "INVALID_REQUEST", fields=tuple(missing))
    return tuple(values)


def _id_token(account: Account, now: datetime) -> str:
    issued = int(now.timestamp())
    claims = {
        "sub": hashlib.sha256(account.username.encode()).hexdigest()[:32],
        "cognito:username": account.username,
        "cognito:groups": list(account.groups),
        "email": account.username,
        "token_use": "id",
        "iat": issued,
        "exp": issued + TOKEN_SECONDS,
    }
    return jwt.encode(claims, SIGNING_KEY, algorithm="HS256")
