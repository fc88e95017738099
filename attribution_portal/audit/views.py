"""Who did what: a partner's activity for its editors and account managers, the portal's for operators."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django_htmx.http import push_url, trigger_client_event

from attribution_portal import downloads, http
from attribution_portal.audit import reports
from attribution_portal.audit.filters import FiltersForm
from attribution_portal.audit.reports import Scope
from attribution_portal.audit.trail import Actor, Kind, record
from attribution_portal.exports import csv_response, xlsx_response
from attribution_portal.http import PortalRequest
from attribution_portal.partners.decorators import operator_view, partner_view
from attribution_portal.partners.permissions import Action

FOUND = "found"


@partner_view(action=Action.READ_ACTIVITY)
def activity(request: PortalRequest) -> HttpResponse:
    return _page(request, Scope(request.partner))


@operator_view()
def portal_activity(request: PortalRequest) -> HttpResponse:
    return _page(request, Scope(None))


@partner_view(action=Action.READ_ACTIVITY, methods=("GET",))
def export(request: PortalRequest, form: str) -> HttpResponseBase:
    return _file(request, Scope(request.partner), form)


@operator_view(methods=("GET",))
def portal_export(request: PortalRequest, form: str) -> HttpResponseBase:
    return _file(request, Scope(None), form)


def _page(request: PortalRequest, scope: Scope) -> HttpResponse:
    """The page or, when its filters or page links ask for it, what was found alone: the form keeps what is typed."""
    reader = http.reader(request)
    form = FiltersForm(request.GET, zone=reader.zone)
    page = reports.page(scope=scope, filters=form.filters, cursor=form.cursor, notes=form.notes, reader=reader)
    if request.htmx.target != FOUND:
        template = "audit/activity.html" if scope.partner else "audit/portal.html"
        return render(request, template, {"page": page})
    response = render(request, f"audit/entries.html#{FOUND}", {"page": page, "alone": True})
    return trigger_client_event(push_url(response, page.address), "announce", {"value": page.summary})


def _file(request: PortalRequest, scope: Scope, form: str) -> HttpResponseBase:
    """Everything that the filters match, on record before it is sent. A filter that cannot be used would make a file of
    more than was asked for: then the page says so instead."""
    reader = http.reader(request)
    asked = FiltersForm(request.GET, zone=reader.zone)
    if not asked.is_valid():
        return downloads.refuse_choices(request, scope.address("activity"))
    sheet, rows = reports.sheet(scope=scope, filters=asked.filters, reader=reader, now=timezone.now())
    record(
        kind=Kind.EXPORTED,
        actor=Actor.of(request),
        partner=scope.partner,
        target="activity",
        title=sheet.title,
        after={
            "format": form,
            "rows": rows,
            "filter": "&".join(f"{k}={v}" for k, v in asked.filters.set.items()) or None,
        },
    )
    return csv_response(sheet) if form == "csv" else xlsx_response(sheet)
