"""XLSX: real numbers, days and instants, money in its currency's own decimals, fractions in percent, and a second sheet
that says what the first one is."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO, Final
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision
from django.http import FileResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from attribution_portal.exports.sheets import Column, Quantity, Sheet, Value, looks_like_formula, writable
from attribution_portal.formats import PERCENT, RATIO

CONTENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Excel's own limits: what does not fit goes on in another sheet, and a text that is cut is told.
ROWS_PER_SHEET: Final = 1_048_576
LONGEST_TEXT: Final = 32_767
# Earlier days have no number in Excel.
FIRST_YEAR: Final = 1900
_NOT_IN_A_TITLE: Final = re.compile(r"[\[\]:*?/\\]")


def xlsx_response(sheet: Sheet) -> FileResponse:
    """The sheet as a download. The file is written to disk first, row by row, so its size costs no memory."""
    file = TemporaryFile()  # noqa: SIM115 the response closes it
    try:
        write(sheet, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    response = FileResponse(file, as_attachment=True, filename=sheet.filename("xlsx"), content_type=CONTENT_TYPE)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def write(sheet: Sheet, file: IO[bytes]) -> None:
    with Workbook(file, {"constant_memory": True}) as book:
        _Writer(book, sheet).write()


class _Writer:
    def __init__(self, book: Workbook, sheet: Sheet) -> None:
        self.book = book
        self.sheet = sheet
        self.cut = 0
        self.formats: dict[str, Format] = {}
        self.head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self.plain = book.add_format({"valign": "top"})
        # Excel leaves such a text a text also when somebody edits the cell.
        self.quoted = book.add_format({"valign": "top", "quote_prefix": True})
        self.wrapped = book.add_format({"valign": "top", "text_wrap": True, "quote_prefix": True})

    def write(self) -> None:
        title = _sheet_title(self.sheet.title)
        number, line = 1, 0
        page = self._page(title)
        for row in self.sheet.rows:
            line += 1
            if line == ROWS_PER_SHEET:
                self._finish(page, line - 1)
                number, line = number + 1, 1
                page = self._page(f"{title[:24]} ({number})")
            for index, (value, column) in enumerate(zip(row, self.sheet.columns, strict=True)):
                self._cell(page, line, index, value, column)
        self._finish(page, line)
        self._about(title)

    def _page(self, title: str) -> Worksheet:
        page = self.book.add_worksheet(title)
        for index, column in enumerate(self.sheet.columns):
            page.set_column(index, index, column.width)
            page.write_string(0, index, writable(column.label), self.head)
        page.freeze_panes(1, 0)
        return page

    def _finish(self, page: Worksheet, last: int) -> None:
        page.autofilter(0, 0, last, len(self.sheet.columns) - 1)

    def _cell(self, page: Worksheet, line: int, index: int, value: Value, column: Column) -> None:
        match value:
            case None:
                return
            case str():
                self._text(page, line, index, value)
            case int() | Decimal():
                page.write_number(line, index, float(value), self._format(_number_format(value, column.measure)))
            case Quantity():
                if value.number is not None:
                    pattern = _number_format(value.number, value.measure)
                    page.write_number(line, index, float(value.number), self._format(pattern))
            case date() if value.year < FIRST_YEAR:
                self._text(page, line, index, value.isoformat())
            case datetime():
                local = value.astimezone(self.sheet.zone).replace(tzinfo=None)
                page.write_datetime(line, index, local, self._format("yyyy-mm-dd hh:mm:ss"))
            case date():
                page.write_datetime(line, index, value, self._format("yyyy-mm-dd"))

    def _text(self, page: Worksheet, line: int, index: int, text: str) -> None:
        whole = writable(text)
        clean = _cut(whole)
        self.cut += clean != whole
        # Never `write`, which would make a formula or a link of some texts.
        page.write_string(line, index, clean, self.quoted if looks_like_formula(clean) else self.plain)

    def _format(self, pattern: str) -> Format:
        if pattern not in self.formats:
            self.formats[pattern] = self.book.add_format({"num_format": pattern, "valign": "top"})
        return self.formats[pattern]

    def _about(self, title: str) -> None:
        name = _sheet_title(_("About"))
        page = self.book.add_worksheet(name if name.lower() != title.lower() else f"{name[:28]} (i)")
        page.set_column(0, 0, 28)
        page.set_column(1, 1, 90)
        entries = [*self.sheet.about, (_("Times"), _zone_words(self.sheet.zone))]
        if self.cut:
            words = ngettext(
                "%(n)s text is longer than a cell of a workbook can be and ends with an ellipsis. "
                "The CSV file has it whole.",
                "%(n)s texts are longer than a cell of a workbook can be and end with an ellipsis. "
                "The CSV file has them whole.",
                self.cut,
            )
            entries.append((_("Left out"), words % {"n": self.cut}))
        for line, (label, text) in enumerate(entries):
            page.write_string(line, 0, _cut(writable(label)), self.head)
            page.write_string(line, 1, _cut(writable(text)), self.wrapped)


def _cut(text: str) -> str:
    """Excel counts as UTF-16 does: an emoji is two."""
    units = text.encode("utf-16-le")
    if len(units) <= LONGEST_TEXT * 2:
        return text
    return units[: (LONGEST_TEXT - 1) * 2].decode("utf-16-le", "ignore") + "…"


def _zone_words(zone: ZoneInfo) -> str:
    return _("In the zone %(zone)s.") % {"zone": zone.key}


def _sheet_title(text: str) -> str:
    """What Excel takes as a sheet's name: at most 31 characters, without some signs."""
    return _NOT_IN_A_TITLE.sub(" ", writable(text)).strip(" '")[:31].strip(" '") or "1"


def _number_format(value: int | Decimal, measure: str) -> str:
    if measure == PERCENT:
        return "0.00%"
    if measure == RATIO:
        return "#,##0.00"
    if re.fullmatch("[A-Z]{3}", measure):
        digits = get_currency_precision(measure)
        return f"#,##0{'.' + '0' * digits if digits else ''} [${measure}]"
    return "#,##0" if value == int(value) else "#,##0.00######"
