"""A page's table as a file in somebody's hands: on record before it is sent."""

from __future__ import annotations

from django.http import HttpResponseBase

from attribution_portal.audit.trail import Actor, Kind, Values, record
from attribution_portal.exports import Sheet, csv_response, xlsx_response
from attribution_portal.http import PortalRequest


def send(
    request: PortalRequest, sheet: Sheet, form: str, *, target: str, title: str, told: Values | None = None
) -> HttpResponseBase:
    """form: "csv" or "xlsx". target, title: what the file is about. told: what the record says besides the form."""
    record(
        kind=Kind.EXPORTED,
        actor=Actor.of(request),
        partner=request.partner,
        target=target,
        title=title,
        after={"format": form, **(told or {})},
    )
    return csv_response(sheet) if form == "csv" else xlsx_response(sheet)
