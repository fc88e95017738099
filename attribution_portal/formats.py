"""How one reader reads: numbers, money, dates and ages as text.

Everything that becomes text for people takes a `Reader`: the same words in a page, a chart, a table and an
export. Pure: no Django, no clock; locale, zone, translations and "now" are arguments. `None` is "—" (not
known), zero is a zero.

Numbers follow CLDR as Babel carries it, with two decisions of ours: the minus is the typographic one (U+2212)
in every locale, as Plotly writes it on its axes, and what rounds to zero carries no sign. Symbols and
patterns are taken from Babel once per locale and currency, because Babel's own call costs about 14 µs and a
year of days needs a thousand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import NumberPattern, get_currency_precision, get_currency_symbol

UNKNOWN: Final = "—"
# What a number is: a fraction or a quotient. The measure of money is its currency, ISO 4217; a plain number has none.
PERCENT: Final = "%"
RATIO: Final = "×"
MINUS: Final = "\u2212"
_NO_BREAK_SPACE: Final = "\u00a0"
_EXACT: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_DAYS_TOLD_AS_AGE: Final = 30

Number = int | Decimal


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader's language (`en`, `de-at`; an unknown one reads English), zone and translations."""

    locale: str
    zone: ZoneInfo
    gettext: Callable[[str], str]
    ngettext: Callable[[str, str, int], str]

    def money(self, value: Number | None, currency: str | None, *, trim: bool = False) -> str:
        """Major units with the currency's own number of decimals ("€18,540.00", "¥1,250", "18.540,00 €").

        An unknown currency shows its code; none at all gives a number without a symbol, with cents only where
        there are any. `trim` leaves out cents that are zero: for sentences and headlines, not for columns."""
        if value is None:
            return UNKNOWN
        return _money(value, self.locale, currency, trim, False)

    def money_each(self, value: Number | None, currency: str | None) -> str:
        """A quotient of money, always with its cents; what is too small for them is not written as nothing ("< €0.01").

        Without a currency there are no cents either, unless the number has some."""
        shown = self.money(value, currency)
        if not value or shown != self.money(0, currency):
            return shown
        least = _quantum(_money_style(self.locale, currency).digits)
        return f"< {self.money(least, currency)}" if value > 0 else f"> {self.money(-least, currency)}"

    def count(self, value: Number | None) -> str:
        """A number of things ("1,234"); at most two decimals where the value has any."""
        return UNKNOWN if value is None else _count(value, self.locale, False)

    def ratio(self, value: Number | None) -> str:
        """A ratio such as ROAS, always with two decimals ("16.18")."""
        return UNKNOWN if value is None else _fixed(value, self.locale, 2, "", "", False)

    def percent(self, fraction: Number | float | None, digits: int = 1) -> str:
        """A fraction as percent: 0.148 is "14.8%", in German "14,8 %"."""
        if fraction is None:
            return UNKNOWN
        exact = Decimal(str(fraction)) if isinstance(fraction, float) else Decimal(fraction)
        return _percent(exact, self.locale, digits)

    def change(self, value: Number | None, currency: str | None = None) -> str:
        """A difference with its sign ("+€120.00", "−3"); no difference has none. Money when a currency is
        given."""
        if value is None:
            return UNKNOWN
        if currency is None:
            return _count(value, self.locale, True)
        return _money(value, self.locale, currency, False, True)

    def day(self, day: date | None, *, short: bool = False) -> str:
        """A calendar day in full ("1 June 2026") or short ("1 Jun 2026", in German "01.06.2026")."""
        return UNKNOWN if day is None else _day(day, self.locale, "medium" if short else "long")

    def day_of_year(self, day: date, *, short: bool = False) -> str:
        """A day whose year is known from beside it ("1 June", short "1 Jun")."""
        return _skeleton(day, self.locale, "MMMd" if short else "MMMMd")

    def month(self, day: date, *, short: bool = False) -> str:
        """The month that a day lies in ("June 2026", short "Jun 2026")."""
        return _skeleton(day, self.locale, "yMMM" if short else "yMMMM")

    def day_range(self, first: date, last: date) -> str:
        """Both days inclusive: "1 June to 15 June 2026"; the first year is said where it differs."""
        if first == last:
            return self.day(first)
        opening = self.day_of_year(first) if first.year == last.year else self.day(first)
        return self.gettext("%(first)s to %(last)s") % {"first": opening, "last": self.day(last)}

    def instant(self, moment: datetime | None) -> str:
        """A moment in the reader's zone, to the minute ("1 Jun 2026, 13:05"). A moment without a zone is a
        ValueError."""
        if moment is None:
            return UNKNOWN
        local = _aware(moment).astimezone(self.zone)
        return f"{self.day(local.date(), short=True)}, {_clock(local.hour, local.minute, self.locale)}"

    def ago(self, moment: datetime | None, now: datetime) -> str:
        """The age of a moment ("2 h ago"); after 30 days its date. A moment ahead of `now` is "just now"."""
        if moment is None:
            return UNKNOWN
        seconds = int((_aware(now) - _aware(moment)).total_seconds())
        if seconds < _MINUTE:
            return self.gettext("just now")
        if seconds < _HOUR:
            return self.gettext("%(n)s min ago") % {"n": self.count(seconds // _MINUTE)}
        if seconds < _DAY:
            return self.gettext("%(n)s h ago") % {"n": self.count(seconds // _HOUR)}
        days = seconds // _DAY
        if days <= _DAYS_TOLD_AS_AGE:
            return self.ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": self.count(days)}
        return self.day(moment.astimezone(self.zone).date())

    def listing(self, names: Sequence[str]) -> str:
        """Names as a sentence lists them ("A, B and C")."""
        return format_list(names, locale=_dates_locale(self.locale)) if names else ""

    @property
    def separators(self) -> str:
        """The decimal and the thousands separator, in the order of Plotly's `layout.separators`."""
        symbols = _symbols(self.locale)
        return symbols.decimal + symbols.group


def raw(value: Number | None) -> str:
    """The plain decimal for `value=""` attributes and exports: Decimal("18540.00") is "18540", None is ""."""
    if value is None:
        return ""
    text = format(value, "f") if isinstance(value, Decimal) else str(int(value))
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@dataclass(frozen=True, slots=True)
class _Symbols:
    """How a locale writes digits apart; `thousands` is False where groups are not of three (then Babel
    writes)."""

    decimal: str
    group: str
    thousands: bool
    table: dict[int, str]


@dataclass(frozen=True, slots=True)
class _MoneyStyle:
    prefix: str
    suffix: str
    digits: int
    known: bool


@lru_cache(maxsize=64)
def _locale(code: str) -> Locale:
    for candidate in (code, code.replace("_", "-").partition("-")[0]):
        try:
            return Locale.parse(candidate.replace("-", "_"))
        except (ValueError, UnknownLocaleError):
            continue
    return Locale("en")


@lru_cache(maxsize=64)
def _dates_locale(code: str) -> Locale:
    """Plain English dates are written day first: the portal's partners are European."""
    locale = _locale(code)
    return Locale("en", "GB") if locale.language == "en" and locale.territory is None else locale


@lru_cache(maxsize=64)
def _symbols(code: str) -> _Symbols:
    locale = _locale(code)
    symbols = locale.number_symbols["latn"]
    decimal, group = symbols["decimal"], symbols["group"]
    grouping: tuple[int, int] = locale.decimal_formats[None].grouping
    return _Symbols(decimal, group, grouping == (3, 3), str.maketrans({",": group, ".": decimal}))


@lru_cache(maxsize=256)
def _money_style(code: str, currency: str | None) -> _MoneyStyle:
    name = (currency or "").strip().upper()
    if not name:
        return _MoneyStyle("", "", 2, known=False)
    locale = _locale(code)
    pattern: NumberPattern = locale.currency_formats["standard"]
    symbol = get_currency_symbol(name, locale)
    prefix, suffix = (affix.replace("¤", symbol) for affix in (pattern.prefix[0], pattern.suffix[0]))
    # CLDR's currency spacing, which Babel leaves out: a code must not run into the digits ("CHF 5.00").
    if prefix and prefix[-1].isalpha():
        prefix += _NO_BREAK_SPACE
    if suffix and suffix[0].isalpha():
        suffix = _NO_BREAK_SPACE + suffix
    return _MoneyStyle(prefix, suffix, get_currency_precision(name), known=True)


@lru_cache(maxsize=16_384)
def _money(value: Number, code: str, currency: str | None, trim: bool, signed: bool) -> str:
    style = _money_style(code, currency)
    digits = style.digits
    if digits and (trim or not style.known):
        rounded = _EXACT.quantize(Decimal(value), _quantum(digits))
        digits = 0 if rounded == rounded.to_integral_value() else digits
    return _fixed(value, code, digits, style.prefix, style.suffix, signed)


@lru_cache(maxsize=16_384)
def _count(value: Number, code: str, signed: bool) -> str:
    digits = 0
    if isinstance(value, Decimal):
        places = _EXACT.quantize(value, _quantum(2)).normalize(_EXACT).as_tuple().exponent
        digits = max(0, -places) if isinstance(places, int) else 0
    return _fixed(value, code, digits, "", "", signed)


@lru_cache(maxsize=4_096)
def _percent(fraction: Decimal, code: str, digits: int) -> str:
    pattern: NumberPattern = _locale(code).percent_formats[None]
    return _fixed(fraction * 100, code, digits, pattern.prefix[0], pattern.suffix[0], False)


def _fixed(value: Number, code: str, digits: int, prefix: str, suffix: str, signed: bool) -> str:
    """A number with exactly `digits` decimals, rounded half to even as Babel does, between its affixes.

    The sign stands before everything, as in Babel's patterns of every locale the portal is offered in."""
    rounded = _EXACT.quantize(Decimal(value), _quantum(digits))
    size = abs(rounded)
    symbols = _symbols(code)
    if symbols.thousands:
        text = f"{size:,f}".translate(symbols.table)
    else:
        locale = _locale(code)
        pattern = copy(locale.decimal_formats[None])
        pattern.frac_prec = (digits, digits)
        text = pattern.apply(size, locale)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{prefix}{text}{suffix}"


@lru_cache(maxsize=16)
def _quantum(digits: int) -> Decimal:
    return Decimal(1).scaleb(-digits)


@lru_cache(maxsize=16_384)
def _day(day: date, code: str, length: str) -> str:
    return format_date(day, format="long" if length == "long" else "medium", locale=_dates_locale(code))


@lru_cache(maxsize=16_384)
def _skeleton(day: date, code: str, skeleton: str) -> str:
    return format_skeleton(skeleton, datetime.combine(day, time(), UTC), locale=_dates_locale(code))


@lru_cache(maxsize=4_096)
def _clock(hour: int, minute: int, code: str) -> str:
    """No locale writes seconds into its short times."""
    return format_time(time(hour, minute), format="short", locale=_dates_locale(code))


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a zone")
    return moment
