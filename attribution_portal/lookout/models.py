"""Changes of an event's attribution model that people made here. What is in force is read from the platform."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attribution_portal.adjustments.intents import Intent, Outcome
from attribution_portal.audit.trail import Kind, Values


class ModelChange(Intent):
    """One PUT of an event's attribution model (contract §5). `model`: the one wanted. `before`: the event's own until
    then, "" when it had none; `default`: the partner's, which was in force in that case."""

    model = models.CharField(max_length=40)
    before = models.TextField(blank=True)
    default = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["partner", "event_id", "-made_at"], name="model_changes_of_event")]
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="model_change_outcome_known"),
            models.UniqueConstraint(
                fields=["partner", "event_id"],
                condition=Q(outcome=Outcome.SENDING),
                name="model_changed_by_one_at_a_time",
            ),
        ]

    @property
    def kind(self) -> Kind:
        return Kind.EVENT_MODEL_CHANGED

    def on_record(self) -> tuple[Values, Values, str]:
        before: Values = {"model": self.before or None, "default": self.default or None}
        return before, {"model": self.model}, ""
