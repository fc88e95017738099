"""What stands in a workbook, read back with openpyxl."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.utils.escape import unescape
from openpyxl.workbook.workbook import Workbook

from attribution_portal.exports import Column, Quantity, Sheet, Value, workbook, xlsx_response
from attribution_portal.formats import PERCENT, RATIO
from tests.exports.test_csv import PAYLOADS

# Closing an answer looks at the database connections that other tests of the same worker opened.
pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")


def opened(*rows: tuple[Value, ...], columns: tuple[Column, ...] = (Column("Column"),), **more: object) -> Workbook:
    sheet = Sheet(**{"name": "any", "title": "Any", "columns": columns, "rows": rows, "zone": BERLIN, **more})  # type: ignore[arg-type]
    response = xlsx_response(sheet)
    content = b"".join(response)
    response.close()
    assert len(content) == int(response["Content-Length"])
    return load_workbook(BytesIO(content))


def cells(book: Workbook, line: int = 2) -> list[Cell]:
    return list(book.worksheets[0][line])


def test_numbers_are_numbers_and_days_are_days() -> None:
    columns = tuple(Column(str(n)) for n in range(7))
    found = cells(
        opened(
            (
                "Concert",
                -3,
                Decimal("-1240.5"),
                date(2026, 6, 1),
                datetime(2026, 6, 1, 22, 30, 5, tzinfo=UTC),
                None,
                date(1899, 12, 31),
            ),
            columns=columns,
        )
    )
    assert [cell.value for cell in found] == [
        "Concert",
        -3,
        -1240.5,
        datetime(2026, 6, 1),  # noqa: DTZ001 Excel knows no zones
        datetime(2026, 6, 2, 0, 30, 5),  # noqa: DTZ001
        None,
        "1899-12-31",
    ]
    assert [cell.data_type for cell in found] == ["s", "n", "n", "d", "d", "n", "s"]
    assert [cell.number_format for cell in found[1:5]] == [
        "#,##0",
        "#,##0.00######",
        "yyyy-mm-dd",
        "yyyy-mm-dd hh:mm:ss",
    ]


@pytest.mark.parametrize(
    ("currency", "pattern"),
    [
        ("EUR", "#,##0.00 [$EUR]"),
        ("JPY", "#,##0 [$JPY]"),
        ("KWD", "#,##0.000 [$KWD]"),
        ("", "#,##0"),
        ('"x', "#,##0"),
    ],
)
def test_money_has_the_decimals_of_its_currency(currency: str, pattern: str) -> None:
    (cell,) = cells(opened((Decimal(18540),), columns=(Column("Revenue", measure=currency),)))
    assert (cell.value, cell.data_type, cell.number_format) == (18540, "n", pattern)


@pytest.mark.parametrize(
    ("measure", "pattern"), [(PERCENT, "0.00%"), (RATIO, "#,##0.00"), ("JPY", "#,##0 [$JPY]"), ("", "#,##0.00######")]
)
def test_a_number_is_what_its_column_or_it_itself_says(measure: str, pattern: str) -> None:
    number = Decimal("0.148213")
    of_column, its_own = cells(
        opened((number, Quantity(number, measure)), columns=(Column("a", measure=measure), Column("b", measure="EUR")))
    )
    for cell in (of_column, its_own):
        assert (cell.value, cell.data_type, cell.number_format) == (0.148213, "n", pattern)
    (unknown,) = cells(opened((Quantity(None, "EUR"),), ("end",)))
    assert unknown.value is None


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_text_that_looks_like_a_formula_stays_a_text(payload: str) -> None:
    (cell,) = cells(opened((payload,)))
    assert cell.data_type == "s"
    assert unescape(str(cell.value)) == payload
    assert cell.quotePrefix
    (plain,) = cells(opened(("Concert",)))
    assert not plain.quotePrefix


@pytest.mark.parametrize("text", ["https://evil.example/", "mailto:a@b.example", "internal:Sheet1!A1", "007", "1e5"])
def test_a_text_becomes_neither_a_link_nor_a_number(text: str) -> None:
    (cell,) = cells(opened((text,)))
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_odd_texts_are_written() -> None:
    (cell,) = cells(opened(("a\x00b\ud800c\x1b مرحبا 🎷 <b>&amp;",)))
    assert cell.value == "a\ufffdb\ufffdc\ufffd مرحبا 🎷 <b>&amp;"


def test_the_second_sheet_says_what_the_first_is() -> None:
    book = opened(title="Activity", about=(("Partner", "=Acme"), ("Filters", "none")))
    assert book.sheetnames == ["Activity", "About"]
    assert [[cell.value for cell in row] for row in book["About"].iter_rows()] == [
        ["Partner", "=Acme"],
        ["Filters", "none"],
        ["Times", "In the zone Europe/Berlin."],
    ]
    assert book["About"]["B1"].data_type == "s"


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("About", ["About", "About (i)"]),
        ("Kampagnen: [alle] / *?\\", ["Kampagnen   alle", "About"]),
        ("x" * 60, ["x" * 31, "About"]),
        ("'''", ["1", "About"]),
    ],
)
def test_any_title_becomes_a_name_that_excel_takes(title: str, names: list[str]) -> None:
    assert [" ".join(name.split()) for name in opened(title=title).sheetnames] == [" ".join(n.split()) for n in names]


def test_what_is_more_than_a_sheet_holds_goes_on_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "ROWS_PER_SHEET", 4)
    book = opened(*((number,) for number in range(8)), title="Activity")
    assert book.sheetnames == ["Activity", "Activity (2)", "Activity (3)", "About"]
    assert [[row[0].value for row in page.iter_rows()] for page in book.worksheets[:3]] == [
        ["Column", 0, 1, 2],
        ["Column", 3, 4, 5],
        ["Column", 6, 7],
    ]


def test_a_text_longer_than_a_cell_is_cut_and_that_is_told() -> None:
    book = opened(("x" * 32_767,), ("🎷" * 20_000,), ("y" * 40_000,))
    found = [str(row[0].value) for row in book.worksheets[0].iter_rows(min_row=2)]
    assert [(len(text), text[-1]) for text in found] == [(32_767, "x"), (16_384, "…"), (32_767, "…")]
    assert book["About"]["B2"].value == (
        "2 texts are longer than a cell of a workbook can be and end with an ellipsis. The CSV file has them whole."
    )


def test_a_workbook_is_a_download_with_a_plain_name() -> None:
    response = xlsx_response(Sheet(name="Größe", title="A", columns=(Column("n"),), rows=(), zone=BERLIN))
    response.close()
    assert response["Content-Disposition"] == 'attachment; filename="groe.xlsx"'
    assert response["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert response["X-Content-Type-Options"] == "nosniff"
