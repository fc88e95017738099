"""Creating, deleting and restoring an adjustment, from Lookout's or Wave's page of its event."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from attribution_portal import http
from attribution_portal.accounts.drafts import draft
from attribution_portal.accounts.reauthentication import recently_authenticated
from attribution_portal.adjustments import forms, preview, reading, sending, tables
from attribution_portal.adjustments.forms import AdjustmentForm, DeleteForm, UndoForm
from attribution_portal.adjustments.guard import Check, Finding, Proposal
from attribution_portal.adjustments.intents import Outcome, SentBefore, sent_before
from attribution_portal.adjustments.models import AdjustmentRequest, DeletedAdjustment
from attribution_portal.adjustments.origins import Origin
from attribution_portal.adjustments.panel import NAME
from attribution_portal.adjustments.reading import Desk
from attribution_portal.adjustments.rows import AUTOMATED, AdjustmentRow
from attribution_portal.adjustments.sending import (
    BeingDeleted,
    EqualUnderWay,
    Person,
    RestoredBefore,
    StillThere,
    Values,
)
from attribution_portal.audit.trail import Actor
from attribution_portal.http import PortalRequest
from attribution_portal.partners.decorators import partner_view
from attribution_portal.partners.permissions import Action
from attribution_portal.platform_api.errors import NotFound, NotPermitted, PlatformError, Rejected

METHODS = ("GET", "HEAD", "POST")


@partner_view(action=Action.CHANGE_ADJUSTMENTS, methods=METHODS)
def create(request: PortalRequest, eid: str) -> HttpResponse:
    """First a preview with what speaks against it, then, with `confirm`, the one POST. A GET shows what was typed into
    a form that could not be taken."""
    origin = Origin.named(request.POST)
    if request.method != "POST":
        typed = draft(request)
        return _shown_again(request, eid, typed) if typed else _return(request, eid, Origin.named(request.GET))
    form = AdjustmentForm(request.POST, currency=request.partner.currency, reader=http.reader(request))
    valid = form.is_valid()
    if (known := _known(request, form)) is not None:
        return _sent_before(request, known, origin)
    desk = _desk(request, eid)
    if (refusal := _refusal(request, desk)) is not None:
        form.add_error(None, refusal)
        return _form_page(request, desk, form, origin, status=_status(desk.found.results_error))
    if not valid:
        form.take_over_token_error()
        return _form_page(request, desk, form, origin, status=422)
    if "change" in request.POST:
        return _form_page(request, desk, form, origin)
    values = Values(form.cleaned_data["purchases"], form.cleaned_data["revenue"], request.partner.currency)
    proposal = Proposal(values.purchases, values.revenue, today=_today(request))
    under_way = sending.equal_under_way(request.partner, desk, values)
    found = preview.findings(request.partner, desk, proposal, equal_under_way=under_way)
    warned = {finding.check for finding in found if finding.verdict == "warns"}
    seen = forms.seen(request.POST)
    if "confirm" not in request.POST or (seen is not None and not warned <= seen):
        # What it would be warned of may be its own row, when the same form came twice at once.
        if (known := _known(request, form)) is not None:
            return _sent_before(request, known, origin)
        return _preview_page(request, desk, form, proposal, origin, under_way=under_way)
    try:
        made = sending.create(
            _person(request, form),
            desk,
            values,
            reason=form.cleaned_data["reason"],
            although_under_way=seen is None or Check.EQUAL_UNDER_WAY in seen,
        )
    except EqualUnderWay:
        return _preview_page(request, desk, form, proposal, origin, under_way=True)
    except SentBefore:
        return _raced(request, form, origin)
    except PlatformError as error:
        return _refused_page(request, desk, form, origin, error)
    _tell(request, made)
    return _return(request, eid, origin, row=made.platform_id)


@partner_view(action=Action.CHANGE_ADJUSTMENTS, methods=METHODS)
@recently_authenticated
def delete(request: PortalRequest, eid: str) -> HttpResponse:
    """The row is read past the cache first: what is not there for this partner and this event is not deleted. A GET
    shows the form, filled in for who had to confirm who they are."""
    fields = request.POST if request.method == "POST" else draft(request) or request.GET
    origin = Origin.named(fields)
    sent = request.method == "POST"
    form = DeleteForm(fields if sent else None, initial={name: fields.get(name, "") for name in ("id", "reason")})
    valid = sent and form.is_valid()
    if sent and (known := _known(request, form)) is not None:
        return _sent_before(request, known, origin)
    desk = _desk(request, eid, everything_anew=True)
    row = next((row for row in desk.found.rows if row.id == fields.get("id")), None)
    if (unread := desk.found.results_error) is not None:
        if not sent:
            return _return(request, eid, origin)
        form.add_error(None, str(unread.sentence) + " " + _("Nothing was deleted."))
        form.renew_token()
        return _delete_page(request, desk, form, row, origin, status=_status(unread))
    if row is None:
        # The same form may have come twice at once, and the other one deleted it.
        if sent and (known := _known(request, form)) is not None:
            return _sent_before(request, known, origin)
        return render(
            request,
            "adjustments/gone.html",
            {"title": desk.title, "back": origin.address(request.partner, eid)},
            status=404,
        )
    if sent and not valid:
        form.take_over_token_error()
        return _delete_page(request, desk, form, row, origin, status=422)
    if not sent or (row.source == AUTOMATED and "confirm" not in request.POST):
        return _delete_page(request, desk, form, row, origin)
    try:
        made = sending.delete(_person(request, form), desk, row, reason=form.cleaned_data["reason"])
    except BeingDeleted:
        messages.info(request, _("This row is being deleted already. Nothing was sent again."), NAME)
        return _return(request, eid, origin)
    except SentBefore:
        return _raced(request, form, origin)
    except NotFound:
        messages.info(request, _("The row was gone already: somebody else deleted it. Nothing else was deleted."), NAME)
        return _return(request, eid, origin)
    except PlatformError as error:
        form.add_error(None, str(error.sentence) + " " + _("Nothing was deleted."))
        form.renew_token()
        return _delete_page(request, desk, form, row, origin, status=_status(error))
    _tell(request, made)
    return _return(request, eid, origin)


@partner_view(action=Action.CHANGE_ADJUSTMENTS, methods=METHODS)
def undo(request: PortalRequest, eid: str) -> HttpResponse:
    """Create again what was deleted here."""
    if request.method != "POST":
        return _return(request, eid, Origin.named(request.GET))
    origin = Origin.named(request.POST)
    form = UndoForm(request.POST)
    if not form.is_valid():
        messages.error(request, forms.INCOMPLETE, NAME)
        return _return(request, eid, origin)
    if (known := _known(request, form)) is not None:
        return _sent_before(request, known, origin)
    mine = DeletedAdjustment.objects.filter(partner=request.partner, event_id=eid)
    tombstone = mine.select_related("deletion").filter(pk=form.cleaned_data["id"]).first()
    if tombstone is None:
        raise Http404
    desk = _desk(request, eid)
    if (unread := desk.found.results_error) is not None:
        messages.error(request, str(unread.sentence) + " " + _("Nothing was restored."), NAME)
        return _return(request, eid, origin)
    if tombstone.currency != request.partner.currency:
        # The call names no currency: the same number would be other money.
        words = _("It was in %(currency)s, and the partner's currency is another one now. Nothing was restored.")
        messages.error(request, words % {"currency": tombstone.currency or "—"}, NAME)
        return _return(request, eid, origin)
    proposal = Proposal(tombstone.purchases, tombstone.revenue, today=_today(request))
    found = preview.findings(request.partner, desk, proposal, equal_under_way=False)
    equal = next(finding for finding in found if finding.check is Check.EQUAL_ROW)
    if equal.verdict == "warns" and "confirm" not in request.POST and tombstone.platform_id not in desk.known_ids:
        if (known := _known(request, form)) is not None:
            return _sent_before(request, known, origin)
        context = {
            "tombstone": tombstone,
            "preview": _preview(request, desk, proposal, (equal,)),
            "token": form["token"],
        }
        return _page(request, "adjustments/undo.html", desk, origin, context)
    try:
        made = sending.restore(_person(request, form), desk, tombstone)
    except StillThere:
        messages.info(
            request, _("The row is there: the platform still has it, or has it again. Nothing was restored."), NAME
        )
        return _return(request, eid, origin)
    except RestoredBefore:
        messages.info(request, _("This was restored already. Nothing was sent again."), NAME)
        return _return(request, eid, origin)
    except SentBefore:
        return _raced(request, form, origin)
    except PlatformError as error:
        messages.error(request, str(error.sentence) + " " + _("Nothing was restored."), NAME)
        return _return(request, eid, origin)
    _tell(request, made)
    return _return(request, eid, origin, row=made.platform_id)


@partner_view(action=Action.CHANGE_ADJUSTMENTS, methods=METHODS)
def check(request: PortalRequest, eid: str) -> HttpResponse:
    """Read back, past the cache, what became of a request. Sends nothing else."""
    if request.method != "POST":
        return _return(request, eid, Origin.named(request.GET))
    number = request.POST.get("id", "")
    mine = AdjustmentRequest.of_event(request.partner, eid).select_related("partner", "user")
    known = mine.filter(pk=int(number)).first() if number.isascii() and number.isdigit() and len(number) < 18 else None
    if known is None:
        raise Http404
    _tell(request, sending.look_again(known, Actor.of(request)) if known.is_open else known)
    return _return(request, eid, Origin.named(request.POST))


def _today(request: PortalRequest) -> date:
    return timezone.now().astimezone(request.partner.zone).date()


def _desk(request: PortalRequest, eid: str, *, everything_anew: bool = False) -> Desk:
    try:
        return reading.read(request.partner, eid, everything_anew=everything_anew)
    except (NotFound, NotPermitted) as error:
        # An event of somebody else, to this account: the same to the reader as one that does not exist.
        raise Http404 from error


def _refusal(request: PortalRequest, desk: Desk) -> str | None:
    """Why nothing can be added, whatever was typed."""
    if (error := desk.found.results_error) is not None:
        return str(error.sentence) + " " + _("Nothing was sent.")
    if not request.partner.currency:
        return _("The platform names no currency for this partner, so amounts cannot be entered.")
    return None


def _status(error: PlatformError | None) -> int:
    if isinstance(error, NotPermitted):
        return 403
    return 503 if error is not None and error.retryable else 422


def _person(request: PortalRequest, form: AdjustmentForm | DeleteForm | UndoForm) -> Person:
    return Person(request.user, Actor.of(request), request.partner, form.cleaned_data["token"])


def _preview(request: PortalRequest, desk: Desk, proposal: Proposal, found: tuple[Finding, ...]) -> preview.Preview:
    return preview.preview(request.partner, desk, proposal, found, reader=http.reader(request))


def _page(
    request: PortalRequest, template: str, desk: Desk, origin: Origin, context: dict[str, object], status: int = 200
) -> HttpResponse:
    shared = {"eid": desk.eid, "title": desk.title, "origin": origin}
    back = {"back": origin.address(request.partner, desk.eid)}
    return render(request, template, {**shared, **back, **context}, status=status)


def _form_page(
    request: PortalRequest, desk: Desk, form: AdjustmentForm, origin: Origin, status: int = 200
) -> HttpResponse:
    others = [name for name in desk.currencies if name != request.partner.currency]
    return _page(request, "adjustments/create.html", desk, origin, {"form": form, "others": others}, status)


def _shown_again(request: PortalRequest, eid: str, typed: QueryDict) -> HttpResponse:
    form = AdjustmentForm(typed, currency=request.partner.currency, reader=http.reader(request))
    form.renew_token()
    desk = _desk(request, eid)
    if (refusal := _refusal(request, desk)) is not None:
        form.add_error(None, refusal)
    return _form_page(request, desk, form, Origin.named(typed))


def _preview_page(
    request: PortalRequest, desk: Desk, form: AdjustmentForm, proposal: Proposal, origin: Origin, *, under_way: bool
) -> HttpResponse:
    found = preview.findings(request.partner, desk, proposal, equal_under_way=under_way)
    context = {"form": form, "preview": _preview(request, desk, proposal, found)}
    return _page(request, "adjustments/preview.html", desk, origin, context)


def _refused_page(
    request: PortalRequest, desk: Desk, form: AdjustmentForm, origin: Origin, error: PlatformError
) -> HttpResponse:
    """Certainly not taken: the values stay, for another try under a new token."""
    if isinstance(error, Rejected):
        form.refused(error.fields)
    form.add_error(None, str(error.sentence) + " " + _("Nothing was added."))
    form.renew_token()
    return _form_page(request, desk, form, origin, status=_status(error))


def _delete_page(
    request: PortalRequest,
    desk: Desk,
    form: DeleteForm,
    row: AdjustmentRow | None,
    origin: Origin,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, object] = {
        "form": form,
        "row": row,
        "source": tables.source_name(row.source) if row else "",
        "automated": row is not None and row.source == AUTOMATED,
        "currency": request.partner.currency or None,
    }
    return _page(request, "adjustments/delete.html", desk, origin, context, status)


def _return(request: PortalRequest, eid: str, origin: Origin, *, row: str = "") -> HttpResponse:
    """To the list or, better, to the row that it is about. Messages stand above the list, by their tag."""
    response = HttpResponseRedirect(origin.address(request.partner, eid, row=row or None))
    response.status_code = 303
    return response


def _known(request: PortalRequest, form: AdjustmentForm | DeleteForm | UndoForm) -> AdjustmentRequest | None:
    """What the form's token was used for already."""
    token = form.cleaned_data.get("token")
    return sent_before(AdjustmentRequest, partner=request.partner, token=token) if token else None


