"""Numbers as people type and paste them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.adjustments.amounts import Reason, Unclear, amount, count, written
from attribution_portal.formats import raw

EN, DE = ".", ","


def read(text: str, currency: str | None = "EUR", mark: str = EN) -> str:
    try:
        return raw(amount(text, currency=currency, decimal_mark=mark))
    except Unclear as unclear:
        return unclear.reason.name


@pytest.mark.parametrize(
    ("text", "english", "german"),
    [
        ("1.234,50", "1234.5", "1234.5"),
        ("1,234.50", "1234.5", "1234.5"),
        ("1234", "1234", "1234"),
        ("1234.5", "1234.5", "1234.5"),
        ("1234,5", "1234.5", "1234.5"),
        ("1234.50", "1234.5", "1234.5"),
        ("007", "7", "7"),
        (".5", "0.5", "0.5"),
        ("0,00", "0", "0"),
        # One mark before three digits: a thousand to who writes it so, a question to everybody else.
        ("1,234", "1234", "AMBIGUOUS"),
        ("1.234", "AMBIGUOUS", "1234"),
        ("12.500", "AMBIGUOUS", "12500"),
        ("1.234.567", "1234567", "1234567"),
        ("1,234,567", "1234567", "1234567"),
        ("0.234", "TOO_PRECISE", "TOO_PRECISE"),
        ("1234.567", "TOO_PRECISE", "TOO_PRECISE"),
        ("12,345.678", "TOO_PRECISE", "TOO_PRECISE"),
        ("1,234.500", "1234.5", "1234.5"),
        # Spaces and apostrophes.
        ("1 234,50", "1234.5", "1234.5"),
        ("1\u00a0234,50", "1234.5", "1234.5"),
        ("1\u202f234.50", "1234.5", "1234.5"),
        ("1\u2009234", "1234", "1234"),
        ("1'234.50", "1234.5", "1234.5"),
        ("1\u2019234\u2019567", "1234567", "1234567"),
        (" 12 ", "12", "12"),
        ("\u200e12\u200f", "12", "12"),
        # Currency signs.
        ("€1,234.50", "1234.5", "1234.5"),
        ("1.234,50\u00a0€", "1234.5", "1234.5"),
        ("EUR 12", "12", "12"),
        ("12 eur", "12", "12"),
        ("€ 5 EUR", "5", "5"),
        ("1.234,-", "1234", "1234"),
        ("12,-", "12", "12"),
        ("12.\u2013", "12", "12"),
        ("$5", "OTHER_CURRENCY", "OTHER_CURRENCY"),
        ("5 USD", "OTHER_CURRENCY", "OTHER_CURRENCY"),
        ("£5", "OTHER_CURRENCY", "OTHER_CURRENCY"),
        # Other digits.
        ("１２", "12", "12"),
        ("١٢٣", "123", "123"),
        # Signs.
        ("+5", "5", "5"),
        ("-5", "NEGATIVE", "NEGATIVE"),
        ("\u22125", "NEGATIVE", "NEGATIVE"),
        ("-€5", "NEGATIVE", "NEGATIVE"),
        ("€-5", "NEGATIVE", "NEGATIVE"),
        ("-0", "0", "0"),
        # What is no number, or no plain one.
        ("1e3", "SCIENTIFIC", "SCIENTIFIC"),
        ("1,5E+3", "SCIENTIFIC", "SCIENTIFIC"),
        ("1 e 3", "SCIENTIFIC", "SCIENTIFIC"),
        ("", "EMPTY", "EMPTY"),
        ("\u200b", "EMPTY", "EMPTY"),
        ("abc", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("12.", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("(5)", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("5²", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("½", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("0x10", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("1_000", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("NaN", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("Infinity", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("1,23,456", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("1.2.3,4", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("12 34", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        # Two cells of a spreadsheet.
        ("25\t125", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("25\r\n125", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("\t125\r\n", "125", "125"),
        ("1'234 567", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("1,234,56", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("1..5", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("5; DROP", "NOT_A_NUMBER", "NOT_A_NUMBER"),
        ("1" * 60, "TOO_LARGE", "TOO_LARGE"),
        ("1000000000000", "TOO_LARGE", "TOO_LARGE"),
        ("999999999999.99", "999999999999.99", "999999999999.99"),
    ],
)
def test_an_amount_is_read_or_asked_about(text: str, english: str, german: str) -> None:
    assert (read(text), read(text, mark=DE)) == (english, german)


@pytest.mark.parametrize(
    ("text", "currency", "value"),
    [
        ("¥1,234", "JPY", "1234"),
        ("￥1,234", "JPY", "1234"),
        ("1234.00", "JPY", "1234"),
        ("12.5", "JPY", "TOO_PRECISE"),
        ("CHF 1’234.50", "CHF", "1234.5"),
        ("$12", "CAD", "12"),
        ("1.234", "KWD", "1.234"),
        ("1,234", "KWD", "1234"),
        ("1.2345", "KWD", "TOO_PRECISE"),
        ("12.34", None, "12.34"),
        ("€12", None, "NOT_A_NUMBER"),
    ],
)
def test_the_currency_decides_on_decimals_and_signs(text: str, currency: str | None, value: str) -> None:
    assert read(text, currency) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("12", 12),
        ("1,234", 1234),
        ("1 234", 1234),
        ("1\t234", "NOT_A_NUMBER"),
        ("12.0", 12),
        ("10000000", 10_000_000),
        ("10000001", "TOO_LARGE"),
        ("1.5", "TOO_PRECISE"),
        ("1.234", "AMBIGUOUS"),
        ("12 €", "NOT_A_NUMBER"),
        ("-1", "NEGATIVE"),
        ("1e3", "SCIENTIFIC"),
    ],
)
def test_a_count_is_whole(text: str, value: int | str) -> None:
    try:
        found: int | str = count(text, decimal_mark=EN)
    except Unclear as unclear:
        found = unclear.reason.name
    assert found == value


@given(cents=st.integers(0, 10**14 - 1), currency=st.sampled_from(["EUR", "JPY", "KWD", None]))
def test_what_a_form_carries_is_read_back_in_every_language(cents: int, currency: str | None) -> None:
    decimals = {"JPY": 0, "KWD": 3}.get(currency or "", 2)
    value = Decimal(cents % 10**12).scaleb(-decimals)
    for mark in (EN, DE):
        assert amount(written(value, currency=currency), currency=currency, decimal_mark=mark) == value


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_unclear(text: str) -> None:
    assert read(text) in Reason.__members__ or Decimal(read(text)) >= 0
