# ruff: noqa: N818 - the classes are states that a page shows, and are called what they are
"""What can go wrong between the portal and the platform.

    PlatformError
    ├── NotPermitted     403: wrong partner, or this account may not do it. A normal state with its own words.
    ├── NotFound         404: no such thing, or "none yet" where the endpoint says so.
    ├── Rejected         400, 422, or a 2xx that carries `validation_errors`: field errors for the form.
    ├── Conflict         409: somebody changed it meanwhile; read again.
    ├── Unavailable      429, 5xx, network, timeout, page deadline, spent budget: try again later.
    │   └── Unknown      a write that may or may not have been carried out: read back, never send again.
    ├── BadPayload       an answer that cannot be read: HTML, truncated JSON, a field missing or mistyped.
    └── SignInFailed     the service account cannot get a token, or its token is refused again and again.

The class decides what a person sees; `sentence` is that text. `detail` is for logs and never holds a body, a
token or money. Source: contract §3 "Errors".
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True, slots=True)
class FieldError:
    """One entry of `validation_errors`: the platform's field name ("" when it names none) and its code."""

    field: str
    code: str


class PlatformError(Exception):
    """Base of everything that `platform_api` raises on purpose.

    endpoint: method and path template, such as `GET /events/{eid}`, never with ids or query values.
    status: HTTP status, or None when no answer came. request_id: the platform's `x-request-id`, or None.
    """

    sentence: Text = _("The platform could not answer.")
    retryable = False

    def __init__(
        self,
        detail: str = "",
        *,
        endpoint: str,
        status: int | None = None,
        request_id: str | None = None,
        sentence: Text | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.endpoint = endpoint
        self.status = status
        self.request_id = request_id
        if sentence is not None:
            self.sentence = sentence

    def __str__(self) -> str:
        parts = [type(self).__name__, self.endpoint]
        if self.status is not None:
            parts.append(f"status={self.status}")
        if self.request_id:
            parts.append(f"request_id={self.request_id}")
        if self.detail:
            parts.append(self.detail)
        return " ".join(parts)


class NotPermitted(PlatformError):
    sentence = _("The platform does not let this account read or change this.")


class NotFound(PlatformError):
    sentence = _("The platform does not know this.")


class Rejected(PlatformError):
    """The platform refused the values. `fields` holds its field errors, possibly empty."""

    sentence = _("The platform refused these values.")

    def __init__(
        self,
        detail: str = "",
        *,
        endpoint: str,
        status: int | None = None,
        request_id: str | None = None,
        sentence: Text | None = None,
        fields: tuple[FieldError, ...] = (),
    ) -> None:
        super().__init__(detail, endpoint=endpoint, status=status, request_id=request_id, sentence=sentence)
        self.fields = fields


class Conflict(PlatformError):
    sentence = _("Somebody changed this in the meantime. Read it again and decide.")


class Unavailable(PlatformError):
    """Nothing came in time. `retry_after` is in seconds, when the platform or the budget named a time."""

    sentence = _("The platform cannot be reached right now.")
    retryable = True

    def __init__(
        self,
        detail: str = "",
        *,
        endpoint: str,
        status: int | None = None,
        request_id: str | None = None,
        sentence: Text | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail, endpoint=endpoint, status=status, request_id=request_id, sentence=sentence)
        self.retry_after = retry_after


class Unknown(Unavailable):
    """A write whose outcome nobody can tell yet: it timed out, broke off, or the platform answered 5xx."""

    sentence = _("We do not know yet whether the platform took it.")
    retryable = False


class BadPayload(PlatformError):
    sentence = _("The platform's answer could not be understood.")


class SignInFailed(PlatformError):
    sentence = _("The portal cannot sign in to the platform. Its service account needs attention.")
