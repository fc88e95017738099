"""The list of a partner's packages, and its files."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from attribution_portal import downloads, http, lists
from attribution_portal.backhaul.overview import inventory, selection, sheets
from attribution_portal.backhaul.overview.forms import FiltersForm
from attribution_portal.backhaul.polling import visits
from attribution_portal.http import PortalRequest
from attribution_portal.partners.decorators import partner_view


@partner_view()
def packages(request: PortalRequest) -> HttpResponse:
    """The list or, when its filters or page links ask for it, what was found alone: the form keeps what is typed."""
    visits.list_first(partner=request.partner)
    form = FiltersForm(request.GET, sorts=inventory.SORTS)
    addresses = {name: _address(request, name) for name in ("packages", "csv", "xlsx")}
    page = inventory.page(
        inventory.Asked(
            partner=request.partner,
            filters=form.filters,
            number=form.number,
            notes=form.notes,
            path=addresses["packages"],
            csv=addresses["csv"],
            xlsx=addresses["xlsx"],
            reader=http.reader(request),
            now=timezone.now(),
        )
    )
    return lists.answer(request, "backhaul/list.html", page)


@partner_view(methods=("GET",))
def export(request: PortalRequest, form: str) -> HttpResponseBase:
    """Every package that the filters match, on record before it is sent. A filter that cannot be used would make a file
    of more than was asked for: then the list says so instead."""
    asked = FiltersForm(request.GET, sorts=inventory.SORTS)
    if not asked.is_clean:
        return downloads.refuse_choices(request, _address(request, "packages"))
    partner, reader, now, filters = request.partner, http.reader(request), timezone.now(), asked.filters
    rows = selection.of_partners([partner.pk], now, parked=selection.parked_of([partner.pk]))
    total = selection.matching(rows, filters, now).count()
    sheet = sheets.sheet(
        rows,
        name=f"packages-{partner.partner_id}-{now.astimezone(partner.zone):%Y-%m-%d}",
        title=reader.gettext("Packages"),
        filters=filters,
        default=inventory.DEFAULT,
        currency=partner.currency,
        total=total,
        whose=partner.name,
        zone=partner.zone,
        reader=reader,
        now=now,
    )
    told = {"rows": total, "filter": urlencode(filters.parameters()) or None}
    return downloads.send(request, sheet, form, target="packages", title=sheet.title, told=told)


def _address(request: PortalRequest, name: str) -> str:
    return reverse(f"backhaul:{name}", args=[request.partner.partner_id])
