"""Lookout: the list of events, and an event's page."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from attribution_portal import http, lists
from attribution_portal.http import PortalRequest
from attribution_portal.lookout import events_list, reports
from attribution_portal.lookout.forms import SelectionForm
from attribution_portal.panels import Panel
from attribution_portal.partners.decorators import partner_view
from attribution_portal.partners.tasks import suspect
from attribution_portal.platform_api.errors import NotFound, NotPermitted
from attribution_portal.programme.filter_form import FiltersForm

FIGURES = "figures"


@partner_view()
def events(request: PortalRequest) -> HttpResponse:
    """The list or, when its filters or page links ask for it, what was found alone: the form keeps what is typed."""
    page = events_list.page(events_asked(request, FiltersForm(request.GET)))
    if page.panel.state == "not-permitted":
        suspect(request.partner)
    return lists.answer(request, "lookout/events.html", page)


def events_asked(request: PortalRequest, form: FiltersForm) -> events_list.Asked:
    return events_list.Asked(
        partner=request.partner,
        filters=form.filters,
        number=form.number,
        notes=form.notes,
        today=timezone.now().astimezone(request.partner.zone).date(),
        reader=http.reader(request),
        path=reverse("lookout:events", args=[request.partner.partner_id]),
    )


@partner_view()
def event(request: PortalRequest, eid: str) -> HttpResponse:
    """The page or, when a link above the chart asks for it, its figures alone: what the choices change."""
    form = SelectionForm(request.GET)
    asked = reports.Asked(
        partner=request.partner,
        eid=eid,
        selection=form.selection,
        notes=form.notes,
        today=timezone.now().astimezone(request.partner.zone).date(),
        reader=http.reader(request),
        retry=request.get_full_path(),
        role=request.role,
    )
    try:
        page = reports.page(asked)
    except NotFound as error:
        raise Http404 from error
    except NotPermitted as error:
        refused = Panel[None].of("event", error)
        return render(request, "lookout/event_refused.html", {"refused": refused, "eid": eid}, status=403)
    part = f"#{FIGURES}" if request.htmx.target == FIGURES else ""
    return render(request, f"lookout/event.html{part}", {"page": page})
