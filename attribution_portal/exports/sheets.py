"""What becomes a file, and which texts a spreadsheet program would take for something else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.text import slugify

# What a spreadsheet takes for the beginning of a formula (OWASP, "CSV injection"), with the full-width twins, which
# some programs turn into the plain ones. Blank and invisible signs before it hide it from nobody.
BLANK: Final = r"\s\ufeff\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
FORMULA_SIGN: Final = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
_FORMULA: Final = re.compile(rf"[{BLANK}]*{FORMULA_SIGN}|[\t\r\n]")
# Controls but tab and line ends, halves of surrogate pairs and non-characters stand in no file.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, None where it is not known, with a measure of its own: in a column that has several."""

    number: int | Decimal | None
    measure: str


Value = str | int | Decimal | Quantity | date | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """`measure`: what all numbers of the column are, as `formats` tells measures apart: of money its currency, PERCENT,
    RATIO, or "" of plain ones. `width`: in characters, for XLSX."""

    label: str
    measure: str = ""
    width: int = 18


@dataclass(frozen=True, slots=True)
class Sheet:
    """`name` becomes the file's, in plain letters; `title` is for people. `rows` holds one value per column, in order.
    `about` is the second sheet of a workbook: settings, zone, freshness, definitions, each with its label. Instants
    are written in `zone`."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[tuple[Value, ...]]
    zone: ZoneInfo
    about: tuple[tuple[str, str], ...] = field(default=())

    def filename(self, extension: str) -> str:
        """ASCII letters, digits and hyphens only: it goes into a header and onto anybody's disk."""
        return f"{slugify(self.name)[:120] or 'export'}.{extension}"


def writable(text: str) -> str:
    """The text with a replacement sign for each character that no file can hold."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def looks_like_formula(text: str) -> bool:
    return _FORMULA.match(text) is not None
