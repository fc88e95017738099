"""The campaigns list, what has come in of its results since, and the list as a file."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import reswap, retarget, trigger_client_event

from attribution_portal import downloads, http, lists
from attribution_portal.http import PortalRequest
from attribution_portal.partners.decorators import partner_view
from attribution_portal.partners.tasks import suspect
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.wave import tasks
from attribution_portal.wave.overview import files, reports
from attribution_portal.wave.overview.listed import Asked, listed
from attribution_portal.wave.overview.reports import CampaignsPage
from attribution_portal.wave.overview.selection import SelectionForm

# The element of the page that asks for itself while results are being read.
ROWS = "rows"
# htmx's word for "do not ask again".
STOP_POLLING = 286


@partner_view()
def campaigns(request: PortalRequest) -> HttpResponse:
    """The list or, when its filters, heads or page links ask for it, what was found alone."""
    form = SelectionForm(request.GET)
    again = request.htmx.target == ROWS
    page = reports.page(_asked(request, form, again=again), send=tasks.send)
    if again:
        return _since(request, page)
    if page.panel.state == "not-permitted":
        suspect(request.partner)
    return lists.answer(request, "wave/list.html", page)


def _since(request: PortalRequest, page: CampaignsPage) -> HttpResponse:
    """What has come in. Rows that stand by their results keep their places until all are read: nothing moves under
    somebody's hands more than once."""
    if page.panel.data is None:
        # The list itself is not kept any more, and this way asks the platform for nothing.
        return HttpResponse(status=STOP_POLLING, headers={"HX-Refresh": "true"})
    if page.panel.data.progress.state != "reading":
        response = render(request, "wave/list_table.html", {"page": page, "table": page.panel.data})
        response.status_code = STOP_POLLING
        return trigger_client_event(response, "announce", {"value": page.panel.data.progress.summary})
    if page.selection.order.of_results:
        response = render(request, "wave/list_progress.html", {"progress": page.panel.data.progress})
        return reswap(retarget(response, "#reading"), "outerHTML")
    return render(request, "wave/list_table.html", {"page": page, "table": page.panel.data})


@partner_view(methods=("GET",))
def export(request: PortalRequest, form: str) -> HttpResponseBase:
    """All that the filters match, on record before it is sent; results as far as they are read. A filter that cannot be
    used would make a file of more than was asked for, and a list that cannot be read one of less: then the page says so
    instead."""
    query = SelectionForm(request.GET)
    asked = _asked(request, query)
    if not query.is_valid() or query.notes:
        return downloads.refuse_choices(request, asked.path)
    found = listed(asked)
    if isinstance(found, PlatformError):
        return downloads.refuse(request, asked.selection.address(asked.path), found.sentence)
    sheet, rows = files.sheet(asked, found)
    filters = "&".join(f"{name}={value}" for name, value in asked.selection.parameters())
    return downloads.send(
        request, sheet, form, target="campaigns", title=sheet.title, told={"rows": rows, "filter": filters or None}
    )


def _asked(request: PortalRequest, form: SelectionForm, *, again: bool = False) -> Asked:
    return Asked(
        partner=request.partner,
        selection=form.selection,
        number=form.number,
        notes=form.notes,
        now=timezone.now(),
        reader=http.reader(request),
        path=reverse("wave:campaigns", args=[request.partner.partner_id]),
        again=again,
    )
