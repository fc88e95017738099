from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.formats import Reader, raw


def reader(locale: str = "en", zone: str = "Europe/Berlin") -> Reader:
    return Reader(locale, ZoneInfo(zone), lambda text: text, lambda one, many, n: one if n == 1 else many)


EN, DE = reader("en"), reader("de")
amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=4)


@given(amounts, st.sampled_from(["en", "de"]), st.sampled_from(["EUR", "USD", "GBP", "JPY", "KWD"]))
def test_it_writes_money_as_babel_does_but_for_the_minus(value, locale, currency):
    theirs = format_currency(value, currency, locale=locale)
    # CLDR's currency spacing for a code in front of digits, which Babel leaves out.
    theirs = theirs.replace("KWD", "KWD\u00a0") if locale == "en" else theirs
    ours = reader(locale).money(value, currency)
    assert ours.lstrip("−") == theirs.lstrip("-")
    assert ours.startswith("−") == (theirs.startswith("-") and any(digit in theirs for digit in "123456789"))


@given(st.integers(-(10**15), 10**15), st.sampled_from(["en", "de"]))
def test_it_writes_counts_as_babel_does_but_for_the_minus(value, locale):
    assert reader(locale).count(value) == format_decimal(value, locale=locale).replace("-", "−")


@pytest.mark.parametrize(
    ("value", "currency", "english", "german"),
    [
        (Decimal("18540"), "EUR", "€18,540.00", "18.540,00\u00a0€"),
        (Decimal("1240.5"), "EUR", "€1,240.50", "1.240,50\u00a0€"),
        (Decimal("-3.5"), "EUR", "−€3.50", "−3,50\u00a0€"),
        (Decimal("0.125"), "EUR", "€0.12", "0,12\u00a0€"),
        (Decimal("0.135"), "EUR", "€0.14", "0,14\u00a0€"),
        (Decimal("-0.001"), "EUR", "€0.00", "0,00\u00a0€"),
        (Decimal("1250"), "JPY", "¥1,250", "1.250\u00a0¥"),
        (Decimal("12.5"), "JPY", "¥12", "12\u00a0¥"),
        (Decimal("5"), "CHF", "CHF\u00a05.00", "5,00\u00a0CHF"),
        (Decimal("5"), "XQZ", "XQZ\u00a05.00", "5,00\u00a0XQZ"),
        (Decimal("5"), " eur ", "€5.00", "5,00\u00a0€"),
        (Decimal("18540"), None, "18,540", "18.540"),
        (Decimal("1240.5"), "", "1,240.50", "1.240,50"),
        (Decimal("1000000000000.01"), "EUR", "€1,000,000,000,000.01", "1.000.000.000.000,01\u00a0€"),
        (0, "EUR", "€0.00", "0,00\u00a0€"),
        (None, "EUR", "—", "—"),
    ],
)
def test_it_writes_money(value, currency, english, german):
    assert EN.money(value, currency) == english
    assert DE.money(value, currency) == german


def test_it_leaves_out_zero_cents_in_sentences_only():
    assert EN.money(Decimal("18540.00"), "EUR", trim=True) == "€18,540"
    assert EN.money(Decimal("18540.10"), "EUR", trim=True) == "€18,540.10"
    assert DE.money(Decimal("0.999"), "EUR", trim=True) == "1\u00a0€"


@pytest.mark.parametrize(
    ("value", "currency", "english", "german"),
    [
        ("45", "EUR", "€45.00", "45,00\u00a0€"),
        ("0", "EUR", "€0.00", "0,00\u00a0€"),
        ("0.0001", "EUR", "< €0.01", "< 0,01\u00a0€"),
        ("0.005", "EUR", "< €0.01", "< 0,01\u00a0€"),
        ("0.0051", "EUR", "€0.01", "0,01\u00a0€"),
        ("-0.0001", "EUR", "> −€0.01", "> −0,01\u00a0€"),
        ("0.2", "JPY", "< ¥1", "< 1\u00a0¥"),
        ("0.0001", None, "< 0.01", "< 0,01"),
    ],
)
def test_it_never_writes_a_small_quotient_as_nothing(value, currency, english, german):
    assert EN.money_each(Decimal(value), currency) == english
    assert DE.money_each(Decimal(value), currency) == german


