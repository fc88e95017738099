"""Secrets at rest: encrypted with `FIELD_ENCRYPTION_KEYS`, newest key first, every listed key still opens."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SealBrokenError(Exception):
    """No configured key opens this secret: the one it was sealed with is no longer in FIELD_ENCRYPTION_KEYS."""


def seal(text: str) -> str:
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBrokenError("No key in FIELD_ENCRYPTION_KEYS opens this secret") from None


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])
