"""A page's table as a file in somebody's hands, on record before it is sent; or no file, and the page that says why."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _

from attribution_portal.audit.trail import Actor, Kind, Values, record
from attribution_portal.exports import Sheet, csv_response, xlsx_response
from attribution_portal.http import PortalRequest
from attribution_portal.panels import Text


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


def refuse(request: PortalRequest, page: str, why: Text, *, tag: str = "") -> HttpResponseRedirect:
    """page: the address that the file would have been of. tag: of the panel that the message belongs to."""
    messages.error(request, f"{why} " + _("No file was made."), tag)
    return HttpResponseRedirect(page)


def refuse_choices(request: PortalRequest, page: str) -> HttpResponseRedirect:
    """Filters that cannot be used would make a file of something else. Which ones, the page says beside them."""
    return refuse(request, f"{page}?{request.GET.urlencode()}", _("Not all of these choices can be used."))
