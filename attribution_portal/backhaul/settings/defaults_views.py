"""The partner's package defaults, for account managers: changed in two steps, of which the first shows the effect."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from attribution_portal import http
from attribution_portal.accounts import drafts
from attribution_portal.accounts.reauthentication import recently_authenticated
from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul.ledger import history, intents
from attribution_portal.backhaul.ledger.intents import Basis, Moved, Outcome
from attribution_portal.backhaul.models import DefaultsChange
from attribution_portal.backhaul.precedence import UNSET
from attribution_portal.backhaul.settings import defaults, defaults_report
from attribution_portal.backhaul.settings.defaults import Known
from attribution_portal.backhaul.settings.defaults_report import Effect
from attribution_portal.backhaul.settings.forms import DefaultsForm
from attribution_portal.http import PortalRequest
from attribution_portal.partners.decorators import partner_view
from attribution_portal.partners.permissions import Action
from attribution_portal.platform_api.errors import PlatformError


@partner_view(action=Action.CHANGE_DEFAULTS, methods=("GET", "HEAD", "POST"))
@recently_authenticated
def package_defaults(request: PortalRequest) -> HttpResponse:
    """A form that is sent without its second button is answered with what it would change; with it, it is carried
    out, and the page follows."""
    known = defaults.look(request.partner)
    newest = defaults.newest(request.partner)
    if request.method != "POST":
        form = _form(request, known, newest)
        if (draft := drafts.draft(request)) is not None:
            form = _form(request, known, newest, typed=draft)
            form.renew_token()
        return _page(request, known, form)
    form = _form(request, known, newest, typed=request.POST)
    if not form.is_whole():
        return _page(request, known, form, status=422)
    if known.error is not None:
        return _refused(request, known, form, known.error)
    if form.is_confirmed:
        return _save(request, form)
    assert known.reading is not None  # noqa: S101
    now = known.reading.value
    try:
        intents.check(form.basis, in_force=now, newest=newest)
    except Moved as moved:
        return _asked(request, form, moved)
    if form.wanted == now:
        return _follow(request, Outcome.NOTHING_CHANGED)
    effect = defaults_report.effect(partner=request.partner, now=now, wanted=form.wanted, reader=http.reader(request))
    form.show_effect()
    return _page(request, known, form, effect=effect)


def _save(request: PortalRequest, form: DefaultsForm) -> HttpResponse:
    try:
        outcome = defaults.save(
            partner=request.partner,
            wanted=form.wanted,
            basis=form.basis,
            actor=Actor.of(request),
            token=form.cleaned_data["token"],
        )
    except PlatformError as error:
        known = defaults.look(request.partner)
        return _refused(request, known, form, error)
    except Moved as moved:
        return _asked(request, form, moved)
    return _follow(request, outcome)


def _form(
    request: PortalRequest, known: Known, newest: DefaultsChange | None, *, typed: QueryDict | None = None
) -> DefaultsForm:
    return DefaultsForm(
        typed,
        basis=Basis(known.reading.value if known.reading else UNSET, newest.pk if newest else 0),
        today=timezone.now().astimezone(request.partner.zone).date(),
        reader=http.reader(request),
    )


def _page(
    request: PortalRequest,
    known: Known,
    form: DefaultsForm,
    *,
    effect: Effect | None = None,
    moved: history.MovedWords | None = None,
    status: int = 200,
) -> HttpResponse:
    reader = http.reader(request)
    context = {
        "defaults": defaults_report.defaults_panel(
            known=known, last=defaults.last_sent(request.partner), reader=reader, retry=request.path, now=timezone.now()
        ),
        "followers": defaults_report.followers_panel(
            partner=request.partner, known=known, number=request.GET.get("page", "1"), reader=reader
        ),
        "form": form,
        "effect": effect,
        "moved": moved,
        # What was typed is shown even while nothing can be sent.
        "writable": known.error is None or form.is_bound,
    }
    return render(request, "backhaul/defaults.html", context, status=status)


def _asked(request: PortalRequest, form: DefaultsForm, moved: Moved) -> HttpResponse:
    """Nothing was sent. The person sees what they saw, what is in force now and what they entered, and decides."""
    seen = form.basis.settings if form.basis else None
    words = history.moved_words(seen, moved, form.wanted, http.reader(request))
    form.base_on(moved.basis)
    known = defaults.look(request.partner)
    return _page(request, known, form, moved=words, status=409)


def _refused(
    request: PortalRequest,
    known: Known,
    form: DefaultsForm,
    error: PlatformError,
) -> HttpResponse:
    """Certainly not taken."""
    form.refuse(error)
    return _page(request, known, form, status=503 if error.retryable else 422)


def _follow(request: PortalRequest, outcome: Outcome) -> HttpResponse:
    if outcome is Outcome.DONE:
        messages.success(request, _("Defaults saved. What the platform answers now stands below."))
    elif outcome is Outcome.NOTHING_CHANGED:
        messages.info(request, _("Nothing was sent: these defaults are in force already."))
    elif outcome is Outcome.SENT_BEFORE:
        messages.info(request, _("This form was sent before, so nothing was sent again."))
    response = redirect(reverse("backhaul:defaults", args=[request.partner.partner_id]))
    response.status_code = 303
    return response
