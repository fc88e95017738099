"""The list of events, and its files."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from attribution_portal import downloads, http, lists
from attribution_portal.http import PortalRequest
from attribution_portal.lookout.overview import files, reports
from attribution_portal.lookout.overview.reports import Asked
from attribution_portal.partners.decorators import partner_view
from attribution_portal.partners.tasks import suspect
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.programme.filter_form import FiltersForm


@partner_view()
def events(request: PortalRequest) -> HttpResponse:
    """The list or, when its filters or page links ask for it, what was found alone: the form keeps what is typed."""
    page = reports.page(_asked(request, FiltersForm(request.GET)))
    if page.panel.state == "not-permitted":
        suspect(request.partner)
    return lists.answer(request, "lookout/events.html", page)


@partner_view(methods=("GET",))
def export(request: PortalRequest, form: str) -> HttpResponseBase:
    """All that the filters match, on record before it is sent. A filter that cannot be used would make a file of more
    than was asked for, and a list that cannot be read one of less: then the page says so instead."""
    query = FiltersForm(request.GET)
    asked = _asked(request, query)
    if query.notes:
        return downloads.refuse_choices(request, asked.path)
    every = reports.every(asked)
    if isinstance(every, PlatformError):
        return downloads.refuse(request, asked.filters.address(asked.path), every.sentence)
    sheet = files.sheet(asked, every, now=timezone.now())
    filters = "&".join(f"{name}={value}" for name, value in asked.filters.parameters())
    return downloads.send(
        request,
        sheet,
        form,
        target="events",
        title=sheet.title,
        told={"rows": len(every.value.events), "filter": filters or None},
    )


def _asked(request: PortalRequest, form: FiltersForm) -> Asked:
    return Asked(
        partner=request.partner,
        filters=form.filters,
        number=form.number,
        notes=form.notes,
        today=timezone.now().astimezone(request.partner.zone).date(),
        reader=http.reader(request),
        path=reverse("lookout:events", args=[request.partner.partner_id]),
    )
