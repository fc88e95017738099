"""What lists need of a package, and boards of a partner, kept by the database itself."""

from __future__ import annotations

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from attribution_portal.backhaul.models.packages import Package
from attribution_portal.partners.models import Partner


def _bit(bit: int, condition: Q) -> Case:
    return Case(When(condition, then=Value(bit)), default=Value(0))


class Summary(models.Model):
    """One package in one narrow row, by which lists filter, sort, count and sum thousands of them at once.

    Nothing writes it but the database itself: triggers on the rows that it is made of (migration 0009) put it together
    anew whenever one of them changes, so that no writer can forget to. What depends on the time of day, or on whether
    the partner is parked, is not in it (`overview.selection`).

    `search`: title, id and event titles in lower case. `window_end`: the last day that counts. `is_final`: results were
    read on a later day of the partner's. `settings_at`: when the settings last changed. `changes`: how often they did,
    `late_changes`: how often after the window had ended. `deviates`: a value of its own differs from the partner's
    default. `signed`: a `reviews.Kind`."""

    package = models.OneToOneField(Package, primary_key=True, on_delete=models.CASCADE, related_name="summary")
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+", db_index=False)
    title = models.TextField()
    search = models.TextField()
    status = models.TextField()
    merged = models.BooleanField()
    vanished = models.BooleanField()
    created_at = models.DateTimeField(null=True)
    model = models.TextField()
    window_end = models.DateField(null=True)
    has_results = models.BooleanField()
    customers = models.BigIntegerField(null=True)
    items = models.BigIntegerField(null=True)
    revenue = models.DecimalField(max_digits=24, decimal_places=4, null=True)
    result_at = models.DateTimeField(null=True)
    settings_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True, help_text=_("The later of the two"))
    first_seen = models.DateTimeField()
    pending = models.BooleanField()
    is_final = models.BooleanField()
    failing_since = models.DateTimeField(null=True)
    changes = models.IntegerField()
    late_changes = models.IntegerField()
    deviates = models.BooleanField()
    signed = models.CharField(max_length=20)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.TextField()
    # What follows from the row alone is kept with it, so that an index can be in this order (`selection.Reason`).
    rank = models.GeneratedField(
        expression=Case(
            When(Q(merged=True) | Q(vanished=True), then=Value(7)),
            When(Q(failing_since__isnull=False) & ~Q(status__in=("EXPIRED", "FAILED")), then=Value(0)),
            When(signed="unsigned_by_change", then=Value(2)),
            When(signed="signed", then=Value(7)),
            When(Q(is_final=True, has_results=True, pending=False), then=Value(3)),
            When(late_changes__gt=0, then=Value(4)),
            When(changes__gte=3, then=Value(5)),
            When(Q(deviates=True) & ~Q(status__in=("EXPIRED", "FAILED")), then=Value(6)),
            default=Value(7),
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    since = models.GeneratedField(
        expression=Coalesce("failing_since", "settings_at", "result_at", "created_at", "first_seen"),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    waits_since = models.GeneratedField(
        expression=Case(
            When(
                Q(merged=True)
                | Q(vanished=True)
                | Q(status__in=("EXPIRED", "FAILED"))
                | Q(failing_since__isnull=False),
                then=None,
            ),
            When(has_results=True, pending=True, then=F("settings_at")),
            When(Q(has_results=False, status="DONE") & Q(settings_at__isnull=False), then=F("settings_at")),
            When(Q(has_results=False, status="DONE") & ~Q(model=""), then=F("first_seen")),
            default=None,
        ),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )

    # The reasons to look at it, as bits by their places in `selection.Reason`; the second is a matter of the moment.
    why = models.GeneratedField(
        expression=Case(
            When(Q(merged=True) | Q(vanished=True), then=Value(0)),
            default=_bit(1, Q(failing_since__isnull=False) & ~Q(status__in=("EXPIRED", "FAILED")))
            + _bit(4, Q(signed="unsigned_by_change"))
            + _bit(8, Q(signed="unsigned", is_final=True, has_results=True, pending=False))
            + _bit(16, ~Q(signed="signed") & Q(late_changes__gt=0))
            + _bit(32, ~Q(signed="signed") & Q(changes__gte=3))
            + _bit(64, ~Q(signed="signed") & Q(deviates=True) & ~Q(status__in=("EXPIRED", "FAILED"))),
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )

    class Meta:
        indexes = [
            models.Index(fields=["partner", "-created_at"], name="summaries_of_a_partner"),
            models.Index(fields=["rank", "since", "package"], include=["partner", "waits_since"], name="by_attention"),
            models.Index(F("moved_at").desc(nulls_last=True), F("package"), name="by_last_change"),
            models.Index(
                fields=["waits_since"], include=["partner"], condition=Q(waits_since__isnull=False), name="by_waiting"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Tally(models.Model):
    """A partner's packages counted and summed up, kept by triggers on their summaries (migration 0011): what a board
    without filters says of 20,000 packages, it adds up from as many rows as there are partners. Packages that were
    merged into others are counted and not summed up. `why_*`: a `selection.Reason`, of those that do not depend on the
    time of day."""

    partner = models.OneToOneField(Partner, primary_key=True, on_delete=models.CASCADE, related_name="+")
    packages = models.IntegerField(default=0)
    with_results = models.IntegerField(default=0)
    merged = models.IntegerField(default=0)
    customers = models.DecimalField(max_digits=30, decimal_places=0, default=0)
    items = models.DecimalField(max_digits=30, decimal_places=0, default=0)
    revenue = models.DecimalField(max_digits=30, decimal_places=4, default=0)
    why_failing = models.IntegerField(default=0)
    why_changed = models.IntegerField(default=0)
    why_unsigned = models.IntegerField(default=0)
    why_late = models.IntegerField(default=0)
    why_often = models.IntegerField(default=0)
    why_deviates = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.partner_id} {self.packages}"