def test_it_writes_counts_ratios_percents_and_changes():
    assert [EN.count(1234), EN.count(Decimal("12.50")), EN.count(0), EN.count(None)] == ["1,234", "12.5", "0", "—"]
    assert [DE.ratio(Decimal("16.18")), DE.ratio(3), DE.ratio(None)] == ["16,18", "3,00", "—"]
    assert [EN.percent(Decimal("0.1484")), DE.percent(0.1484), EN.percent(1, 0)] == ["14.8%", "14,8\u00a0%", "100%"]
    assert EN.percent(None) == "—"
    assert [EN.change(3), EN.change(-3), EN.change(0), EN.change(None)] == ["+3", "−3", "0", "—"]
    assert EN.change(Decimal("-120"), "EUR") == "−€120.00"
    assert DE.change(Decimal("120"), "EUR") == "+120,00\u00a0€"


def test_it_groups_lakhs_where_the_locale_does():
    assert reader("hi").money(Decimal("12345678.5"), "INR") == "₹1,23,45,678.50"


@pytest.mark.parametrize("locale", ["", "xx", "klingon", "xx-YY", "e", "../../etc", "en_"])
def test_an_unknown_locale_reads_english(locale):
    assert reader(locale).money(Decimal("1234.5"), "EUR") == "€1,234.50"
    assert reader(locale).day(date(2026, 6, 1)) == "1 June 2026"


def test_a_region_that_babel_does_not_know_reads_its_language():
    assert reader("de-xx").money(Decimal("1234.5"), "EUR") == "1.234,50\u00a0€"
    assert reader("de-de").day(date(2026, 6, 1)) == "1. Juni 2026"


def test_it_writes_days_and_months():
    day = date(2026, 6, 1)
    assert [EN.day(day), EN.day(day, short=True), EN.day(None)] == ["1 June 2026", "1 Jun 2026", "—"]
    assert [DE.day(day), DE.day(day, short=True)] == ["1. Juni 2026", "01.06.2026"]
    assert [EN.month(day), DE.month(day), EN.month(day, short=True)] == ["June 2026", "Juni 2026", "Jun 2026"]
    assert [EN.day_of_year(day, short=True), DE.day_of_year(day)] == ["1 Jun", "1. Juni"]


def test_it_writes_day_ranges_with_the_first_year_where_it_differs():
    assert EN.day_range(date(2026, 6, 1), date(2026, 6, 15)) == "1 June to 15 June 2026"
    assert EN.day_range(date(2025, 12, 28), date(2026, 1, 3)) == "28 December 2025 to 3 January 2026"
    assert EN.day_range(date(2026, 6, 1), date(2026, 6, 1)) == "1 June 2026"
    german = Reader("de", ZoneInfo("UTC"), {"%(first)s to %(last)s": "%(first)s bis %(last)s"}.__getitem__, DE.ngettext)
    assert german.day_range(date(2026, 6, 1), date(2026, 6, 15)) == "1. Juni bis 15. Juni 2026"


def test_it_writes_a_moment_in_the_readers_zone():
    moment = datetime(2026, 6, 13, 22, 30, tzinfo=UTC)
    assert EN.instant(moment) == "14 Jun 2026, 00:30"
    assert reader("de", "Asia/Tokyo").instant(moment) == "14.06.2026, 07:30"
    assert EN.instant(None) == "—"
    with pytest.raises(ValueError, match="zone"):
        EN.instant(datetime(2026, 6, 13, 22, 30))  # noqa: DTZ001 a moment without a zone is what is refused


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=-90), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=2), "2 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=30), "30 days ago"),
        (timedelta(days=31), "15 May 2026"),
    ],
)
def test_it_tells_ages(age, words):
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    assert EN.ago(now - age, now) == words


def test_an_unknown_moment_has_no_age():
    assert EN.ago(None, datetime(2026, 6, 15, 12, tzinfo=UTC)) == "—"


def test_it_lists_names():
    assert EN.listing(["A", "B", "C"]) == "A, B and C"
    assert DE.listing(["A", "B"]) == "A und B"
    assert EN.listing([]) == ""


def test_plotly_gets_the_same_signs():
    assert (EN.separators, DE.separators) == (".,", ",.")


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Decimal("18540.00"), "18540"),
        (Decimal("16.180"), "16.18"),
        (Decimal("-0.50"), "-0.5"),
        (Decimal("-0.00"), "0"),
        (Decimal("1E+3"), "1000"),
        (Decimal("100"), "100"),
        (Decimal("1000000000000.01"), "1000000000000.01"),
        (42, "42"),
        (0, "0"),
        (None, ""),
    ],
)
def test_raw_is_the_plain_decimal(value, plain):
    assert raw(value) == plain


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15))
def test_raw_keeps_the_value(value):
    assert Decimal(raw(value)) == value
    assert "E" not in raw(value)
