"""Service accounts: the list, one account with what its last check found, and what can be done about it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from attribution_portal import http
from attribution_portal.accounts import drafts
from attribution_portal.audit.trail import Actor
from attribution_portal.http import PortalRequest
from attribution_portal.operators import reports
from attribution_portal.operators.forms import AccountForm, PasswordForm
from attribution_portal.operators.sending import sent_from
from attribution_portal.partners import connect, service_accounts, wording
from attribution_portal.partners.decorators import operator_view
from attribution_portal.partners.findings import Findings
from attribution_portal.partners.models import ServiceAccount
from attribution_portal.partners.service_accounts import StillServingError, TakenError
from attribution_portal.platform_api import configuration
from attribution_portal.platform_api.errors import PlatformError

LIST = "operators:accounts"


def _list(request: HttpRequest, *args: object, **kwargs: object) -> str:
    return reverse(LIST)


def _page_of(request: HttpRequest, pk: int) -> str:
    return reverse("operators:account", args=[pk])


@operator_view()
def accounts(request: PortalRequest) -> HttpResponse:
    draft = drafts.draft(request, reverse("operators:add-account"))
    return _show_list(request, AccountForm(initial=draft.dict() if draft else None))


@operator_view()
def account(request: PortalRequest, pk: int) -> HttpResponse:
    for name in ("check-account", "change-password", "remove-account"):
        drafts.draft(request, reverse(f"operators:{name}", args=[pk]))
    return _show(request, pk, PasswordForm())


@sensitive_post_parameters("password")
@sent_from(_list)
def add(request: PortalRequest) -> HttpResponse:
    form = AccountForm(request.POST)
    if not form.is_valid():
        return _show_list(request, form, status=422)
    try:
        added = service_accounts.add(
            username=form.cleaned_data["username"],
            password=form.cleaned_data["password"],
            actor=Actor.of(request),
        )
    except TakenError:
        form.add_error("username", _("An account of this name is stored already. Change its password instead."))
        return _show_list(request, form, status=422)
    except PlatformError as error:
        form.add_error(None, str(error.sentence) + " " + _("Nothing was stored."))
        return _show_list(request, form, status=503 if error.retryable else 422)
    messages.success(request, _("%(username)s signs in and is stored.") % {"username": added.username})
    _check(request, added)
    return _to(reverse("operators:account", args=[added.pk]))


@sent_from(_page_of)
def check(request: PortalRequest, pk: int) -> HttpResponse:
    _check(request, _account(pk))
    return _to(reverse("operators:account", args=[pk]))


@sensitive_post_parameters("password")
@sent_from(_page_of)
def change_password(request: PortalRequest, pk: int) -> HttpResponse:
    found = _account(pk)
    form = PasswordForm(request.POST)
    if not form.is_valid():
        return _show(request, pk, form, status=422)
    try:
        partner_ids = service_accounts.change_password(found, form.cleaned_data["password"], actor=Actor.of(request))
    except PlatformError as error:
        form.add_error(None, str(error.sentence) + " " + _("The password stored before is kept."))
        return _show(request, pk, form, status=503 if error.retryable else 422)
    messages.success(request, _("%(username)s signs in with the new password.") % {"username": found.username})
    _check(request, found, partner_ids)
    return _to(reverse("operators:account", args=[pk]))


@sent_from(_page_of)
def remove(request: PortalRequest, pk: int) -> HttpResponse:
    found = _account(pk)
    try:
        service_accounts.remove(found, actor=Actor.of(request))
    except StillServingError as error:
        messages.error(
            request,
            _("Not removed, because connected partners are read with it: %(partners)s.")
            % {"partners": ", ".join(partner.name for partner in error.partners[: reports.NAMED])},
        )
        return _show(request, pk, PasswordForm(), status=409)
    messages.success(request, _("%(username)s is removed.") % {"username": found.username})
    return _to(reverse(LIST))


def _account(pk: int) -> ServiceAccount:
    found = ServiceAccount.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _check(request: PortalRequest, found: ServiceAccount, partner_ids: tuple[str, ...] | None = None) -> None:
    """No longer than a page may take; partners that the time does not suffice for come first in the next check."""
    findings: Findings = connect.check(
        found,
        actor=Actor.of(request),
        seconds=configuration.number("PLATFORM_PAGE_SECONDS"),
        partner_ids=partner_ids,
    )
    if findings.problem is not None:
        messages.error(request, wording.sign_in(findings))


def _to(address: str) -> HttpResponse:
    response = redirect(address)
    response.status_code = 303
    return response


def _show_list(request: PortalRequest, form: AccountForm, status: int = 200) -> HttpResponse:
    panel = reports.accounts(http.reader(request))
    return render(request, "operators/accounts.html", {"panel": panel, "form": form}, status=status)


def _show(request: PortalRequest, pk: int, form: PasswordForm, status: int = 200) -> HttpResponse:
    page = reports.account(pk)
    if page is None:
        raise Http404
    return render(request, "operators/account.html", {"page": page, "form": form}, status=status)