def _raced(request: PortalRequest, form: AdjustmentForm | DeleteForm | UndoForm, origin: Origin) -> HttpResponse:
    """The same form came twice at once, and the other one was first."""
    known = _known(request, form)
    if known is None:
        # The token belongs to another partner's request: nothing of this one.
        raise Http404
    return _sent_before(request, known, origin)


def _sent_before(request: PortalRequest, known: AdjustmentRequest, origin: Origin) -> HttpResponse:
    if known.outcome == Outcome.DONE:
        messages.info(request, _("This form was sent before, and it worked. Nothing was sent again."), NAME)
    else:
        messages.info(request, _("This form was sent before. Nothing was sent again."), NAME)
    if known.makes_a_row and known.platform_id:
        return _return(request, known.event_id, origin, row=known.platform_id)
    return _return(request, known.event_id, origin)


def _tell(request: PortalRequest, made: AdjustmentRequest) -> None:
    if made.outcome == Outcome.DONE:
        messages.success(
            request,
            {
                AdjustmentRequest.Action.CREATE.value: _("Adjustment added."),
                AdjustmentRequest.Action.DELETE.value: _("Adjustment deleted. What it was is kept below the list."),
                AdjustmentRequest.Action.UNDO.value: _("Adjustment restored as a new row."),
            }[made.action],
            NAME,
        )
    elif made.outcome == Outcome.NOT_TAKEN:
        messages.warning(request, _("The platform did not take it."), NAME)
    elif made.outcome == Outcome.REFUSED:
        messages.warning(request, _("The platform refused it."), NAME)
    else:
        messages.warning(
            request,
            _("We don't know yet whether the platform took it. It is not sent again; the list says more."),
            NAME,
        )
