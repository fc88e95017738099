"""Reading a campaign page anew: a form, so that no link, preview or prefetch asks the platform for everything."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from attribution_portal import rereading
from attribution_portal.http import PortalRequest
from attribution_portal.partners.decorators import partner_view
from attribution_portal.platform_api.errors import NotFound
from attribution_portal.rereading import Outcomes
from attribution_portal.wave import answers


@partner_view(methods=("POST",))
def refresh(request: PortalRequest, eid: str) -> HttpResponse:
    """Back to the page, with words on what is new."""
    partner = request.partner

    def read(*, again: bool) -> Outcomes:
        return answers.ask(partner, eid=eid, again=again).answers().outcomes

    try:
        made = rereading.reread(partner, page=f"campaign {eid}", seen=request.POST.get("seen", ""), read=read)
    except NotFound as error:
        raise Http404 from error
    rereading.tell(request, made, _words())
    return rereading.back_to(reverse("wave:campaign", args=[partner.partner_id, eid]))


def _words() -> dict[str, str]:
    """What people call the platform's answers."""
    return {
        "event": _("the event"),
        "statistics": _("event statistics"),
        "results": _("adjustments"),
        "daily": _("daily revenue"),
        "campaigns": _("campaigns"),
        "clusters": _("taste clusters"),
        "model": _("attribution model"),
        "meta_results": _("Meta's results"),
        "meta_insights": _("Meta's delivery numbers"),
        "meta_connected": _("the connection to Meta"),
    }
