"""Partners as operators see them: how they are connected, never what they sold."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from attribution_portal import http
from attribution_portal.accounts import drafts
from attribution_portal.audit.trail import Actor
from attribution_portal.http import PortalRequest
from attribution_portal.operators import reports
from attribution_portal.operators.forms import ReasonForm, SearchForm, ZoneForm
from attribution_portal.operators.sending import sent_from
from attribution_portal.partners import administration, zones
from attribution_portal.partners.administration import ChangedMeanwhileError
from attribution_portal.partners.decorators import operator_view
from attribution_portal.partners.models import Partner

OFF, ON = "off", "on"


def _page_of(request: HttpRequest, partner_id: str) -> str:
    return reverse("operators:partner", args=[partner_id])


@operator_view()
def partners(request: PortalRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    listed = reports.partners(words=form.words, number=request.GET.get("page", "1"), reader=http.reader(request))
    return render(request, "operators/partners.html", {"list": listed, "form": form})


@operator_view()
def partner(request: PortalRequest, partner_id: str) -> HttpResponse:
    zone = drafts.draft(request, reverse("operators:zone", args=[partner_id]))
    switch = drafts.draft(request, reverse("operators:switch", args=[partner_id]))
    return _show(
        request,
        partner_id,
        zone_initial=zone.get("zone") if zone else None,
        reason=switch.get("reason") if switch else None,
    )


@sent_from(_page_of)
def zone(request: PortalRequest, partner_id: str) -> HttpResponse:
    found = _partner(partner_id)
    form = ZoneForm(request.POST)
    if not form.is_valid():
        return _show(request, partner_id, zone_form=form, status=422)
    name = form.cleaned_data["zone"]
    try:
        changed = administration.set_zone(found, name, actor=Actor.of(request), seen=form.cleaned_data["seen"] or None)
    except ChangedMeanwhileError:
        messages.error(
            request, _("Nothing was changed: somebody else set the time zone meanwhile. Look, and decide again.")
        )
        return _show(request, partner_id, status=409)
    if changed:
        messages.success(request, _("Days are now those of %(zone)s.") % {"zone": name})
    else:
        messages.info(request, _("Nothing was changed: this time zone is set already."))
    return _back(partner_id)


@sent_from(_page_of)
def switch(request: PortalRequest, partner_id: str) -> HttpResponse:
    found = _partner(partner_id)
    form = ReasonForm(request.POST)
    if not form.is_valid() or form.cleaned_data["to"] not in (OFF, ON):
        return _show(request, partner_id, switch_form=form, status=422)
    change = administration.switch_off if form.cleaned_data["to"] == OFF else administration.switch_on
    if not change(found, actor=Actor.of(request), reason=form.cleaned_data["reason"]):
        messages.info(request, _("Nothing was changed: somebody else has done this meanwhile."))
    elif form.cleaned_data["to"] == OFF:
        messages.success(request, _("%(name)s is switched off: its members are told so.") % {"name": found.name})
    else:
        messages.success(request, _("%(name)s is switched on again.") % {"name": found.name})
    return _back(partner_id)


def _partner(partner_id: str) -> Partner:
    found = Partner.objects.filter(partner_id=partner_id).first()
    if found is None:
        raise Http404
    return found


def _back(partner_id: str) -> HttpResponse:
    response = redirect("operators:partner", partner_id)
    response.status_code = 303
    return response


def _show(
    request: PortalRequest,
    partner_id: str,
    *,
    zone_form: ZoneForm | None = None,
    switch_form: ReasonForm | None = None,
    zone_initial: str | None = None,
    reason: str | None = None,
    status: int = 200,
) -> HttpResponse:
    page = reports.partner(partner_id)
    if page is None:
        raise Http404
    here = page.row.partner
    context = {
        "page": page,
        "zones": zones.offered(),
        "zone_form": zone_form or ZoneForm(initial={"zone": zone_initial or here.timezone, "seen": here.timezone}),
        "switch_form": switch_form or ReasonForm(initial={"reason": reason or ""}),
    }
    return render(request, "operators/partner.html", context, status=status)
