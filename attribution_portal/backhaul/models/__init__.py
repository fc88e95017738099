"""What the portal remembers about packages: the platform itself keeps only the present answer (contract §8).

`Package` mirrors the platform's list, `PollState` says what was last read and what is read next, `Evaluation` is the
ledger, `SettingsChange` the history of settings, `DefaultsChange` that of the partner's defaults, `Review` a sign-off,
`Summary` what lists need of a package. Money is `Decimal` in major units of the partner's currency.
"""

from attribution_portal.backhaul.models.changes import (
    LONGEST_WINDOW,
    MODELS,
    Change,
    DefaultsChange,
    KnownDefaults,
    SettingsChange,
)
from attribution_portal.backhaul.models.evaluations import Evaluation
from attribution_portal.backhaul.models.packages import AttributionFields, Package
from attribution_portal.backhaul.models.people import Look, Review
from attribution_portal.backhaul.models.polling import PartnerPoll, PollHour, PollState
from attribution_portal.backhaul.models.summaries import Summary, Tally

__all__ = [
    "LONGEST_WINDOW",
    "MODELS",
    "AttributionFields",
    "Change",
    "DefaultsChange",
    "Evaluation",
    "KnownDefaults",
    "Look",
    "Package",
    "PartnerPoll",
    "PollHour",
    "PollState",
    "Review",
    "SettingsChange",
    "Summary",
    "Tally",
]
