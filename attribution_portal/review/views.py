"""The account managers' review board, and its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from attribution_portal import downloads, http, lists
from attribution_portal.audit.trail import Actor, Kind, record
from attribution_portal.backhaul.overview import selection, sheets
from attribution_portal.backhaul.overview.forms import FiltersForm
from attribution_portal.exports import csv_response, xlsx_response
from attribution_portal.http import PortalRequest
from attribution_portal.partners.models import Partner
from attribution_portal.review import reports

View = Callable[..., HttpResponseBase]


def manager_view(view: Callable[..., HttpResponseBase]) -> View:
    """Give the view the partners whose packages the person may review. To somebody who manages none, the page does not
    exist; somebody signed out is led to sign in. Caches between never keep an answer."""

    @wraps(view)
    def inner(request: HttpRequest, **kwargs: str) -> HttpResponseBase:
        known = cast(PortalRequest, request)
        partners = reports.managed_by(known.user)
        if not partners:
            raise Http404
        return view(known, partners, **kwargs)

    return never_cache(login_required(require_safe(inner)))


@manager_view
def board(request: PortalRequest, partners: list[reports.Managed]) -> HttpResponse:
    """The board or, when its filters or page links ask for it, what was found alone: the form keeps what is typed."""
    page = reports.board(_asked(request, partners, _form(request, partners)))
    return lists.answer(request, "review/board.html", page, across=True)


@manager_view
def export(request: PortalRequest, partners: list[reports.Managed], *, form: str) -> HttpResponseBase:
    """Every package that the filters match. Before it is sent it is on record with each partner whose packages are in
    it: their people read there that somebody took them. A filter that cannot be used would make a file of more than was
    asked for: then the board says so instead."""
    query = _form(request, partners)
    if not query.is_clean:
        return downloads.refuse_choices(request, reverse("review:board"))
    asked = _asked(request, partners, query)
    reader, counts = asked.reader, reports.rows_by_partner(asked)
    zone = ZoneInfo(settings.PARTNER_TIME_ZONE)
    keys = [partner.pk for partner in partners]
    sheet = sheets.sheet(
        selection.of_partners(keys, asked.now, parked=selection.parked_of(keys)),
        name=f"review-{asked.now.astimezone(zone):%Y-%m-%d}",
        title=reader.gettext("Review board"),
        filters=asked.filters,
        default=reports.DEFAULT,
        currency=None,
        total=sum(counts.values()),
        whose=reader.listing([partner.name for partner in partners if partner.pk in counts]) or "—",
        zone=zone,
        reader=reader,
        now=asked.now,
    )
    # Which other partners somebody manages is nothing that one partner's people may read.
    told = urlencode(replace(asked.filters, partners=()).parameters())
    for partner in Partner.objects.filter(pk__in=counts).order_by("name", "pk"):
        record(
            kind=Kind.EXPORTED,
            actor=Actor.of(request),
            partner=partner,
            target="review",
            title=sheet.title,
            after={"format": form, "rows": counts[partner.pk], "filter": told or None},
        )
    return csv_response(sheet) if form == "csv" else xlsx_response(sheet)


def _form(request: PortalRequest, partners: list[reports.Managed]) -> FiltersForm:
    return FiltersForm(request.GET, sorts=reports.SORTS, partners=[partner.partner_id for partner in partners])


def _asked(request: PortalRequest, partners: list[reports.Managed], form: FiltersForm) -> reports.Asked:
    return reports.Asked(
        partners=partners,
        filters=form.filters,
        number=form.number,
        notes=form.notes,
        path=reverse("review:board"),
        csv=reverse("review:csv"),
        xlsx=reverse("review:xlsx"),
        reader=http.reader(request),
        now=timezone.now(),
    )
