"""The audit trail: rows that are only ever added, each chained to the one before it in its partner's chain.

What happens at no partner (sign-ins, service accounts) is in the portal-wide chain, where `partner` is null.
`trail.record` is the only writer. The database itself refuses to change or remove a row (triggers, migration 0001):
what the application can be tricked into cannot rewrite history. The owner of the tables can switch triggers off;
then the chain tells (`chain.py`).

The foreign keys to people and partners have no constraint in the database. A constraint would lock those rows at
commit, while the chain is locked too: a deadlock with whoever changes a person and records it. And the trail must
stand however its subjects go: people are disabled and partners disconnected, not deleted (PROTECT refuses it), and
one deleted in plain SQL leaves the trail as it was, with the e-mail address and the title as text.
"""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q


class AuditEvent(models.Model):
    """`at`: when it was recorded, in UTC. `target`: an id (event, package, adjustment, e-mail address); `title`: its
    words for people. `before`, `after`: names to text, whole numbers, yes or no, or null. `session`: a keyed digest.
    `of`: the intended event whose outcome this one tells, in the same chain. `position` counts from 1 in each chain
    without gaps. An id tells nothing of how much other partners do, so it is no number."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    partner = models.ForeignKey(
        "partners.Partner", null=True, on_delete=models.PROTECT, db_constraint=False, related_name="+"
    )
    position = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, db_constraint=False, related_name="+"
    )
    email = models.CharField(max_length=254)
    address = models.CharField(max_length=45)
    session = models.CharField(max_length=16)
    target = models.CharField(max_length=500)
    title = models.CharField(max_length=500)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=2000)
    platform_request = models.CharField(max_length=200)
    of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="outcomes")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["at", "position"]
        constraints = [
            models.UniqueConstraint(fields=["partner", "position"], name="audit_position_once", nulls_distinct=False),
            models.CheckConstraint(condition=Q(position__gte=1), name="audit_position_from_one"),
        ]
        indexes = [
            models.Index(fields=["-at"], name="audit_newest_first"),
            models.Index(fields=["partner", "-at"], name="audit_newest_of_partner"),
            models.Index(fields=["partner", "email"], name="audit_by_person"),
            models.Index(fields=["target"], name="audit_by_target"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome} · {self.email} · {self.at:%Y-%m-%d %H:%M:%S}"


class ChainHead(models.Model):
    """The end of one chain: how many events it has and the last one's hash. Its row is the lock that puts writers in
    line, and shows when the tail of a chain was cut off. The database lets it only step forward, one by one."""

    partner = models.ForeignKey(
        "partners.Partner", null=True, on_delete=models.PROTECT, db_constraint=False, related_name="+"
    )
    position = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner"], name="audit_one_head_per_chain", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.position} · {self.hash}"
