"""Who belongs to a partner: the page, a member's own page, and the forms of both."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from attribution_portal.accounts.drafts import draft
from attribution_portal.accounts.reauthentication import recently_authenticated
from attribution_portal.audit.trail import Actor
from attribution_portal.http import PortalRequest
from attribution_portal.members import invitations, mail, reports, roster
from attribution_portal.members.forms import InviteForm, MfaRuleForm, RemoveForm, RoleForm
from attribution_portal.members.models import Invitation
from attribution_portal.members.reports import Member
from attribution_portal.members.roster import NotAllowedError, RefusedError
from attribution_portal.members.wording import ROLE_SENTENCES
from attribution_portal.partners.decorators import partner_view
from attribution_portal.partners.models import Partner, Role
from attribution_portal.partners.permissions import Action

MANAGE = Action.MANAGE_MEMBERS
FORM = ("GET", "HEAD", "POST")


def page_url(request: PortalRequest, **ids: int) -> str:
    """Where the forms stand that are sent elsewhere."""
    return reverse("members:page", args=[request.partner.partner_id])


def member_url(request: PortalRequest, membership_id: int) -> str:
    return reverse("members:member", args=[request.partner.partner_id, membership_id])


@partner_view(action=MANAGE)
def page(request: PortalRequest) -> HttpResponse:
    return _page(request)


@partner_view(action=MANAGE, methods=FORM)
@recently_authenticated(back=page_url)
def invite(request: PortalRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect(page_url(request))
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    try:
        invitation, token = invitations.invite(
            partner=request.partner,
            email=form.cleaned_data["email"],
            role=Role(form.cleaned_data["role"]),
            note=form.cleaned_data["note"],
            language=form.cleaned_data["language"],
            user=request.user,
            actor=Actor.of(request),
        )
    except NotAllowedError as error:
        raise Http404 from error
    except RefusedError as refusal:
        form.add_error("email" if refusal.status == 422 else None, str(refusal.sentence))
        return _page(request, form=form, status=refusal.status)
    return _mailed(request, invitation, token)


@partner_view(action=MANAGE, methods=FORM)
@recently_authenticated(back=page_url)
def resend(request: PortalRequest, invitation_id: int) -> HttpResponse:
    if request.method != "POST":
        return redirect(page_url(request))
    try:
        invitation, token = invitations.resend(
            partner=request.partner, invitation_id=invitation_id, user=request.user, actor=Actor.of(request)
        )
    except NotAllowedError as error:
        raise Http404 from error
    except RefusedError as refusal:
        return _refused(request, refusal)
    return _mailed(request, invitation, token, again=True)


@partner_view(action=MANAGE, methods=FORM)
@recently_authenticated(back=page_url)
def revoke(request: PortalRequest, invitation_id: int) -> HttpResponse:
    if request.method != "POST":
        return redirect(page_url(request))
    try:
        invitation = invitations.revoke(
            partner=request.partner, invitation_id=invitation_id, user=request.user, actor=Actor.of(request)
        )
    except NotAllowedError as error:
        raise Http404 from error
    except RefusedError as refusal:
        return _refused(request, refusal)
    messages.success(
        request, _("Invitation of %(email)s revoked: its link no longer works.") % {"email": invitation.email}
    )
    return _seen(page_url(request))


@partner_view(action=MANAGE, methods=FORM)
@recently_authenticated(back=page_url)
def mfa_rule(request: PortalRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect(page_url(request))
    form = MfaRuleForm(request.POST)
    if not form.is_valid():
        return _refused(request, incomplete())
    wanted = form.cleaned_data["wanted"] == "on"
    try:
        changed = roster.set_mfa_rule(
            partner=request.partner,
            seen=form.cleaned_data["seen"] == "on",
            wanted=wanted,
            user=request.user,
            actor=Actor.of(request),
        )
    except NotAllowedError as error:
        raise Http404 from error
    except RefusedError as refusal:
        return _refused(request, refusal)
    if not changed:
        messages.info(request, _("Nothing was changed: the rule is like that already."))
    elif wanted:
        messages.success(request, _("From now on every member of this partner needs a second factor."))
    else:
        messages.success(request, _("This partner no longer asks its members for a second factor."))
    return _seen(page_url(request))


@partner_view(action=MANAGE)
def member(request: PortalRequest, membership_id: int) -> HttpResponse:
    return _member(request, membership_id)


@partner_view(action=MANAGE, methods=FORM)
@recently_authenticated(back=member_url)
def role(request: PortalRequest, membership_id: int) -> HttpResponse:
    if request.method != "POST":
        return redirect(member_url(request, membership_id))
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _member(request, membership_id, form=form, status=422)
    wanted = Role(form.cleaned_data["role"])
    try:
        changed = roster.change_role(
            partner=request.partner,
            membership_id=membership_id,
            seen=form.cleaned_data["seen"],
            wanted=wanted,
            user=request.user,
            actor=Actor.of(request),
        )
    except NotAllowedError as error:
        raise Http404 from error
    except RefusedError as refusal:
        messages.error(request, str(refusal.sentence))
        return _member(request, membership_id, status=refusal.status)
    person = reports.member(partner=request.partner, user=request.user, membership_id=membership_id)
    if person is None:
        return _seen(page_url(request))
    if not changed:
        messages.info(request, _("Nothing was changed: that is the role already."))
    else:
        messages.success(
            request,
            _("Role of %(name)s changed to: %(role)s. It counts from their next click on.")
            % {"name": person.shown_name, "role": wanted.label},
        )
    return _seen(_after(request, person, still_manages=wanted == Role.ACCOUNT_MANAGER))


@partner_view(action=MANAGE, methods=FORM)
@recently_authenticated
def remove(request: PortalRequest, membership_id: int) -> HttpResponse:
    """GET asks whether it is meant; POST does it."""
    if request.method != "POST":
        draft(request)
        return _remove(request, membership_id)
    form = RemoveForm(request.POST)
    try:
        if not form.is_valid():
            raise incomplete()
        person = roster.remove(
            partner=request.partner,
            membership_id=membership_id,
            seen=form.cleaned_data["seen"],
            user=request.user,
            actor=Actor.of(request),
        )
    except NotAllowedError as error:
        raise Http404 from error
    except RefusedError as refusal:
        messages.error(request, str(refusal.sentence))
        return _remove(request, membership_id, status=refusal.status)
    messages.success(
        request,
        _("%(name)s is not a member of %(partner)s any more.")
        % {"name": person.shown_name, "partner": request.partner.name},
    )
    return _seen(reverse("partners:picker") if person == request.user else page_url(request))


def incomplete() -> RefusedError:
    return RefusedError(_("Nothing was changed: the form was incomplete. Look again, then send it once more."))


def _page(request: PortalRequest, *, form: InviteForm | None = None, status: int = 200) -> HttpResponse:
    shown = reports.page(partner=_present(request), user=request.user, now=timezone.now())
    if request.method != "POST":
        form = InviteForm(_drafts(request, shown))
    context = {"page": shown, "form": form or InviteForm(), "roles": ROLE_SENTENCES.values()}
    return render(request, "members/page.html", context, status=status)


def _present(request: PortalRequest) -> Partner:
    """After a refusal, what somebody else changed meanwhile is shown as well."""
    if request.method == "POST":
        request.partner.refresh_from_db(fields=["members_need_mfa"])
    return request.partner


def _drafts(request: PortalRequest, shown: reports.Page) -> QueryDict | None:
    """What was typed before the person was led away to confirm who they are. The forms that are one button each have
    nothing to keep, but their sender is told as well that nothing happened yet."""
    partner_id = request.partner.partner_id
    draft(request, reverse("members:mfa_rule", args=[partner_id]))
    for each in shown.invitations.data or ():
        for name in ("members:resend", "members:revoke"):
            draft(request, reverse(name, args=[partner_id, each.id]))
    return draft(request, reverse("members:invite", args=[partner_id]))


def _refused(request: PortalRequest, refusal: RefusedError) -> HttpResponse:
    messages.error(request, str(refusal.sentence))
    return _page(request, status=refusal.status)


def _member(
    request: PortalRequest, membership_id: int, *, form: RoleForm | None = None, status: int = 200
) -> HttpResponse:
    person = reports.member(partner=request.partner, user=request.user, membership_id=membership_id)
    if person is None:
        return _gone(request)
    if form is None:
        kept = None
        if request.method != "POST":
            kept = draft(request, reverse("members:role", args=[request.partner.partner_id, membership_id]))
        # What was chosen, beside the role that the person sees now.
        chosen = kept.get("role", person.role) if kept else person.role
        form = RoleForm(initial={"role": chosen, "seen": person.role})
    context = {"person": person, "form": form, "roles": ROLE_SENTENCES.values()}
    return render(request, "members/member.html", context, status=status)


def _remove(request: PortalRequest, membership_id: int, *, status: int = 200) -> HttpResponse:
    person = reports.member(partner=request.partner, user=request.user, membership_id=membership_id)
    if person is None:
        return _gone(request)
    context = {
        "person": person,
        "form": RemoveForm(initial={"seen": person.role}),
        "sent": reports.open_invitations_by(partner=request.partner, membership_id=membership_id),
    }
    return render(request, "members/remove.html", context, status=status)


def _gone(request: PortalRequest) -> HttpResponse:
    """Nobody of that number here. Whoever just tried to change them reads why on the list."""
    if request.method != "POST":
        raise Http404
    return _page(request, status=roster.CONFLICT)


def _after(request: PortalRequest, person: Member, *, still_manages: bool) -> str:
    """Those who lowered themselves no longer see the members page."""
    if person.is_reader and not still_manages:
        return request.partner.get_absolute_url()
    return page_url(request)


def _mailed(request: PortalRequest, invitation: Invitation, token: str, *, again: bool = False) -> HttpResponse:
    link = request.build_absolute_uri(reverse("members:accept", args=[token]))
    if mail.send(invitation, link=link):
        words = (
            _("Invitation sent again to %(email)s. The link in the earlier mail no longer works.")
            if again
            else _("Invitation sent to %(email)s.")
        )
        messages.success(request, words % {"email": invitation.email})
    else:
        messages.error(
            request,
            _(
                "The mail to %(email)s could not be sent: the mail server did not take it. "
                "The invitation is kept in the list; send it again from there in a while."
            )
            % {"email": invitation.email},
        )
    return _seen(page_url(request))


def _seen(url: str) -> HttpResponse:
    response = redirect(url)
    response.status_code = 303
    return response
