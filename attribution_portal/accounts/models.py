"""People who sign in to the portal. They never sign in to the platform."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from attribution_portal.accounts.addresses import normal


class UserManager(BaseUserManager["User"]):
    """Addresses are compared without regard to case, and kept in lower case (addresses.py)."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None) -> User:
        """A person without any partner. Without a password they cannot sign in until one is set."""
        user = self.model(email=normal(email))
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_staff = models.BooleanField(_("operates the portal"), default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.email

    def save(self, **kwargs: Any) -> None:
        """allauth looks addresses up in lower case."""
        self.email = self.email.lower()
        super().save(**kwargs)

    @property
    def is_operator(self) -> bool:
        """Looks after the portal itself: partners, service accounts, people. Sees no partner's numbers by that."""
        return self.is_active and self.is_staff

    @property
    def shown_name(self) -> str:
        return self.name or self.email
