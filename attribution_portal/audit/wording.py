"""What an event says, in the reader's words. Names and values that are not known here stand as they were recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attribution_portal.audit.kinds import Kind, Outcome
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Value, Values
from attribution_portal.credit import Credit
from attribution_portal.formats import UNKNOWN, Reader
from attribution_portal.partners.models import Role

# Every name under which something is recorded, in the order in which they are shown: the database keeps none.
NAMES: Final[dict[str, Promise]] = {
    "id": gettext_lazy("Id"),
    "signed_off": gettext_lazy("Signed off"),
    "result": gettext_lazy("Result"),
    "customers": gettext_lazy("Customers"),
    "items": gettext_lazy("Items"),
    "role": gettext_lazy("Role"),
    "operator": gettext_lazy("Operates the portal"),
    "members_need_mfa": gettext_lazy("Members need a second factor"),
    "method": gettext_lazy("By"),
    "factors": gettext_lazy("Second factors"),
    "sessions_ended": gettext_lazy("Sessions ended"),
    "password": gettext_lazy("Password"),
    "address": gettext_lazy("Address"),
    "browser": gettext_lazy("Browser"),
    "service_account": gettext_lazy("Service account"),
    "zone": gettext_lazy("Time zone"),
    "resealed": gettext_lazy("Passwords encrypted anew"),
    "unopened": gettext_lazy("Passwords that could not be opened"),
    "model": gettext_lazy("Model"),
    "window": gettext_lazy("Window in days"),
    "email_sent_date": gettext_lazy("E-mail date"),
    "purchases": gettext_lazy("Purchases"),
    "revenue": gettext_lazy("Revenue"),
    "currency": gettext_lazy("Currency"),
    "expires": gettext_lazy("Valid until"),
    "format": gettext_lazy("Format"),
    "rows": gettext_lazy("Rows"),
    "filter": gettext_lazy("Filters"),
}
_ORDER: Final = {name: place for place, name in enumerate(NAMES)}
_PACKAGE_MODELS: Final[dict[str, Promise]] = {
    "ALL_PURCHASES": gettext_lazy("All purchases"),
    "EVENTS_FROM_PACKAGE": gettext_lazy("Events from the package"),
    "EVENT_SERIES": gettext_lazy("Event series"),
}
_METHODS: Final[dict[str, Promise]] = {
    "password": gettext_lazy("password"),
    "totp": gettext_lazy("code from an app"),
    "webauthn": gettext_lazy("passkey"),
    "recovery_codes": gettext_lazy("recovery code"),
    "socialaccount": gettext_lazy("single sign-on"),
}
# What of the portal can be taken away as a file.
_EXPORTS: Final[dict[str, Promise]] = {
    "activity": gettext_lazy("Activity"),
    "packages": gettext_lazy("Packages"),
    "review": gettext_lazy("Review board"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One value. `before` and `after` are words, None where nothing was recorded on that side."""

    name: str
    before: str | None
    after: str | None

    @property
    def is_step(self) -> bool:
        return self.before is not None and self.after is not None and self.before != self.after

    @property
    def is_gone(self) -> bool:
        return self.after is None

    @property
    def text(self) -> str:
        """What it is now or, of something that is gone, what it was."""
        return (self.before if self.after is None else self.after) or ""


def kind_words(kind: str) -> str:
    return str(Kind(kind).label) if kind in Kind else kind


def outcome_words(outcome: str) -> str:
    return str(Outcome(outcome).label) if outcome in Outcome else outcome


def actor_words(event: AuditEvent) -> str:
    if event.email:
        return event.email
    return _("Somebody signed out") if event.address else _("The portal itself")


def title_words(event: AuditEvent) -> str:
    """What the event is about."""
    if event.title:
        return event.title
    return _known(event.target, _EXPORTS) if event.kind == Kind.EXPORTED else event.target


def changes(event: AuditEvent, reader: Reader, currency: str) -> tuple[Change, ...]:
    """Each value once. currency: the partner's, for money recorded without one."""
    before: Values = event.before
    after: Values = event.after
    return tuple(
        Change(
            _label(name),
            _side(name, before, reader, currency),
            _side(name, after, reader, currency),
        )
        for name in _in_order(before.keys() | after.keys())
    )


def values_text(values: Values, reader: Reader, currency: str) -> str:
    """One side as a line of text."""
    names = _in_order(values.keys())
    return "; ".join(f"{_label(name)}: {_side(name, values, reader, currency)}" for name in names)


def _in_order(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (_ORDER.get(name, len(_ORDER)), name))


def _label(name: str) -> str:
    return str(NAMES.get(name, name.replace("_", " ")))


def _side(name: str, values: Values, reader: Reader, currency: str) -> str | None:
    if name not in values:
        return None
    value = values[name]
    if name == "revenue":
        return _money(value, reader, _text(values.get("currency")) or currency)
    return _value(name, value, reader)


def _value(name: str, value: Value, reader: Reader) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return reader.count(value)
    if name == "role":
        return str(Role(value).label) if value in Role else value
    if name == "model":
        return str(_PACKAGE_MODELS.get(value) or Credit(value, "unknown").name)
    if name in ("method", "factors"):
        return reader.listing([_known(part.strip(), _METHODS) for part in value.replace("+", ",").split(",")])
    if name in ("email_sent_date", "expires"):
        return _day(value, reader)
    return value


def _known(word: str, words: Mapping[str, Promise]) -> str:
    return str(words.get(word, word))


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _money(value: Value, reader: Reader, currency: str) -> str:
    if value is None:
        return UNKNOWN
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return str(value)
    return reader.money(amount, currency) if amount.is_finite() else str(value)


def _day(value: str, reader: Reader) -> str:
    try:
        return reader.day(date.fromisoformat(value))
    except ValueError:
        return value
