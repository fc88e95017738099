"""Adjustments that people made, deleted and restored here. What the platform has is read from it, never from these
rows: they keep what it forgets, which is who, why, and what once was."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attribution_portal.adjustments.intents import OPEN, Intent, Outcome
from attribution_portal.audit.trail import Kind, Values
from attribution_portal.formats import raw
from attribution_portal.partners.models import Partner

# As wide as the platform's numbers may be (payloads.wire): a row that is restored is exactly what it was.
DIGITS, PLACES = 46, 30


class AdjustmentRequest(Intent):
    """One POST or DELETE of a campaign result (contract §6). `purchases` counts, `revenue` is money in `currency`.

    platform_id: of a deletion the row that it is about; else the row that it made, "" as long as that is not known.
    known_ids: the rows of campaign results just before it was sent, by which a new one is told.
    source, recorded_at: of the row that is deleted, the platform's word and its `created_at`.
    undoes: the deletion that it takes back.
    """

    class Action(models.TextChoices):
        CREATE = "create", _("create")
        DELETE = "delete", _("delete")
        UNDO = "undo", _("undo")

    action = models.CharField(max_length=10, choices=Action.choices)
    purchases = models.BigIntegerField()
    revenue = models.DecimalField(max_digits=DIGITS, decimal_places=PLACES)
    currency = models.CharField(max_length=3, blank=True)
    reason = models.TextField(blank=True)
    platform_id = models.TextField(blank=True)
    known_ids = models.JSONField(default=list)
    source = models.TextField(blank=True)
    recorded_at = models.DateTimeField(null=True)
    undoes = models.ForeignKey("DeletedAdjustment", null=True, on_delete=models.PROTECT, related_name="undoings")

    class Meta:
        indexes = [models.Index(fields=["partner", "event_id", "-made_at"], name="adjustment_requests_of_event")]
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="adjustment_outcome_known"),
            models.UniqueConstraint(
                fields=["partner", "platform_id"],
                condition=Q(action__in=["create", "undo"]) & ~Q(platform_id=""),
                name="adjustment_made_once",
            ),
            models.UniqueConstraint(
                fields=["partner", "platform_id"],
                condition=Q(action="delete", outcome__in=OPEN),
                name="adjustment_deleted_by_one_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["undoes"],
                condition=~Q(outcome__in=["refused", "not_taken"]),
                name="adjustment_restored_once",
            ),
            models.CheckConstraint(
                condition=Q(action="undo", undoes__isnull=False) | (~Q(action="undo") & Q(undoes=None)),
                name="adjustment_undoing_undoes",
            ),
        ]

    @property
    def makes_a_row(self) -> bool:
        return self.action != self.Action.DELETE

    @property
    def kind(self) -> Kind:
        return {
            self.Action.CREATE.value: Kind.ADJUSTMENT_CREATED,
            self.Action.DELETE.value: Kind.ADJUSTMENT_DELETED,
            self.Action.UNDO.value: Kind.ADJUSTMENT_RESTORED,
        }[self.action]

    def on_record(self) -> tuple[Values, Values, str]:
        values: Values = {
            "id": self.platform_id or None,
            "purchases": self.purchases,
            "revenue": raw(self.revenue),
            "currency": self.currency or None,
        }
        if self.action == self.Action.DELETE:
            return values, {}, self.reason
        before: Values = {"id": self.undoes.platform_id} if self.undoes else {}
        return before, values, self.reason


class DeletedAdjustment(models.Model):
    """What is left of a row that was deleted here: its values, and through `deletion` who, why and when.

    `source` is the platform's word, "" when it gave none; `recorded_at` its `created_at`.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    event_id = models.TextField()
    platform_id = models.TextField()
    purchases = models.BigIntegerField()
    revenue = models.DecimalField(max_digits=DIGITS, decimal_places=PLACES)
    currency = models.CharField(max_length=3, blank=True)
    source = models.TextField(blank=True)
    recorded_at = models.DateTimeField(null=True)
    deletion = models.OneToOneField(AdjustmentRequest, on_delete=models.PROTECT, related_name="tombstone")

    class Meta:
        indexes = [models.Index(fields=["partner", "event_id"], name="deleted_adjustments_of_event")]

    def __str__(self) -> str:
        return f"{self.event_id} {self.platform_id}"
