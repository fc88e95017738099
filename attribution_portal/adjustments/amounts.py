"""Numbers as people type and paste them: "1.234,50", "1,234.50", "€ 1’234.50", "1 234 EUR", "1.234,-".

Pure. What can be read in one way only is taken; what can be read in two, or in none, is `Unclear` with the reason. A
factor of a thousand is not guessed: a single mark before three digits groups thousands only where the reader's own
language writes it so.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from enum import Enum, auto
from typing import Final

from babel.numbers import get_currency_precision, get_currency_symbol

LARGEST_AMOUNT: Final = Decimal(10) ** 12
LARGEST_COUNT: Final = 10_000_000
# Decimals of an amount whose currency is not known.
USUAL_DECIMALS: Final = 2

_MINUSES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"), "-")
_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u00b4`"), "'")
_WIDE = {ord("\uff0c"): ",", ord("\uff0e"): ".", ord("\uffe5"): "¥", ord("\uff04"): "$"}
_TYPED: Final = {**_MINUSES, **_APOSTROPHES, **_WIDE}
_SCIENTIFIC: Final = re.compile(r"[0-9.,]\s*e\s*[+-]?\s*[0-9]", re.IGNORECASE)
_WRITTEN: Final = re.compile(
    r"(?P<minus>-?)\+?\s*(?P<before>[^0-9.,'+\-\s]*)\s*(?P<minus2>-?)\+?\s*"
    r"(?P<body>[.,]?[0-9](?:[0-9.,' ]*[0-9])?)(?P<dash>[.,]--?)?"
    r"\s*(?P<after>[^0-9,'+\-\s]*)"
)


class Reason(Enum):
    EMPTY = auto()
    NOT_A_NUMBER = auto()
    SCIENTIFIC = auto()
    NEGATIVE = auto()
    OTHER_CURRENCY = auto()
    AMBIGUOUS = auto()
    TOO_PRECISE = auto()
    TOO_LARGE = auto()


class Unclear(ValueError):  # noqa: N818 - the name says what the text is
    """What was typed is not one number of the wanted kind."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason


def decimals_of(currency: str | None) -> int:
    return get_currency_precision(currency) if currency else USUAL_DECIMALS


def amount(text: str, *, currency: str | None, decimal_mark: str) -> Decimal:
    """Money of at least zero with no more decimals than the currency has. decimal_mark: the reader's. Raises
    Unclear."""
    decimals = decimals_of(currency)
    value = _number(text, own=_signs(currency), decimals=decimals, decimal_mark=decimal_mark)
    if value >= LARGEST_AMOUNT:
        raise Unclear(Reason.TOO_LARGE)
    return value


def count(text: str, *, decimal_mark: str) -> int:
    """A whole number of at least zero. Raises Unclear."""
    value = _number(text, own=frozenset(), decimals=0, decimal_mark=decimal_mark)
    if value > LARGEST_COUNT:
        raise Unclear(Reason.TOO_LARGE)
    return int(value)


def written(value: Decimal, *, currency: str | None) -> str:
    """An amount so that `amount` reads it back in every language: never a lone mark before three digits."""
    decimals = decimals_of(currency)
    places = decimals + 1 if decimals == 3 else decimals
    return f"{value:.{places}f}"


def _signs(currency: str | None) -> frozenset[str]:
    """How people write the currency beside an amount, casefolded."""
    if not currency:
        return frozenset()
    found = {currency, *(get_currency_symbol(currency, locale) for locale in ("en", "de"))}
    # "CA$" is written "$" where everybody knows which dollar is meant.
    found |= {symbol[-1] for symbol in found if unicodedata.category(symbol[-1]) == "Sc"}
    return frozenset(symbol.casefold() for symbol in found)


def _plain(text: str) -> str:
    """ASCII digits and marks, one kind of space, nothing invisible. A tab or a line end inside stays what it is: two
    cells of a spreadsheet are two numbers."""
    letters = []
    for letter in text.translate(_TYPED):
        category = unicodedata.category(letter)
        if category == "Nd":
            letters.append(str(unicodedata.decimal(letter)))
        elif category == "Zs":
            letters.append(" ")
        elif category != "Cf":
            letters.append(letter)
    return "".join(letters).strip()


def _number(text: str, *, own: frozenset[str], decimals: int, decimal_mark: str) -> Decimal:
    plain = _plain(text)
    if not plain:
        raise Unclear(Reason.EMPTY)
    if _SCIENTIFIC.search(plain):
        raise Unclear(Reason.SCIENTIFIC)
    found = _WRITTEN.fullmatch(plain)
    if found is None:
        raise Unclear(Reason.NOT_A_NUMBER)
    for sign in (found["before"], found["after"]):
        if sign and sign.casefold() not in own:
            raise Unclear(Reason.OTHER_CURRENCY if _is_currency(sign) and own else Reason.NOT_A_NUMBER)
    whole, fraction = _parts(found["body"], decimals=decimals, decimal_mark=decimal_mark, dashed=bool(found["dash"]))
    fraction = fraction.rstrip("0")
    if len(whole.lstrip("0")) > len(str(LARGEST_AMOUNT)):
        raise Unclear(Reason.TOO_LARGE)
    if len(fraction) > decimals:
        raise Unclear(Reason.TOO_PRECISE)
    value = Decimal(f"{whole}.{fraction or '0'}")
    if value and (found["minus"] or found["minus2"]):
        raise Unclear(Reason.NEGATIVE)
    return value.normalize() if value != value.to_integral_value() else value.quantize(Decimal(1))


def _is_currency(sign: str) -> bool:
    return any(unicodedata.category(letter) == "Sc" for letter in sign) or (len(sign) == 3 and sign.isalpha())


def _parts(body: str, *, decimals: int, decimal_mark: str, dashed: bool) -> tuple[str, str]:
    """The digits before and after the decimal mark."""
    points = {letter for letter in body if letter in ".,"}
    groups = {letter for letter in body if letter in "' "}
    if len(groups) > 1:
        raise Unclear(Reason.NOT_A_NUMBER)
    if dashed or (not points and not groups):
        marks = points | groups
        return _grouped(body, marks.pop()) if len(marks) == 1 else _digits(body), ""
    if groups:
        whole, _mark, fraction = body.partition(points.pop()) if len(points) == 1 else (body, "", "")
        return _grouped(whole, groups.pop()), _digits(fraction) if fraction else ""
    if len(points) == 2:
        last = max(points, key=body.rindex)
        whole, _mark, fraction = body.partition(last)
        return _grouped(whole, (points - {last}).pop()), _digits(fraction)
    point = points.pop()
    if body.count(point) > 1:
        return _grouped(body, point), ""
    whole, _mark, fraction = body.partition(point)
    if len(fraction) == 3 and re.fullmatch("[1-9][0-9]{0,2}", whole):
        # "1,234" is a thousand or a fraction, by who writes it.
        if point != decimal_mark:
            return whole + fraction, ""
        if decimals < 3:
            raise Unclear(Reason.AMBIGUOUS)
    return _digits(whole or "0"), _digits(fraction)


def _grouped(text: str, mark: str) -> str:
    if not re.fullmatch(rf"[0-9]{{1,3}}(?:{re.escape(mark)}[0-9]{{3}})+", text):
        raise Unclear(Reason.NOT_A_NUMBER)
    return text.replace(mark, "")


def _digits(text: str) -> str:
    if not text.isdecimal():
        raise Unclear(Reason.NOT_A_NUMBER)
    return text
