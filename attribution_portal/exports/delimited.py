"""CSV by RFC 4180: UTF-8 with a byte order mark, commas, every line ended by CRLF, ISO numbers and dates."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from attribution_portal.exports.sheets import BLANK, FORMULA_SIGN, Quantity, Sheet, Value, looks_like_formula, writable
from attribution_portal.formats import raw

LINES_AT_ONCE: Final = 500
# Where semicolons or tabs are the custom, a program may divide the lines by those: what follows one begins a cell too.
_BEGINS_A_CELL: Final = re.compile(rf"([;\t\r\n][\"{BLANK}]*)(?={FORMULA_SIGN})")


def csv_response(sheet: Sheet) -> StreamingHttpResponse:
    """The sheet as a download, sent while it is read."""
    response = StreamingHttpResponse(lines(sheet), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, sheet.filename("csv")) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def lines(sheet: Sheet) -> Iterator[bytes]:
    """The file in pieces of many lines."""
    buffer = StringIO(newline="")
    writer = csv.writer(buffer, dialect="excel")
    # Excel takes UTF-8 for what it is only with the mark.
    buffer.write("\ufeff")
    writer.writerow([plain_text(column.label) for column in sheet.columns])
    rows = iter(sheet.rows)
    while chunk := list(islice(rows, LINES_AT_ONCE)):
        writer.writerows([[_cell(value, sheet.zone) for value in row] for row in chunk])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    if rest := buffer.getvalue():
        yield rest.encode()


def _cell(value: Value, zone: ZoneInfo) -> str:
    match value:
        case None:
            return ""
        case str():
            return plain_text(value)
        case int() | Decimal():
            return raw(value)
        case Quantity():
            return raw(value.number)
        case datetime():
            return value.astimezone(zone).isoformat(timespec="seconds")
        case date():
            return value.isoformat()


def plain_text(text: str) -> str:
    """The text as no program takes it for a formula: an apostrophe stands before whatever could begin one, at the
    start of the cell or after a sign that some programs take for the end of a cell."""
    safe = _BEGINS_A_CELL.sub(r"\1'", writable(text))
    return f"'{safe}" if looks_like_formula(safe) else safe
