"""Bodies of §2 (signing in), §3 (errors) and §4 (the partner)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from attribution_portal.platform_api.errors import FieldError
from attribution_portal.platform_api.payloads.values import PartnerInfo
from attribution_portal.platform_api.payloads.wire import Malformed, Members, as_text

DOTTED_KEY = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+){1,6}")
CHALLENGE_NAME = re.compile(r"[A-Z0-9_]{1,40}")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`POST /auth`. `challenge` is set, and the tokens are empty, when the platform wants an interactive
    step."""

    access_token: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_in: int = 0
    challenge: str = ""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """`POST /auth/refresh_token`. The refresh token does not rotate, so none comes back."""

    access_token: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error body (§3). `key` is the dotted message key, for logs and decisions, never shown to a
    person."""

    key: str = ""
    fields: tuple[FieldError, ...] = ()


def signed_in(payload: object) -> SignedIn:
    members = Members.of(payload)
    if members.raw("AccessToken") is None and members.raw("Challenge"):
        # The name may be text or sit in an object (A); it is quoted to a person only when it looks like a
        # name.
        raw = members.raw("Challenge")
        inner = members.inner("Challenge")
        name = (inner.text("ChallengeName") if inner else as_text(raw)) or ""
        return SignedIn(challenge=name if CHALLENGE_NAME.fullmatch(name) else "unnamed")
    return SignedIn(
        access_token=members.secret("AccessToken"),
        id_token=members.secret("IdToken"),
        refresh_token=members.secret("RefreshToken"),
        expires_in=_lifetime(members),
    )


def refreshed(payload: object) -> Refreshed:
    members = Members.of(payload)
    return Refreshed(access_token=members.secret("AccessToken"), expires_in=_lifetime(members))


def _lifetime(members: Members) -> int:
    seconds = members.number_of("ExpiresIn")
    if seconds <= 0:
        raise Malformed("ExpiresIn", "seconds above zero", seconds)
    return seconds


def complaint(payload: object) -> Complaint:
    """Never fails: an error body that cannot be read is an error without particulars."""
    if not isinstance(payload, dict):
        return Complaint()
    message = payload.get("message")
    key = message if isinstance(message, str) and DOTTED_KEY.fullmatch(message) else ""
    entries = payload.get("validation_errors")
    if not isinstance(entries, list):
        entries = [entries] if entries else []
    return Complaint(key=key, fields=tuple(_field_error(entry) for entry in entries))


def _field_error(entry: object) -> FieldError:
    if isinstance(entry, dict):
        return FieldError(field=as_text(entry.get("field")) or "", code=as_text(entry.get("code")) or "")
    return FieldError(field="", code=as_text(entry) or "")


def partner(payload: object) -> PartnerInfo:
    """§4. An array with exactly one partner is accepted too (A)."""
    if isinstance(payload, list):
        if len(payload) != 1:
            raise Malformed("", "one partner", payload)
        payload = payload[0]
    members = Members.of(payload)
    return PartnerInfo(
        id=members.identity("id"),
        name=members.text("name") or "",
        currency=members.currency("currency"),
        has_lookout=members.flag("demand_prediction"),
        has_wave=members.flag("campaign_recommendations"),
        status=members.text("status"),
        default_event_model=members.text("attribution_model_default"),
    )
