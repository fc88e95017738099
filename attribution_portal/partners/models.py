"""Tenants: a partner of the platform, who may see it, and the service account that reads it."""

from __future__ import annotations

from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from attribution_portal.partners.sealing import SealBrokenError, seal, unseal


class ServiceAccount(models.Model):
    """The portal's own sign-in to the platform (contract §2). Its password is sealed and never shown again."""

    username = models.CharField(max_length=254, unique=True)
    sealed_password = models.TextField()
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.username

    def set_password(self, password: str) -> None:
        self.sealed_password = seal(password)

    def password(self) -> str:
        """Raises SealBrokenError when its encryption key is gone."""
        return unseal(self.sealed_password)

    def has_password(self, password: str) -> bool:
        """False as well when the stored one can no longer be opened."""
        try:
            return bool(self.sealed_password) and self.password() == password
        except SealBrokenError:
            return False


def default_zone() -> str:
    return settings.PARTNER_TIME_ZONE


class Partner(models.Model):
    """One tenant. `partner_id` is the platform's id (§1), used in addresses, in every header and in every key."""

    partner_id = models.SlugField(max_length=120, unique=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, blank=True, help_text=_("ISO 4217; empty when the platform gives none"))
    timezone = models.CharField(max_length=64, default=default_zone)
    has_lookout = models.BooleanField(null=True)
    has_wave = models.BooleanField(null=True)
    default_event_model = models.CharField(max_length=40, blank=True)
    service_account = models.ForeignKey(ServiceAccount, on_delete=models.PROTECT, related_name="partners")
    connected = models.BooleanField(default=True, help_text=_("off once the account no longer serves it"))
    connected_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "partner_id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("partners:home", args=[self.partner_id])

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Role(models.TextChoices):
    """What somebody is to one partner. What each may do stands in `permissions.py`."""

    VIEWER = "viewer", _("Viewer")
    EDITOR = "editor", _("Editor")
    ACCOUNT_MANAGER = "account_manager", _("Account manager")


class Membership(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "partner"], name="one_membership_per_partner"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.partner} · {self.get_role_display()}"
