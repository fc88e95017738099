"""Tenants: a partner of the platform, who may see it, and the service account that reads it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from attribution_portal import zones
from attribution_portal.sealing import SealBrokenError, SealedTextField, seal, unseal

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


class ServiceAccount(models.Model):
    """The portal's own sign-in to the platform (contract §2). Its password is sealed and never shown again."""

    username = models.CharField(max_length=254, unique=True)
    sealed_password = SealedTextField()
    added_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now, help_text="when its password was last given")
    signs_in = models.BooleanField(null=True, help_text="what the last check found; empty before the first")
    checked_at = models.DateTimeField(null=True)
    signed_in_at = models.DateTimeField(null=True, help_text="the last check that got in; its token gave the grants")
    findings = models.JSONField(null=True, help_text="the last check, as `partners.findings` writes it")

    def __str__(self) -> str:
        return self.username

    def set_password(self, password: str) -> None:
        self.sealed_password = seal(password)
        self.changed_at = timezone.now()

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
    service_account = models.ForeignKey(
        ServiceAccount,
        on_delete=models.PROTECT,
        null=True,
        related_name="partners",
        help_text="the account in use, or the last one that was",
    )
    connected = models.BooleanField(default=True, help_text="off once no account serves it any more")
    connected_at = models.DateTimeField(auto_now_add=True)
    disconnected_at = models.DateTimeField(null=True)
    switched_off_at = models.DateTimeField(null=True, help_text="an operator closed its pages in the portal")
    members_need_mfa = models.BooleanField(default=False, help_text="its members need a second factor to sign in")

    class Meta:
        ordering = ["name", "partner_id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("dashboard:page", args=[self.partner_id])

    @property
    def is_read(self) -> bool:
        """Whether the platform may be asked about it at all."""
        return self.connected and self.switched_off_at is None

    @cached_property
    def known_zone(self) -> ZoneInfo | None:
        """None when this machine does not know the name that is stored."""
        return zones.zone(self.timezone)

    @cached_property
    def zone(self) -> ZoneInfo:
        """In which days are counted and times shown: pages name `zone.key`, which is UTC where the stored name says
        nothing, and then say so."""
        return self.known_zone or zones.UTC


class Grant(models.Model):
    """The account's token named this partner when it was last checked. Several accounts may serve one partner;
    `partners.serving` decides which of them is used."""

    service_account = models.ForeignKey(ServiceAccount, on_delete=models.CASCADE, related_name="grants")
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="grants")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service_account", "partner"], name="one_grant_per_account_and_partner"),
        ]

    def __str__(self) -> str:
        return f"{self.service_account} · {self.partner}"


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
