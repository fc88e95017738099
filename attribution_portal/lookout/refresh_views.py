"""Reading an event's page anew: a form, so that no link, preview or prefetch asks the platform for everything."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from attribution_portal import rereading
from attribution_portal.http import PortalRequest
from attribution_portal.lookout import answers
from attribution_portal.lookout.forms import SelectionForm
from attribution_portal.partners.decorators import partner_view
from attribution_portal.platform_api.errors import NotFound
from attribution_portal.rereading import Outcomes


@partner_view(methods=("POST",))
def refresh(request: PortalRequest, eid: str) -> HttpResponse:
    """Back to the page with the same choices, and words on what is new."""
    partner, selection = request.partner, SelectionForm(request.GET).selection

    def read(*, again: bool) -> Outcomes:
        return answers.read(partner, eid=eid, sibling=selection.sibling, again=again).outcomes

    try:
        made = rereading.reread(partner, page=f"event {eid}", seen=request.POST.get("seen", ""), read=read)
    except NotFound as error:
        raise Http404 from error
    rereading.tell(request, made, _words())
    page = reverse("lookout:event", args=[partner.partner_id, eid])
    return rereading.back_to(page + selection.query.removeprefix("./"))


def _words() -> dict[str, str]:
    """What people call the platform's answers."""
    return {
        "event": _("the event"),
        "daily": _("daily revenue"),
        "results": _("adjustments"),
        "model": _("attribution model"),
        "campaigns": _("campaigns"),
        "clusters": _("taste clusters"),
        "series": _("series"),
        "demand": _("demand curve"),
        "benchmark": _("expected sales"),
        "sibling": _("the event to compare with"),
    }
