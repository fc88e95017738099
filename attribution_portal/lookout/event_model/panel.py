"""The event page's panel of the attribution model in force, and what may be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from attribution_portal.adjustments import panel as adjustment_panel
from attribution_portal.audit.trail import Actor
from attribution_portal.credit import Credit, credit
from attribution_portal.formats import Reader
from attribution_portal.lookout.event_model import changing
from attribution_portal.lookout.event_model.forms import ModelForm
from attribution_portal.lookout.models import ModelChange
from attribution_portal.panels import Panel
from attribution_portal.partners.models import Partner, Role
from attribution_portal.partners.permissions import Action, may
from attribution_portal.platform_api import events
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import Reading

NAME: Final = "event-model"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What may be done about the event's attribution model. form: None where nothing may, and `why_not` says why to
    those whose role would let them. standing: changes whose outcome is not known, in sentences."""

    form: ModelForm | None
    why_not: str
    standing: tuple[str, ...]


def panel(own: Reading[str | None] | PlatformError, *, partner: Partner, retry: str) -> Panel[Credit]:
    outcome: Reading[Credit] | PlatformError
    if isinstance(own, PlatformError):
        outcome = own
    else:
        in_force = credit(event_model=own.value, partner_default=partner.default_event_model)
        outcome = Reading(in_force, own.read_at, own.stale)
    return Panel.of(NAME, outcome, retry=retry)


def choice(
    own: Reading[str | None] | PlatformError,
    *,
    changes: list[ModelChange],
    partner: Partner,
    eid: str,
    role: Role,
    reader: Reader,
) -> ModelChoice:
    """changes: the open ones. Those that nobody knew the end of are settled by what the reading tells."""
    if isinstance(own, Reading) and changes and changing.resolve(changes, own, actor=Actor.portal()):
        changes = changing.open_changes(partner, eid)
    permitted = may(role, Action.CHANGE_EVENT_MODEL) and isinstance(own, Reading)
    reachable = isinstance(own, Reading) and not adjustment_panel.is_cut_off(own, events.MODEL, timezone.now())
    return ModelChoice(
        form=ModelForm(own=own.value) if permitted and reachable and isinstance(own, Reading) else None,
        why_not=_("The platform cannot be reached right now, so the model cannot be changed.")
        if permitted and not reachable
        else "",
        standing=tuple(
            _(
                "We don't know yet whether the platform took the change to %(model)s (%(who)s, %(ago)s). It is not sent"
                " again."
            )
            % {
                "model": change.model,
                "who": change.user.shown_name,
                "ago": reader.ago(change.made_at, timezone.now()),
            }
            for change in changes
        ),
    )
