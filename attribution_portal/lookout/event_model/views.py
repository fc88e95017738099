"""Changing an event's attribution model: the effect spelled out first, then, with `confirm`, the one PUT."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from attribution_portal.accounts.drafts import draft
from attribution_portal.adjustments.intents import Outcome, SentBefore, sent_before
from attribution_portal.audit.trail import Actor
from attribution_portal.credit import EXTERNAL, Credit, credit
from attribution_portal.http import PortalRequest
from attribution_portal.lookout.event_model import changing
from attribution_portal.lookout.event_model.changing import ChangedMeanwhile, Wish
from attribution_portal.lookout.event_model.forms import ModelForm
from attribution_portal.lookout.event_model.panel import NAME
from attribution_portal.lookout.models import ModelChange
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.decorators import partner_view
from attribution_portal.partners.permissions import Action
from attribution_portal.platform_api import events
from attribution_portal.platform_api.errors import NotFound, NotPermitted, PlatformError
from attribution_portal.platform_api.gather import gather
from attribution_portal.platform_api.payloads import Event, Reading


@partner_view(action=Action.CHANGE_EVENT_MODEL, methods=("GET", "HEAD", "POST"))
def model(request: PortalRequest, eid: str) -> HttpResponse:
    if request.method != "POST":
        typed = draft(request)
        return _shown_again(request, eid, typed) if typed else _return(request, eid)
    began = timezone.now()
    form = ModelForm(request.POST, own=None)
    valid = form.is_valid()
    token = form.cleaned_data.get("token")
    if token and (known := sent_before(ModelChange, partner=request.partner, token=token)):
        return _sent_before(request, known)
    title, answer = _read(request, eid)
    if isinstance(answer, PlatformError):
        form.add_error(None, str(answer.sentence) + " " + _("Nothing was changed."))
        return _page(request, eid, title, form, None, status=_status(answer))
    own = answer.value
    if not valid:
        if form["token"].errors:
            form.add_error(None, form["token"].errors[0])
        form.anew(own)
        return _page(request, eid, title, form, _in_force(request, own), status=422)
    wanted, token = form.cleaned_data["model"], form.cleaned_data["token"]
    if "seen" in request.POST and request.POST["seen"] != (own or ""):
        # Somebody else may be the same form, come twice at once.
        if (known := sent_before(ModelChange, partner=request.partner, token=token)) is not None:
            return _sent_before(request, known)
        return _changed_meanwhile(request, eid, title, form, own)
    if own == wanted:
        messages.info(request, _("Nothing was sent: the event has this model already."), NAME)
        return _return(request, eid)
    if "confirm" not in request.POST:
        form.anew(own)
        return _page(request, eid, title, form, _in_force(request, own), wanted=wanted)
    wish = Wish(request.user, Actor.of(request), request.partner, eid, title, token, wanted, own, began)
    try:
        change = changing.save(wish)
    except ChangedMeanwhile:
        return _changed_meanwhile(request, eid, title, form, own)
    except SentBefore:
        known = sent_before(ModelChange, partner=request.partner, token=token)
        if known is None:
            raise Http404 from None
        return _sent_before(request, known)
    except PlatformError as error:
        form.anew(own)
        form.add_error(None, str(error.sentence) + " " + _("Nothing was changed."))
        return _page(request, eid, title, form, _in_force(request, own), status=_status(error))
    _tell(request, change)
    return _return(request, eid)


def _shown_again(request: PortalRequest, eid: str, typed: QueryDict) -> HttpResponse:
    """What was chosen in a form that could not be taken, beside what is in force now."""
    form = ModelForm(typed, own=None)
    title, answer = _read(request, eid)
    if isinstance(answer, PlatformError):
        form.add_error(None, str(answer.sentence) + " " + _("Nothing was changed."))
        return _page(request, eid, title, form, None, status=_status(answer))
    form.anew(answer.value)
    return _page(request, eid, title, form, _in_force(request, answer.value))


def _read(request: PortalRequest, eid: str) -> tuple[str, Reading[str | None] | PlatformError]:
    """The event's title and its own model, the latter past the cache."""
    caller = caller_for(request.partner)
    outcomes = gather(
        deadline=caller.deadline,
        event=lambda: events.get(caller=caller, eid=eid),
        model=lambda: events.attribution_model(caller=caller.rereading(), eid=eid),
    )
    event = cast("Reading[Event] | PlatformError", outcomes["event"])
    if isinstance(event, NotFound | NotPermitted):
        raise Http404 from event
    title = event.value.title if isinstance(event, Reading) else ""
    return title or eid, cast("Reading[str | None] | PlatformError", outcomes["model"])


def _in_force(request: PortalRequest, own: str | None) -> Credit:
    return credit(event_model=own, partner_default=request.partner.default_event_model)


def _status(error: PlatformError) -> int:
    if isinstance(error, NotPermitted):
        return 403
    return 503 if error.retryable else 422


def _changed_meanwhile(request: PortalRequest, eid: str, title: str, form: ModelForm, own: str | None) -> HttpResponse:
    form.anew(own)
    wanted = form.cleaned_data["model"]
    return _page(
        request,
        eid,
        title,
        form,
        _in_force(request, own),
        wanted="" if own == wanted else wanted,
        meanwhile=True,
        status=409,
    )


def _page(
    request: PortalRequest,
    eid: str,
    title: str,
    form: ModelForm,
    now: Credit | None,
    *,
    wanted: str = "",
    meanwhile: bool = False,
    status: int = 200,
) -> HttpResponse:
    """now: what is in force, None where it could not be read. wanted: the change to confirm, "" to choose one."""
    context = {
        "eid": eid,
        "title": title,
        "form": form,
        "now": now,
        "then": Credit(wanted, "own") if wanted else None,
        "external": wanted == EXTERNAL,
        "leaves_external": bool(wanted) and now is not None and now.is_external,
        "meanwhile": meanwhile,
        "default": request.partner.default_event_model,
        "back": _address(request, eid),
    }
    return render(request, "lookout/model.html", context, status=status)


def _address(request: PortalRequest, eid: str) -> str:
    return reverse("lookout:event", args=[request.partner.partner_id, eid]) + f"#panel-{NAME}"


def _return(request: PortalRequest, eid: str) -> HttpResponse:
    """To the model that is in force now; messages stand above it, by their tag."""
    response = HttpResponseRedirect(_address(request, eid))
    response.status_code = 303
    return response


def _sent_before(request: PortalRequest, known: ModelChange) -> HttpResponse:
    if known.outcome == Outcome.DONE:
        messages.info(request, _("This form was sent before, and it worked. Nothing was sent again."), NAME)
    else:
        messages.info(request, _("This form was sent before. Nothing was sent again."), NAME)
    return _return(request, known.event_id)


def _tell(request: PortalRequest, change: ModelChange) -> None:
    if change.outcome == Outcome.DONE:
        messages.success(
            request, _("The event's attribution model was changed, and its numbers were read again."), NAME
        )
    elif change.outcome == Outcome.NOT_TAKEN:
        messages.warning(request, _("The platform did not take it."), NAME)
    else:
        messages.warning(request, _("We don't know yet whether the platform took it. It is not sent again."), NAME)
