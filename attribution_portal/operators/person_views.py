"""People: who may sign in, who operates the portal, and help for somebody who lost their phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal import http
from attribution_portal.accounts import drafts, mail
from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor
from attribution_portal.http import PortalRequest
from attribution_portal.operators import people as changes
from attribution_portal.operators import reports
from attribution_portal.operators.forms import ReasonForm, SearchForm
from attribution_portal.operators.people import LastOperatorError, NoOperatorError
from attribution_portal.operators.sending import sent_from
from attribution_portal.partners.decorators import operator_view

YES, NO = "yes", "no"
FORMS = ("person-sign-in", "person-operator", "person-sessions", "person-factors")


def _page_of(request: HttpRequest, pk: int) -> str:
    return reverse("operators:person", args=[pk])


@operator_view()
def people(request: PortalRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    listed = reports.people(words=form.words, number=request.GET.get("page", "1"), reader=http.reader(request))
    return render(request, "operators/people.html", {"list": listed, "form": form})


@operator_view()
def person(request: PortalRequest, pk: int) -> HttpResponse:
    reasons: dict[str, str] = {}
    for name in FORMS:
        draft = drafts.draft(request, reverse(f"operators:{name}", args=[pk]))
        if draft is not None:
            reasons[name] = draft.get("reason", "")
    return _show(request, pk, reasons=reasons)


@sent_from(_page_of)
def sign_in(request: PortalRequest, pk: int) -> HttpResponse:
    """Whether the person may sign in at all."""

    def change(order: _Order) -> str:
        if order.to == YES:
            done = changes.enable(order.person, actor=order.actor, reason=order.reason)
            return _("%(email)s may sign in again.") % order.names if done else ""
        done = changes.disable(order.person, actor=order.actor, reason=order.reason)
        return _("%(email)s is switched off and signed out everywhere.") % order.names if done else ""

    return _carry_out(request, pk, "person-sign-in", change, states=(YES, NO))


@sent_from(_page_of)
def operator(request: PortalRequest, pk: int) -> HttpResponse:
    def change(order: _Order) -> str:
        if order.to == YES:
            done = changes.make_operator(order.person, actor=order.actor, reason=order.reason)
            return _("%(email)s operates the portal now.") % order.names if done else ""
        done = changes.unmake_operator(order.person, actor=order.actor, reason=order.reason)
        return _("%(email)s no longer operates the portal.") % order.names if done else ""

    return _carry_out(request, pk, "person-operator", change, states=(YES, NO))


@sent_from(_page_of)
def sessions(request: PortalRequest, pk: int) -> HttpResponse:
    def change(order: _Order) -> str:
        ended = changes.end_sessions(order.person, actor=order.actor, reason=order.reason)
        if not ended:
            return ""
        told = ngettext(
            "%(email)s is signed out: %(n)s session ended.", "%(email)s is signed out: %(n)s sessions ended.", ended
        )
        return told % {**order.names, "n": http.reader(request).count(ended)}

    return _carry_out(request, pk, "person-sessions", change)


@sent_from(_page_of)
def factors(request: PortalRequest, pk: int) -> HttpResponse:
    if pk == request.user.pk:
        messages.error(request, _("Remove your own second factor on your own pages, where it asks you for it."))
        return _show(request, pk, status=409)

    def change(order: _Order) -> str:
        if not changes.remove_factors(order.person, actor=order.actor, reason=order.reason):
            return ""
        # Whoever did not ask for it learns that somebody did in their name.
        told = _(
            "Somebody who operates the Attribution Portal removed your authenticator app, passkeys and recovery codes, "
            "and ended all your sessions. If you did not ask for this, tell those who operate the portal at once."
        )
        mail.notify(_("Your second factor was removed"), told + "\n", order.person.email)
        return _("%(email)s has no second factor any more and is signed out everywhere.") % order.names

    return _carry_out(request, pk, "person-factors", change)


@dataclass(frozen=True, slots=True)
class _Order:
    person: User
    actor: Actor
    to: str
    reason: str

    @property
    def names(self) -> dict[str, str]:
        return {"email": self.person.email}


def _carry_out(
    request: PortalRequest, pk: int, name: str, change: Callable[[_Order], str], *, states: tuple[str, ...] = ("",)
) -> HttpResponse:
    """`change` gives the words for what it did, "" when there was nothing to do."""
    found = User.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    form = ReasonForm(request.POST, auto_id=_identity(name))
    if not form.is_valid() or form.cleaned_data["to"] not in states:
        return _show(request, pk, bound={name: form}, status=422)
    order = _Order(found, Actor.of(request), form.cleaned_data["to"], form.cleaned_data["reason"])
    try:
        told = change(order)
    except NoOperatorError as error:
        raise Http404 from error
    except LastOperatorError:
        form.add_error(None, _("Nobody else operates the portal. Make somebody else an operator first."))
        return _show(request, pk, bound={name: form}, status=409)
    if told:
        messages.success(request, told)
    else:
        messages.info(request, _("Nothing was changed: it is so already."))
    response = redirect("operators:person", pk)
    response.status_code = 303
    return response


def _identity(name: str) -> str:
    """All forms stand on one page, and each has a reason."""
    return f"id_{name}_%s"


def _show(
    request: PortalRequest,
    pk: int,
    *,
    bound: dict[str, ReasonForm] | None = None,
    reasons: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    page = reports.person(pk)
    if page is None:
        raise Http404
    forms = {
        name: (bound or {}).get(name)
        or ReasonForm(initial={"reason": (reasons or {}).get(name, "")}, auto_id=_identity(name))
        for name in FORMS
    }
    context = {
        "page": page,
        "sign_in": forms["person-sign-in"],
        "operator": forms["person-operator"],
        "sessions": forms["person-sessions"],
        "factors": forms["person-factors"],
        "is_self": pk == request.user.pk,
    }
    return render(request, "operators/person.html", context, status=status)
