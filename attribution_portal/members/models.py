"""Invitations: links by which a person becomes a member of a partner."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from attribution_portal.partners.models import Partner, Role

VALID_FOR: Final = timedelta(days=7)
TOKEN_BYTES: Final = 32
NOTE_LENGTH: Final = 300


def new_token() -> str:
    """256 random bits for an address. It stands in the mail and nowhere else."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Invitation(models.Model):
    """One link, for one address, that works once. Sending it again ends this row as REPLACED and makes another, so a
    link never changes what it stands for.

    email: in small letters. language: that of the mail. token_digest: SHA-256, the token itself is not kept.
    mailed_at: when the mail server took it; None when it did not, or nobody lived to note it.
    """

    class State(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        REVOKED = "revoked"
        REPLACED = "replaced"

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role.choices)
    note = models.CharField(max_length=NOTE_LENGTH, blank=True)
    language = models.CharField(max_length=16)
    token_digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="invitations_sent"
    )
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.OPEN)
    ended_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="invitations_accepted"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "email"], condition=Q(state="open"), name="one_open_invitation_per_address"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_known"),
            models.CheckConstraint(condition=Q(email=Lower(F("email"))), name="invitation_email_in_small_letters"),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="invitation_ended_when_not_open",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "made_at"], name="invitations_of_partner"),
            models.Index(fields=["invited_by", "made_at"], name="invitations_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.partner} · {self.get_role_display()}"

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at <= now

    def end(self, state: State, now: datetime) -> None:
        """The caller holds this row's lock."""
        self.state = state
        self.ended_at = now
        self.save(update_fields=["state", "ended_at", "accepted_by"])
