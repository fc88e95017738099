"""Reading an event's page anew: a form, so that no link, preview or prefetch asks the platform for everything."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal import http
from attribution_portal.formats import Reader
from attribution_portal.http import PortalRequest
from attribution_portal.lookout import freshness
from attribution_portal.lookout.forms import SelectionForm
from attribution_portal.lookout.freshness import Refreshed
from attribution_portal.partners.decorators import partner_view


@partner_view(methods=("POST",))
def refresh(request: PortalRequest, eid: str) -> HttpResponse:
    """Back to the page with the same choices, and words on what is new."""
    selection = SelectionForm(request.GET).selection
    made = freshness.refresh(
        request.partner, eid=eid, sibling=selection.sibling, seen=freshness.parse(request.POST.get("seen", ""))
    )
    _tell(request, made, seen="seen" in request.POST)
    page = reverse("lookout:event", args=[request.partner.partner_id, eid])
    response = HttpResponseRedirect(page + selection.query.removeprefix("./"))
    response.status_code = 303
    return response


def _tell(request: PortalRequest, made: Refreshed, *, seen: bool) -> None:
    reader = http.reader(request)
    said = _("Everything on this page was read anew.")
    if not made.anew:
        said = ngettext(
            "This page was read anew a moment ago; it can be again in %(n)s second.",
            "This page was read anew a moment ago; it can be again in %(n)s seconds.",
            made.wait,
        ) % {"n": reader.count(made.wait)}
    if made.unread:
        unread = _("Could not be read: %(names)s.") % {"names": _names(made.unread, reader)}
        messages.error(request, f"{said} {unread}" if len(made.unread) < len(_words()) else unread)
        return
    if made.changed:
        new = _("New since you opened it: %(names)s.") % {"names": _names(made.changed, reader)}
        messages.success(request, f"{said} {new}")
    else:
        unchanged = _("Nothing has changed.")
        messages.info(request, f"{said} {unchanged}" if seen else said)


def _names(parts: tuple[str, ...], reader: Reader) -> str:
    words = _words()
    return reader.listing([words[part] for part in parts])


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
