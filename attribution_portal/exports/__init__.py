"""Tables as files: CSV and XLSX of exactly what a page shows, every row of it.

A room builds a `Sheet` from the same rows as its page, and answers with one of two functions:

    sheet = Sheet(
        name=f"packages-{partner.partner_id}-{today:%Y-%m-%d}",
        title=_("Packages"),
        columns=(Column(_("Package")), Column(_("Revenue"), measure=partner.currency), Column(_("Last confirmed"))),
        rows=((row.title, row.revenue, row.confirmed) for row in packages),
        about=((_("Zone"), partner.zone.key), (_("As of"), …), *((term.label, term.definition) for term in …)),
        zone=partner.zone,
    )
    return csv_response(sheet)      # or xlsx_response(sheet)

Rows are taken one by one and may come from an iterator over the database. Values are what they are, never what a page
shows of them: text, int or Decimal, a Quantity where a column's numbers are of several measures, date, an aware
datetime, None for what is not known. Money is never without its currency: a column says it for people and programs. A
number is a number in both files, however it begins; a text is never taken for a formula. Whether a person may have the
file, and that they had it, is for the room to decide and to put on record (`Kind.EXPORTED`).
"""

from attribution_portal.exports.delimited import csv_response
from attribution_portal.exports.sheets import Column, Quantity, Sheet, Value
from attribution_portal.exports.workbook import xlsx_response

__all__ = ["Column", "Quantity", "Sheet", "Value", "csv_response", "xlsx_response"]
