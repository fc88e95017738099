"""Secrets at rest: encrypted with `FIELD_ENCRYPTION_KEYS`, newest key first, every listed key still opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    _Text = models.TextField[str, str]
else:
    _Text = models.TextField


class SealBrokenError(Exception):
    """No configured key opens this secret: the one it was sealed with is no longer in FIELD_ENCRYPTION_KEYS."""


class SealedTextField(_Text):
    """A column of sealed texts, read and written as they are sealed. `rotate_keys` finds columns by this class."""


def seal(text: str) -> str:
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBrokenError("No key in FIELD_ENCRYPTION_KEYS opens this secret") from None


def is_newest(sealed: str) -> bool:
    """Whether the newest key sealed it, so that it stays readable when all others are gone."""
    try:
        Fernet(settings.FIELD_ENCRYPTION_KEYS[0]).decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])
