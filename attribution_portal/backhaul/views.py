"""A package's evaluation page, and its settings form."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from attribution_portal import http
from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul import changes, clock, history, polling, reports
from attribution_portal.backhaul.forms import SettingsForm
from attribution_portal.backhaul.intents import Basis, Moved, Outcome
from attribution_portal.backhaul.models import Package
from attribution_portal.http import PortalRequest
from attribution_portal.panels import Panel
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.decorators import partner_view
from attribution_portal.partners.permissions import Action, may
from attribution_portal.platform_api.errors import NotFound, PlatformError, Rejected

LIVE = "package-live"
LONGEST_ID = 200


@partner_view()
def package(request: PortalRequest, package_id: str) -> HttpResponse:
    """The page; or, when an open page asks for news, its live part or 204: the latter reads Postgres alone."""
    if len(package_id) > LONGEST_ID:
        raise Http404
    if request.htmx and "seen" in request.GET:
        return _news(request, package_id)
    try:
        caller = caller_for(request.partner)
        found = polling.open_package(partner=request.partner, package_id=package_id, caller=caller)
    except NotFound as error:
        raise Http404 from error
    except PlatformError as error:
        panel = Panel[None].of("evaluation", error, retry=request.get_full_path())
        return render(request, "backhaul/unread.html", {"panel": panel, "package_id": package_id})
    return _page(request, found)


@partner_view(action=Action.CHANGE_SETTINGS, methods=("GET", "HEAD", "POST"))
def settings(request: PortalRequest, package_id: str) -> HttpResponse:
    """Where the form is sent. What was refused is shown at its fields, with what was typed; else the page follows."""
    found = polling.find(partner=request.partner, package_id=package_id)
    if found is None:
        raise Http404
    if request.method != "POST":
        return redirect(reports.package_url(request.partner, found))
    form = _form(request, found, bound=True)
    if not form.is_whole():
        return _page(request, found, form=form, status=422)
    try:
        outcome = changes.save(
            partner=request.partner,
            package=found,
            wanted=form.wanted,
            basis=form.basis,
            reason=form.cleaned_data["reason"],
            actor=Actor.of(request),
            token=form.cleaned_data["token"],
        )
    except PlatformError as error:
        return _refused(request, package_id, form, error)
    except Moved as moved:
        return _asked(request, package_id, form, moved)
    _tell(request, outcome)
    response = redirect(reports.package_url(request.partner, found))
    response.status_code = 303
    return response


def _news(request: PortalRequest, package_id: str) -> HttpResponse:
    found = polling.find(partner=request.partner, package_id=package_id)
    if found is None:
        raise Http404
    now = clock.now()
    polling.watch(package=found, now=now)
    page = reports.page(partner=request.partner, package=found, reader=http.reader(request), now=now)
    if page.digest == request.GET["seen"]:
        return HttpResponse(status=204)
    response = render(request, "backhaul/package.html#live", {"page": page, "fragment": True})
    # The element that asks is a small one inside, so that nothing greys out every few seconds.
    response["HX-Retarget"] = f"#{LIVE}"
    response["HX-Reswap"] = "outerHTML"
    return response


def _page(
    request: PortalRequest,
    found: Package,
    *,
    form: SettingsForm | None = None,
    moved: history.MovedWords | None = None,
    status: int = 200,
) -> HttpResponse:
    page = reports.page(partner=request.partner, package=found, reader=http.reader(request), now=timezone.now())
    may_edit = may(request.role, Action.CHANGE_SETTINGS)
    context = {
        "page": page,
        "form": (form or _form(request, found)) if may_edit else None,
        "moved": moved,
        "settings": reports.settings_panel(package=found, reader=http.reader(request)),
    }
    return render(request, "backhaul/package.html", context, status=status)


def _form(request: PortalRequest, found: Package, *, bound: bool = False) -> SettingsForm:
    return SettingsForm(
        request.POST if bound else None,
        basis=Basis(found.poll.settings, newest.pk if (newest := history.newest(found)) else 0),
        today=timezone.now().astimezone(request.partner.zone).date(),
        reader=http.reader(request),
    )


def _asked(request: PortalRequest, package_id: str, form: SettingsForm, moved: Moved) -> HttpResponse:
    """Nothing was sent. The person sees what they saw, what is in force now and what they entered, and decides."""
    found = polling.find(partner=request.partner, package_id=package_id)
    if found is None:
        raise Http404
    words = history.moved_words(form.basis.settings if form.basis else None, moved, form.wanted, http.reader(request))
    form.base_on(moved.basis)
    form.renew_token()
    return _page(request, found, form=form, moved=words, status=409)


def _refused(request: PortalRequest, package_id: str, form: SettingsForm, error: PlatformError) -> HttpResponse:
    """Certainly not taken. The reading before may have brought news, so the package is taken from Postgres again."""
    if isinstance(error, Rejected):
        form.refused(error.fields)
    form.add_error(None, str(error.sentence) + " " + _("Nothing was changed."))
    form.renew_token()
    found = polling.find(partner=request.partner, package_id=package_id)
    if found is None:
        raise Http404
    return _page(request, found, form=form, status=503 if error.retryable else 422)


def _tell(request: PortalRequest, outcome: Outcome) -> None:
    if outcome is Outcome.DONE:
        messages.success(request, _("Settings saved. The platform now evaluates the package again."))
    elif outcome is Outcome.NOTHING_CHANGED:
        messages.info(request, _("Nothing was sent: these settings are in force already."))
    elif outcome is Outcome.SENT_BEFORE:
        messages.info(request, _("This form was sent before, so nothing was sent again."))
