"""What one try at the platform came to, and which error of the tree that is (§3 "Errors"). Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime

from attribution_portal.platform_api.errors import (
    BadPayload,
    Conflict,
    NotFound,
    NotPermitted,
    PlatformError,
    Rejected,
    Unavailable,
    Unknown,
)
from attribution_portal.platform_api.payloads.accounts import Complaint, complaint
from attribution_portal.platform_api.payloads.wire import Malformed

# The message of a call that this account may not make, whether the status is 401 or 403 (§6).
NOT_AUTHORIZED = "error.auth.not_authorized"

NO_CONTENT, UNAUTHORIZED, REQUEST_TIMEOUT, TOO_MANY_REQUESTS = 204, 401, 408, 429


@dataclass(frozen=True, slots=True)
class Answer:
    """The platform answered in full. `fault` is set, and `body` empty, when the body could not be taken
    in."""

    status: int
    body: bytes = field(repr=False)
    request_id: str | None
    retry_after: str | None = None
    fault: str = ""

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_transient(self) -> bool:
        """Worth another try, if the call may be tried again at all."""
        return self.status >= 500 or self.status in (REQUEST_TIMEOUT, TOO_MANY_REQUESTS)


@dataclass(frozen=True, slots=True)
class Lost:
    """No whole answer. `sent` is False only when the platform cannot have seen anything of the call.
    `cut` is True when the answer began and broke off; status and request id are known then."""

    reason: str
    sent: bool
    cut: bool = False
    status: int | None = None
    request_id: str | None = None


class Unreadable(ValueError):  # noqa: N818 - the name says what the body is
    """A body that is no JSON. The text says what it is instead, without quoting it."""


# What a caller makes of a success. Raises Unreadable, or BadPayload whose cause is Malformed when it is JSON of another
# shape than the contract's.
Reads = Callable[[Answer], object]


def parse(body: bytes) -> object:
    """JSON with exact numbers: fractions become Decimal, NaN and Infinity are refused."""
    if not body.strip():
        raise Unreadable("empty body")
    try:
        parsed: object = json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, ArithmeticError, RecursionError) as error:
        kind = "HTML" if body.lstrip()[:1] == b"<" else "broken JSON"
        raise Unreadable(f"{kind} of {len(body)} bytes") from error
    return parsed


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def failure(answer: Answer, *, endpoint: str, writes: bool) -> PlatformError | None:
    """The error that this answer means, or None for a success. 401 is only mapped here when a new token did
    not help."""
    told = _complaint(answer)
    status, request_id = answer.status, answer.request_id
    if answer.succeeded:
        if told.fields:
            return Rejected(
                "validation_errors", endpoint=endpoint, status=status, request_id=request_id, fields=told.fields
            )
        return None
    if status in (400, 422):
        return Rejected(told.key, endpoint=endpoint, status=status, request_id=request_id, fields=told.fields)
    if status in (401, 403):
        return NotPermitted(told.key, endpoint=endpoint, status=status, request_id=request_id)
    if status in (404, 410):
        return NotFound(told.key, endpoint=endpoint, status=status, request_id=request_id)
    if status == 409:
        return Conflict(told.key, endpoint=endpoint, status=status, request_id=request_id)
    if status == TOO_MANY_REQUESTS:
        # Refused before anything was done, so that a write is known not to have happened.
        wait = seconds_named(answer.retry_after, now=datetime.now(UTC))
        return Unavailable(
            "too many requests", endpoint=endpoint, status=status, request_id=request_id, retry_after=wait
        )
    if answer.is_transient:
        if writes:
            return Unknown(told.key, endpoint=endpoint, status=status, request_id=request_id)
        wait = seconds_named(answer.retry_after, now=datetime.now(UTC))
        return Unavailable(told.key, endpoint=endpoint, status=status, request_id=request_id, retry_after=wait)
    # Redirects and the like: the contract knows no such answer. After a write one may well mean "done, look there".
    if writes and status < 400:
        return Unknown("unexpected status", endpoint=endpoint, status=status, request_id=request_id)
    return BadPayload("unexpected status", endpoint=endpoint, status=status, request_id=request_id)


def failure_of_lost(lost: Lost, *, endpoint: str, writes: bool) -> PlatformError:
    detail, status, request_id = lost.reason, lost.status, lost.request_id
    if writes and lost.sent:
        return Unknown(detail, endpoint=endpoint, status=status, request_id=request_id)
    if lost.cut:
        return BadPayload(detail, endpoint=endpoint, status=status, request_id=request_id)
    return Unavailable(detail, endpoint=endpoint, status=status, request_id=request_id)


_WORDS: tuple[tuple[type[PlatformError], str], ...] = (
    (Rejected, "refused"),
    (NotPermitted, "not_permitted"),
    (NotFound, "not_found"),
    (Conflict, "conflict"),
    (Unknown, "unknown"),
    (BadPayload, "unreadable"),
    (Unavailable, "failed"),
)


def in_a_word(outcome: Answer | Lost, *, writes: bool, reads: Reads) -> str:
    """What one try came to, as it is counted; a success is what `reads` says of it."""
    if isinstance(outcome, Lost):
        if not outcome.sent:
            return "unreachable"
        if writes:
            return "unknown"
        return "timeout" if outcome.reason.endswith("Timeout") else "failed"
    if outcome.status == UNAUTHORIZED and not says_not_authorized(outcome):
        # No token, a dead one, or wrong credentials: not this call's own refusal.
        return "unauthenticated"
    if outcome.status == TOO_MANY_REQUESTS:
        return "limited"
    error = failure(outcome, endpoint="", writes=writes)
    if error is not None:
        return next(word for kind, word in _WORDS if isinstance(error, kind))
    try:
        reads(outcome)
    except (Unreadable, BadPayload) as no:
        if writes:
            return "unknown"
        return "malformed" if isinstance(no.__cause__, Malformed) else "unreadable"
    return "ok"


def says_not_authorized(answer: Answer) -> bool:
    return _complaint(answer).key == NOT_AUTHORIZED


def _complaint(answer: Answer) -> Complaint:
    # A success rarely carries a complaint, and parsing a year of sales only to look for one is dear.
    if answer.succeeded and b'"validation_errors"' not in answer.body:
        return Complaint()
    try:
        return complaint(parse(answer.body))
    except Unreadable:
        return Complaint()


def said(answer: Answer) -> object:
    """The JSON of a success that need not have any, then None. Raises Unreadable."""
    if answer.fault:
        raise Unreadable(answer.fault)
    return parse(answer.body) if answer.body.strip() else None


def payload_of(answer: Answer, *, endpoint: str) -> object:
    """The JSON of a successful read. A 204 says "nothing" and is None; a 200 must have a body. Raises BadPayload."""
    if answer.status == NO_CONTENT:
        return None
    reason = answer.fault
    if not reason:
        try:
            return parse(answer.body)
        except Unreadable as error:
            reason = str(error)
    raise BadPayload(reason, endpoint=endpoint, status=answer.status, request_id=answer.request_id)


def seconds_named(retry_after: str | None, *, now: datetime) -> float | None:
    """`Retry-After` in seconds from now: a number of seconds or an HTTP date, None when absent or unreadable."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def query_pairs(query: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """The query string's pairs (§3): arrays by repetition; None, empty text and empty arrays left out."""
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        values = value if isinstance(value, tuple | list) else (value,)
        pairs += [(name, _written(entry)) for entry in values if entry is not None and entry != ""]
    return tuple(pairs)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        # Never `1E+3`: the platform documents bare numbers.
        return format(value, "f")
    return str(value)
