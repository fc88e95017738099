"""E-mail addresses as the portal compares them: one person, one spelling.

Signs that merely look like others are the danger. Python's own lower() makes "k" of the Kelvin sign, and Django's
check lets it pass, so that an address of somebody else could be taken for one that is known. What is not already in its
plain form is therefore no address here at all.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _


def normal(typed: str) -> str:
    """In lower case, without space around it. Raises ValidationError for what is no address, or only looks like one."""
    address = typed.strip()
    local, _at, _domain = address.rpartition("@")
    if not local.isascii() or unicodedata.normalize("NFKC", address) != address:
        raise ValidationError(_("Enter a valid e-mail address."), code="invalid")
    try:
        validate_email(address)
    except ValidationError:
        raise ValidationError(_("Enter a valid e-mail address."), code="invalid") from None
    return address.lower()


class AddressField(forms.CharField):
    """An e-mail address, cleaned to its normal form."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("E-mail address"))
        kwargs.setdefault("max_length", 254)
        kwargs.setdefault("widget", forms.EmailInput(attrs={"autocomplete": "username", "autocapitalize": "none"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        return normal(typed) if typed else typed
