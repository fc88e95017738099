"""The event's attribution model (contract §5), in words. It decides how the daily chart splits sales between campaigns
and organic. It has nothing to do with the models of a package, and shares no type, label or help text with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

EXTERNAL = "EXTERNAL"
# Those that the portal can set. The platform may use others.
MODELS = ("FD", "META", EXTERNAL)

_NAMES: dict[str, Promise] = {
    "FD": gettext_lazy("Future Demand"),
    "META": gettext_lazy("Meta"),
    EXTERNAL: gettext_lazy("External"),
}
_SENTENCES: dict[str, Promise] = {
    "FD": gettext_lazy("Future Demand computes which sales are credited to campaigns."),
    "META": gettext_lazy("Campaigns are credited with what Meta's pixel or conversion API reports."),
    EXTERNAL: gettext_lazy(
        "The credit is computed outside the platform, so the platform shows no campaign results for this event."
    ),
}


@dataclass(frozen=True, slots=True)
class Credit:
    """The model in force. `model` is the platform's word, which may be one that the portal does not know; None when
    neither the event nor the partner names one. `name` and `sentence` are for people, `origin` says whose choice it is.

    whose: `own` differs from the partner's default, `default` is the partner's, `same` is what the platform gives for
    the event and equals the partner's default, `unknown` where there is no default to compare with.
    """

    model: str | None
    whose: Literal["own", "default", "same", "unknown"]

    @property
    def is_external(self) -> bool:
        return self.model == EXTERNAL

    @property
    def can_be_set(self) -> bool:
        """Whether the portal could bring it back once another one is in force."""
        return self.model in MODELS

    @property
    def code(self) -> str:
        """The platform's word, "" where people read it as the name already."""
        return "" if self.model is None or self.model == self.name else self.model

    @property
    def name(self) -> str:
        if self.model is None:
            return _("Not known")
        return str(_NAMES.get(self.model, self.model))

    @property
    def sentence(self) -> str:
        if self.model is None:
            return _("The platform names no attribution model, neither for this event nor for the partner.")
        if self.model not in _SENTENCES:
            return _("The platform uses a model that this portal does not know. Its name is shown as it came.")
        return str(_SENTENCES[self.model])

    @property
    def origin(self) -> str:
        if self.model is None:
            return ""
        return {
            "own": _("Chosen for this event. The partner's default is another one."),
            "default": _("The partner's default: this event has no model of its own."),
            "same": _("The same as the partner's default."),
            "unknown": _("The platform does not tell the partner's default."),
        }[self.whose]


def credit(*, event_model: str | None, partner_default: str) -> Credit:
    """What is in force. event_model: the platform's answer for the event, None when it has none of its own.
    partner_default: "" when the platform does not tell."""
    if event_model is None:
        return Credit(partner_default or None, "default")
    if not partner_default:
        return Credit(event_model, "unknown")
    return Credit(event_model, "same" if event_model == partner_default else "own")
