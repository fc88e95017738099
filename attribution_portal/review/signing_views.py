"""Signing a package's result off, and taking a sign-off back. The forms stand on the package's page."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from attribution_portal import http
from attribution_portal.accounts.drafts import draft
from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul.ledger import reading
from attribution_portal.backhaul.models import Package
from attribution_portal.backhaul.polling import visits
from attribution_portal.backhaul.sign_off import panel as review_panel
from attribution_portal.backhaul.sign_off import reviews
from attribution_portal.backhaul.sign_off.forms import ReviewForm, WithdrawForm
from attribution_portal.backhaul.sign_off.reviews import Moved, NotSigned, Outcome, Signed
from attribution_portal.http import PortalRequest
from attribution_portal.partners.decorators import partner_view
from attribution_portal.partners.permissions import Action

FORM = ("GET", "HEAD", "POST")


@partner_view(action=Action.REVIEW, methods=FORM)
def sign_off(request: PortalRequest, package_id: str) -> HttpResponse:
    """What was refused is shown with what is there now and the note as typed; else the package's page follows. A GET
    shows a note that could not be taken."""
    found = _find(request, package_id)
    if request.method != "POST":
        if (typed := draft(request)) is None:
            return redirect(_address(request, found))
        form = ReviewForm(typed, poll=found.poll)
        form.renew()
        return _ask(request, found, form)
    form = ReviewForm(request.POST, poll=found.poll)
    if not form.is_whole():
        form.renew()
        return _ask(request, found, form, status=422)
    try:
        outcome = reviews.sign_off(
            partner=request.partner,
            package=found,
            seen=form.cleaned_data["seen"],
            note=form.cleaned_data["note"],
            user=request.user,
            actor=Actor.of(request),
            token=form.cleaned_data["token"],
        )
    except Moved as moved:
        return _moved(request, package_id, moved)
    except Signed as signed:
        words = _("%(who)s signed this result off on %(when)s. Nothing was stored twice.") % {
            "who": signed.review.reviewer_name,
            "when": http.reader(request).instant(signed.review.at),
        }
        messages.info(request, words)
        return _see(request, found)
    if outcome is Outcome.DONE:
        messages.success(request, _("Signed off. Everybody who may see this package sees it."))
    else:
        messages.info(request, _("This form was sent before, so nothing was stored again."))
    return _see(request, found)


@partner_view(action=Action.REVIEW, methods=FORM)
def withdraw(request: PortalRequest, package_id: str) -> HttpResponse:
    found = _find(request, package_id)
    known = reviews.standing(found)
    if request.method != "POST":
        if (typed := draft(request)) is None:
            return redirect(_address(request, found))
        return _ask_why(request, found, known, WithdrawForm(typed, review=known.review))
    form = WithdrawForm(request.POST, review=known.review)
    if not form.is_whole():
        return _ask_why(request, found, known, form, status=422)
    try:
        reviews.withdraw(
            partner=request.partner,
            package=found,
            review=form.cleaned_data["review"],
            note=form.cleaned_data["note"],
            user=request.user,
            actor=Actor.of(request),
        )
    except NotSigned:
        messages.info(request, _("That sign-off does not stand any more: nothing was changed."))
    else:
        messages.success(request, _("The sign-off was taken back. It stays on record, with your reason."))
    return _see(request, found)


def _find(request: PortalRequest, package_id: str) -> Package:
    found = visits.find(partner=request.partner, package_id=package_id)
    if found is None:
        raise Http404
    return found


def _moved(request: PortalRequest, package_id: str, moved: Moved) -> HttpResponse:
    """Nothing was signed. The person sees what is there now, and decides again."""
    found = _find(request, package_id)
    form = ReviewForm(request.POST, poll=found.poll)
    form.is_valid()
    form.renew()
    if found.poll.latest is None:
        conflict = _("There is no result any more that could be signed off.")
    elif moved.newer_result and moved.settings_changed:
        conflict = _("A newer result came and the settings changed after you opened the form. Nothing was signed off.")
    elif moved.newer_result:
        conflict = _("A newer result came after you opened the form. Nothing was signed off.")
    else:
        conflict = _("The settings changed after you opened the form. Nothing was signed off.")
    return _ask(request, found, form, conflict=conflict, status=409)


def _ask(
    request: PortalRequest, found: Package, form: ReviewForm, *, conflict: str = "", status: int = 200
) -> HttpResponse:
    reader, now = http.reader(request), timezone.now()
    known = reading.standing_of(partner=request.partner, package=found, parked=reading.parked(request.partner), now=now)
    asked = review_panel.asked(found, known.state, request.partner, reader)
    context = {
        **_frame(request, found),
        "conflict": conflict,
        "form": form if found.poll.latest else None,
        "asked": asked,
    }
    return render(request, "review/signing.html", context, status=status)


def _ask_why(
    request: PortalRequest, found: Package, known: reviews.Standing, form: WithdrawForm, *, status: int = 200
) -> HttpResponse:
    context = {
        **_frame(request, found),
        "withdrawing": True,
        "sentence": review_panel.sentence(known, request.partner, http.reader(request)),
        "form": form,
    }
    return render(request, "review/signing.html", context, status=status)


def _frame(request: PortalRequest, found: Package) -> dict[str, object]:
    return {"title": str(found), "package_id": found.package_id, "back": _address(request, found)}


def _address(request: PortalRequest, found: Package) -> str:
    return f"{reading.package_url(request.partner, found)}#panel-{review_panel.NAME}"


def _see(request: PortalRequest, found: Package) -> HttpResponse:
    """To the top of the page, where the message stands."""
    response = HttpResponseRedirect(reading.package_url(request.partner, found))
    response.status_code = 303
    return response
