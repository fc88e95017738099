"""A package's evaluation page, its settings form, and its results as files."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from attribution_portal import downloads, http
from attribution_portal.accounts.drafts import draft
from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul.evaluation import files, reports
from attribution_portal.backhaul.evaluation.asked import Asked, AskedForm
from attribution_portal.backhaul.ledger import history
from attribution_portal.backhaul.ledger.intents import Basis, Moved, Outcome
from attribution_portal.backhaul.ledger.reading import known_at, package_url
from attribution_portal.backhaul.models import Package
from attribution_portal.backhaul.polling import visits
from attribution_portal.backhaul.settings import changes
from attribution_portal.backhaul.settings import panel as settings_panel
from attribution_portal.backhaul.settings.forms import SettingsForm
from attribution_portal.backhaul.sign_off import panel as review_panel
from attribution_portal.backhaul.sign_off import reviews
from attribution_portal.backhaul.state import State
from attribution_portal.http import PortalRequest
from attribution_portal.panels import Panel
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.decorators import partner_view
from attribution_portal.partners.permissions import Action, may
from attribution_portal.platform_api import packages as platform
from attribution_portal.platform_api.errors import NotFound, PlatformError

LIVE = "package-live"
TOLD = "settings"
LONGEST_ID = 200


@partner_view()
def package(request: PortalRequest, package_id: str) -> HttpResponse:
    """The page, now or as known on a past day; or, when an open page asks for news, its live part or 204: the latter
    reads Postgres alone."""
    if len(package_id) > LONGEST_ID:
        raise Http404
    if request.htmx and "seen" in request.GET:
        return _news(request, package_id)
    try:
        caller = caller_for(request.partner)
        found = visits.open_package(partner=request.partner, package_id=package_id, caller=caller)
    except NotFound as error:
        raise Http404 from error
    except PlatformError as error:
        panel = Panel[None].of("evaluation", error, retry=request.get_full_path())
        return render(request, "backhaul/unread.html", {"panel": panel, "package_id": package_id})
    return _page(request, found)


@partner_view(action=Action.CHANGE_SETTINGS, methods=("GET", "HEAD", "POST"))
def settings(request: PortalRequest, package_id: str) -> HttpResponse:
    """Where the form is sent. What was refused is shown at its fields, with what was typed; so is what a change would
    do, where that was asked for or has to be told first. Else the page follows. A GET shows what was typed into a form
    that could not be taken."""
    found = _find(request, package_id)
    if request.method != "POST":
        typed = draft(request, told=TOLD)
        return _shown_again(request, found, typed) if typed else redirect(package_url(request.partner, found))
    form = _form(request, found, request.POST)
    has_ended = known_at(partner=request.partner, package=found, until=None, now=timezone.now()).state is State.ENDED
    if "ended" in request.POST:
        return _handed_over(request, form) if has_ended else HttpResponse(status=204)
    if has_ended:
        return _page(request, found, form=form, status=409)
    if "fill" in request.POST:
        return _filled(request, found, form)
    if not form.is_whole():
        return _page(request, found, form=form, status=422)
    if "preview" in request.POST or form.asks:
        return _page(request, found, form=form, effect=_effect(request, found, form))
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
    response = redirect(package_url(request.partner, found))
    response.status_code = 303
    return response


@partner_view(methods=("GET",))
def export(request: PortalRequest, package_id: str, what: str, form: str) -> HttpResponseBase:
    """The clusters or the whole ledger as a file, on record before it is sent. A day that cannot be used would make a
    file of something else: then the page says so instead."""
    found = _find(request, package_id)
    chosen = _asked_form(request)
    if not chosen.is_valid():
        return downloads.refuse_choices(request, package_url(request.partner, found))
    make = files.evaluation if what == "evaluation" else files.results
    sheet, rows = make(
        partner=request.partner, package=found, asked=chosen.asked, reader=http.reader(request), now=timezone.now()
    )
    told = {"rows": rows, "filter": chosen.asked.query or None}
    return downloads.send(request, sheet, form, target=found.package_id, title=sheet.title, told=told)


def _find(request: PortalRequest, package_id: str) -> Package:
    found = visits.find(partner=request.partner, package_id=package_id)
    if found is None:
        raise Http404
    return found


def _news(request: PortalRequest, package_id: str) -> HttpResponse:
    found = _find(request, package_id)
    visits.look_after(found)
    reader, now = http.reader(request), timezone.now()
    look = reports.look(partner=request.partner, package=found, reader=reader, now=now)
    if look.digest == request.GET["seen"]:
        context = {"following": look.following, "renewed": True}
        return render(request, "backhaul/next_reading.html", context) if look.following else HttpResponse(status=204)
    page = reports.page(
        partner=request.partner,
        package=found,
        user=request.user,
        asked=_asked_form(request).asked,
        reader=reader,
        now=now,
    )
    context = {
        "page": page,
        "package_id": found.package_id,
        "sign_off": _sign_off(request, found, page),
        "settings": _settings_in_force(request, page),
        # The form stays as it is; its buttons are told from here whether anything can be saved.
        "has_form": page.state is not State.ENDED and may(request.role, Action.CHANGE_SETTINGS),
        "effect": bool(request.GET.get("effect")),
        # Nobody's words are taken from under their hands: a form that got old says so when it is sent.
        "keeps_forms": may(request.role, Action.REVIEW)
        and found.poll.latest is not None
        and found.poll.latest.number > 1,
        "fragment": True,
    }
    response = render(request, "backhaul/package.html#live", context)
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
    effect: settings_panel.Effect | None = None,
    status: int = 200,
) -> HttpResponse:
    reader, chosen = http.reader(request), _asked_form(request)
    asked = chosen.asked if request.method in ("GET", "HEAD") else Asked()
    page = reports.page(
        partner=request.partner, package=found, user=request.user, asked=asked, reader=reader, now=timezone.now()
    )
    entered = settings_panel.entered(form, reader) if form is not None and page.state is State.ENDED else ()
    if page.state is State.ENDED:
        form = effect = moved = None
    elif form is None and page.day is None and may(request.role, Action.CHANGE_SETTINGS):
        form = SettingsForm(
            None,
            basis=Basis(found.poll.settings, page.newest.pk if page.newest else 0),
            today=_today(request),
            reader=reader,
            is_signed=page.signed is not None and page.signed.is_signed,
        )
    context = {
        "page": page,
        "package_id": found.package_id,
        "sign_off": _sign_off(request, found, page),
        "chosen": chosen,
        "form": form,
        "moved": moved,
        "effect": effect,
        "entered": entered,
        "settings": _settings_in_force(request, page, asked),
    }
    return render(request, "backhaul/package.html", context, status=status)


def _shown_again(request: PortalRequest, found: Package, typed: QueryDict) -> HttpResponse:
    form = _form(request, found, typed)
    form.renew_token()
    return _page(request, found, form=form)


def _handed_over(request: PortalRequest, form: SettingsForm) -> HttpResponse:
    """What stands where the form was, when an open page has learned that its package has ended: what was typed into it,
    which is sent nowhere."""
    reader = http.reader(request)
    context = {"entered": settings_panel.entered(form, reader), "fragment": True}
    response = render(request, "backhaul/settings_entered.html", context)
    return trigger_client_event(response, "announce", {"value": settings_panel.has_ended(reader)})


def _sign_off(request: PortalRequest, found: Package, page: reports.PackagePage) -> Panel[review_panel.SignOff] | None:
    """None on a past day."""
    if page.signed is None:
        return None
    return review_panel.panel(
        partner=request.partner,
        package=found,
        known=page.signed,
        state=page.state,
        reader=http.reader(request),
        may_review=may(request.role, Action.REVIEW),
    )


def _settings_in_force(
    request: PortalRequest, page: reports.PackagePage, asked: Asked | None = None
) -> Panel[settings_panel.SettingsInForce]:
    return settings_panel.panel(
        package=page.package,
        today=_today(request),
        state=page.state,
        may_change=may(request.role, Action.CHANGE_SETTINGS),
        reader=http.reader(request),
        known_until=asked.until(request.partner) if asked else None,
    )


def _today(request: PortalRequest) -> date:
    return timezone.now().astimezone(request.partner.zone).date()


def _asked_form(request: PortalRequest) -> AskedForm:
    return AskedForm(request.GET, today=_today(request))


def _form(request: PortalRequest, found: Package, typed: QueryDict) -> SettingsForm:
    return SettingsForm(
        typed,
        basis=Basis(found.poll.settings, newest.pk if (newest := history.newest(found)) else 0),
        today=_today(request),
        reader=http.reader(request),
        is_signed=reviews.standing(found).is_signed,
    )


def _effect(request: PortalRequest, found: Package, form: SettingsForm) -> settings_panel.Effect:
    return settings_panel.effect(
        package=found,
        wanted=form.wanted,
        signed=reviews.standing(found),
        today=_today(request),
        asks=form.asks,
        lacks_reason=form.lacks_reason,
        reader=http.reader(request),
    )


def _filled(request: PortalRequest, found: Package, form: SettingsForm) -> HttpResponse:
    """The partner's defaults in the fields; nothing is sent before somebody saves them."""
    try:
        defaults = platform.partner_defaults(caller=caller_for(request.partner)).value
    except PlatformError as error:
        form.is_whole()
        form.add_error(None, _("The partner's defaults could not be read. %(why)s") % {"why": str(error.sentence)})
        return _page(request, found, form=form, status=503 if error.retryable else 422)
    if defaults.is_empty:
        form.is_whole()
        form.add_error(None, _("The partner has no defaults."))
        return _page(request, found, form=form, status=422)
    form.fill(defaults)
    effect = _effect(request, found, form) if form.is_whole() else None
    return _page(request, found, form=form, effect=effect, status=200 if effect else 422)


def _asked(request: PortalRequest, package_id: str, form: SettingsForm, moved: Moved) -> HttpResponse:
    """Nothing was sent. The person sees what they saw, what is in force now and what they entered, and decides."""
    found = _find(request, package_id)
    words = history.moved_words(form.basis.settings if form.basis else None, moved, form.wanted, http.reader(request))
    form.base_on(moved.basis)
    return _page(request, found, form=form, moved=words, status=409)


def _refused(request: PortalRequest, package_id: str, form: SettingsForm, error: PlatformError) -> HttpResponse:
    """Certainly not taken. The reading before may have brought news, so the package is taken from Postgres again."""
    form.refuse(error)
    return _page(request, _find(request, package_id), form=form, status=503 if error.retryable else 422)


def _tell(request: PortalRequest, outcome: Outcome) -> None:
    if outcome is Outcome.DONE:
        messages.success(request, _("Settings saved. The platform now evaluates the package again."))
    elif outcome is Outcome.NOTHING_CHANGED:
        messages.info(request, _("Nothing was sent: these settings are in force already."))
    elif outcome is Outcome.SENT_BEFORE:
        messages.info(request, _("This form was sent before, so nothing was sent again."))
