"""How one member of an answer is read.

Three kinds of members exist, and each reader says which it is:

- *must be there* (`identity`, `money`, `number_of`, `day`): missing, null or of a wrong type is `Malformed`;
- *may be there* (`text`, `amount`, `count`, …): missing, null or unreadable is None, because a page can say “—”;
- *set or not set* (`set_text`, `set_count`, `set_day`): missing or null is None, but unreadable is
  `Malformed`, because showing "not set" for a value that is set would be a lie that somebody then overwrites.

Numbers may come as JSON numbers or as numeric strings; booleans are never numbers, in spite of Python.
Counts must be whole (`3` and `3.0`). Nothing here keeps or quotes a value in an error: only its path and its type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from decimal import Decimal
from typing import TypeVar

T = TypeVar("T")

NUMERIC = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
VISIBLE = re.compile(r"[!-~]+")
CURRENCY = re.compile(r"[A-Za-z]{3}")
DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ].*)?")

# Beyond any revenue or head count. A `1e999999` is valid JSON, and formatting it would take the server's
# memory.
LARGEST = Decimal(10) ** 15
SMALLEST_EXPONENT = -30


class Malformed(ValueError):  # noqa: N818 - the name says what the answer is
    """An answer lacks what must be there, or has it in a type that cannot be read. Text: path, expected,
    type found."""

    def __init__(self, path: str, expected: str, found: object) -> None:
        super().__init__(f"{path or 'body'}: expected {expected}, got {_kind(found)}")


def _kind(value: object) -> str:
    if value is None:
        return "null or nothing"
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", Decimal: "number"}
    return names.get(type(value), type(value).__name__)


def clean(value: str) -> str:
    """Text that PostgreSQL can store and a page can encode: without NUL, lone surrogates replaced."""
    if value.isascii() and "\x00" not in value:
        return value
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def as_decimal(value: object) -> Decimal | None:
    """The exact number, or None when this is not one of a credible size."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        number = Decimal(value)
    elif isinstance(value, Decimal):
        number = value
    elif isinstance(value, str) and NUMERIC.fullmatch(value.strip()):
        number = Decimal(value.strip())
    else:
        return None
    # Not abs(), which computes: beyond the context's largest exponent it raises.
    if not number.is_finite() or number.copy_abs() >= LARGEST:
        return None
    exponent = number.as_tuple().exponent
    return number if isinstance(exponent, int) and exponent >= SMALLEST_EXPONENT else None


def as_count(value: object) -> int | None:
    number = as_decimal(value)
    return int(number) if number is not None and number == number.to_integral_value() else None


def as_identity(value: object) -> str | None:
    """An opaque id, always as text (§5: "sometimes numbers in JSON")."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) and value.strip() and clean(value) == value:
        return value
    return None


def as_text(value: object) -> str | None:
    """Text, or a number as it was written (a title may be `1984`). The empty string is no text."""
    if isinstance(value, str):
        return clean(value).strip() or None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return None


def as_day(value: object) -> date | None:
    """A calendar day. Of an instant, the day as it is written: no zone is documented to convert it with
    (§3)."""
    match = DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return date.fromisoformat(match[1])
    except ValueError:
        return None


def as_instant(value: object) -> datetime | None:
    """An instant in UTC. Without an offset it is UTC already (§3: "instants ISO-8601 UTC"). One of the calendar's first
    or last year says nothing: it is no day in every zone, and stands for "never" or "for ever" where it stands at all.
    """
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if MINYEAR < moment.year < MAXYEAR else None


@dataclass(frozen=True, slots=True)
class Members:
    """One JSON object and where it stood."""

    content: Mapping[str, object]
    path: str = ""

    @classmethod
    def of(cls, value: object, path: str = "") -> Members:
        if not isinstance(value, dict):
            raise Malformed(path, "an object", value)
        return cls(value, path)

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def raw(self, key: str) -> object:
        return self.content.get(key)

    def _required(self, key: str, read: Callable[[object], T | None], expected: str) -> T:
        value = read(self.content.get(key))
        if value is None:
            raise Malformed(self.at(key), expected, self.content.get(key))
        return value

    def _set(self, key: str, read: Callable[[object], T | None], expected: str) -> T | None:
        raw = self.content.get(key)
        return None if raw is None or raw == "" else self._required(key, read, expected)

    # Must be there.

    def identity(self, key: str) -> str:
        return self._required(key, as_identity, "an id")

    def money(self, key: str) -> Decimal:
        return self._required(key, as_decimal, "a number")

    def number_of(self, key: str) -> int:
        return self._required(key, as_count, "a whole number")

    def day(self, key: str) -> date:
        return self._required(key, as_day, "a date")

    def secret(self, key: str) -> str:
        """A token, exactly as sent. Visible ASCII, as RFC 6750 has it, so that it fits into a header."""
        return self._required(
            key, lambda raw: raw if isinstance(raw, str) and VISIBLE.fullmatch(raw) else None, "a token"
        )

    # May be there.

    def reference(self, key: str) -> str | None:
        return as_identity(self.content.get(key))

    def text(self, key: str) -> str | None:
        return as_text(self.content.get(key))

    def currency(self, key: str) -> str | None:
        """Three letters, in capitals. What is no such code (a symbol, a name) cannot be formatted or compared."""
        found = self.text(key)
        return found.upper() if found is not None and CURRENCY.fullmatch(found) else None

    def amount(self, key: str) -> Decimal | None:
        return as_decimal(self.content.get(key))

    def count(self, key: str) -> int | None:
        return as_count(self.content.get(key))

    def instant(self, key: str) -> datetime | None:
        return as_instant(self.content.get(key))

    def possible_day(self, key: str) -> date | None:
        return as_day(self.content.get(key))

    def flag(self, key: str) -> bool | None:
        value = self.content.get(key)
        return value if isinstance(value, bool) else None

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.content.get(key)
        found = (as_text(entry) for entry in value) if isinstance(value, list) else ()
        return tuple(entry for entry in found if entry is not None)

    def inner(self, key: str) -> Members | None:
        value = self.content.get(key)
        return Members(value, self.at(key)) if isinstance(value, dict) else None

    # Set or not set.

    def set_text(self, key: str) -> str | None:
        return self._set(key, lambda raw: as_text(raw) if isinstance(raw, str) else None, "text")

    def set_count(self, key: str) -> int | None:
        return self._set(key, as_count, "a whole number")

    def set_day(self, key: str) -> date | None:
        return self._set(key, as_day, "a date")

    # Lists of objects.

    def rows(self, key: str, decode: Callable[[Members], T]) -> tuple[T, ...]:
        """The key must be there; null is an empty list."""
        if key not in self.content:
            raise Malformed(self.at(key), "an array", None)
        return self.possible_rows(key, decode) or ()

    def possible_rows(self, key: str, decode: Callable[[Members], T]) -> tuple[T, ...] | None:
        """None when missing or null; anything but an array of objects is `Malformed`."""
        value = self.content.get(key)
        return None if value is None else each(value, decode, self.at(key))


def each(value: object, decode: Callable[[Members], T], path: str = "") -> tuple[T, ...]:
    """Decodes an array of objects. One broken row fails the whole: a total over the rest would look
    complete."""
    if not isinstance(value, list):
        raise Malformed(path, "an array", value)
    entries: Sequence[object] = value
    return tuple(decode(Members.of(entry, f"{path}[{index}]")) for index, entry in enumerate(entries))
