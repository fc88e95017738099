"""The pages of somebody who holds an invitation's link, who may be nobody the portal knows.

The link leads on at once to an address without its token: that address is what pages, forms, "next" parameters and
Referer headers carry. The session remembers which invitations its browser has shown the link of. Opening a link never
accepts anything, because mail scanners open links too; sending the form does.

Whoever has no link learns nothing here, not even whether there is such an invitation. Whoever has one that ended
learns why, but neither for whom nor for which partner it was.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor
from attribution_portal.members import invitations, wording
from attribution_portal.members.forms import JoinForm
from attribution_portal.members.invitations import KnownAlreadyError, NotUsableError, Standing
from attribution_portal.members.models import Invitation
from attribution_portal.members.roster import CONFLICT
from attribution_portal.partners.models import Membership, Role

SHOWN: Final = "portal_invitations_shown"
SHOWN_KEPT: Final = 5
STATUS: Final = {Standing.SWITCHED_OFF: 403, Standing.DISABLED: 403}
GONE: Final = 410


def kept_to_itself(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """No cache keeps the answer, and what a browser loads for it is not told the address. ("no-referrer" would also
    withhold the origin from the forms of the page, which the protection of forms asks for.)"""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "strict-origin"
        return response

    return never_cache(inner)


@kept_to_itself
@require_safe
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the mail."""
    invitation = invitations.by_token(token)
    if invitation is None:
        return _unknown(request)
    shown: dict[str, str] = request.session.get(SHOWN, {})
    shown.pop(str(invitation.pk), None)
    shown[str(invitation.pk)] = invitation.token_digest
    request.session[SHOWN] = dict(list(shown.items())[-SHOWN_KEPT:])
    return redirect(answer_url(invitation))


@kept_to_itself
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """What the invitation is about, and the form that accepts it."""
    invitation = _shown(request, number)
    if invitation is None:
        return _unknown(request)
    person = invitations.addressee(invitation)
    standing = invitations.standing(invitation, person=person, now=timezone.now())
    if standing is not Standing.USABLE:
        return _ended(request, invitation, standing)
    if not request.user.is_authenticated:
        return _ask_to_sign_in(request, invitation) if person else _join(request, invitation)
    if request.user != person:
        return _page(request, invitation, "other", status=CONFLICT if request.method == "POST" else 200)
    if request.method != "POST":
        return _page(request, invitation, "accept")
    try:
        membership = invitations.accept(invitation=invitation, user=person, actor=Actor.of(request))
    except NotUsableError as error:
        return _ended(request, invitation, error.standing)
    _forget(request, invitation)
    _welcome(request, membership)
    return _seen(membership.partner.get_absolute_url())


@kept_to_itself
@require_POST
def switch_person(request: HttpRequest, number: int) -> HttpResponse:
    """Sign out whoever is signed in, and come back to the invitation."""
    invitation = _shown(request, number)
    if invitation is None:
        return _unknown(request)
    kept = request.session[SHOWN]
    get_adapter().logout(request)
    request.session[SHOWN] = kept
    return _seen(answer_url(invitation))


def answer_url(invitation: Invitation) -> str:
    return reverse("members:answer", args=[invitation.pk])


def _shown(request: HttpRequest, number: int) -> Invitation | None:
    """The invitation, if this browser has opened its link."""
    proof = request.session.get(SHOWN, {}).get(str(number))
    if proof is None:
        return None
    return Invitation.objects.select_related("partner", "invited_by").filter(pk=number, token_digest=proof).first()


def _forget(request: HttpRequest, invitation: Invitation) -> None:
    shown = request.session.get(SHOWN, {})
    shown.pop(str(invitation.pk), None)
    request.session[SHOWN] = shown


def _join(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = JoinForm(request.POST if request.method == "POST" else None, email=invitation.email)
    if request.method != "POST":
        return _page(request, invitation, "join", form=form)
    if not form.is_valid():
        return _page(request, invitation, "join", form=form, status=422)
    try:
        user, membership = invitations.accept_as_new(
            invitation=invitation,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password"],
            actor=lambda user: Actor.signing_in(request, user),
        )
    except NotUsableError as error:
        return _ended(request, invitation, error.standing)
    except KnownAlreadyError:
        return _seen(answer_url(invitation))
    _forget(request, invitation)
    return _signed_in(request, user, membership)


def _signed_in(request: HttpRequest, user: User, membership: Membership) -> HttpResponse:
    """Through allauth's door, so that every stage of signing in and the audit trail see this one too."""
    login = Login(user=user, email=user.email, redirect_url=membership.partner.get_absolute_url())
    response: HttpResponse = perform_password_login(request, {"email": user.email}, login)
    if request.user.is_authenticated:
        _welcome(request, membership)
    return response


def _ask_to_sign_in(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    address = f"{reverse('account_login')}?{urlencode({'next': answer_url(invitation)})}"
    return _page(request, invitation, "sign-in", sign_in=address)


def _page(
    request: HttpRequest, invitation: Invitation, step: str, *, status: int = 200, **more: object
) -> HttpResponse:
    role = Role(invitation.role)
    context = {
        "step": step,
        "invitation": invitation,
        "inviter": wording.inviter(invitation),
        "role": role,
        "role_sentence": wording.ROLE_SENTENCES[role],
        **more,
    }
    return render(request, "members/answer.html", context, status=status)


def _ended(request: HttpRequest, invitation: Invitation, standing: Standing) -> HttpResponse:
    """Why the link opens nothing. Whoever accepted it themselves is let on: they opened it twice, or clicked twice."""
    if standing is Standing.ACCEPTED and request.user.is_authenticated:
        own = Membership.objects.filter(user=request.user, partner=invitation.partner).first()
        if own is not None and invitation.accepted_by == request.user:
            messages.info(request, _("You accepted this invitation before."))
            return _seen(own.partner.get_absolute_url())
    return render(request, "members/ended.html", {"standing": standing.name}, status=STATUS.get(standing, GONE))


def _unknown(request: HttpRequest) -> HttpResponse:
    return render(request, "members/unknown.html", status=404)


def _welcome(request: HttpRequest, membership: Membership) -> None:
    messages.success(
        request,
        _("You are a member of %(partner)s now. Your role: %(role)s.")
        % {"partner": membership.partner.name, "role": membership.get_role_display()},
    )


def _seen(url: str) -> HttpResponse:
    response = redirect(url)
    response.status_code = 303
    return response
