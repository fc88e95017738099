"""What people type into forms here, brought into one spelling or refused in words."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

LONGEST_ADDRESS = 254
# Joiners, which scripts and emoji need, and the marks that only tell a letter's direction.
_MEANT = frozenset("\u200c\u200d\u200e\u200f")


def address(typed: str) -> str:
    """An e-mail address in its one spelling: small letters, no space around it. Raises ValidationError.

    Only ASCII passes: letters that look like others or fold into them (a dotless i, a Kelvin sign, a full-width a)
    would make two addresses of one, or one of two.
    """
    text = typed.strip(" \t\r\n")
    if not text.isascii():
        raise ValidationError(
            _(
                "Some characters of this address only look like plain ones, or are not among a–z, digits and signs. "
                "Type it anew; a domain with other letters is written in its form that begins with “xn--”."
            ),
            code="not_ascii",
        )
    if not text.isprintable():
        raise ValidationError(_("This address contains a character that cannot be seen. Type it anew."), code="unseen")
    if len(text) > LONGEST_ADDRESS:
        raise ValidationError(_("This is longer than an e-mail address can be."), code="long")
    try:
        validate_email(text)
    except ValidationError:
        raise ValidationError(
            _("This is not an e-mail address: it should look like name@example.org."), code="invalid"
        ) from None
    return text.lower()


def line(typed: str) -> str:
    """One line of text, with single spaces. Raises ValidationError for characters that nobody sees, such as a null
    byte or one that turns the direction of what follows."""
    text = " ".join(typed.split())
    if any(unicodedata.category(sign) in {"Cc", "Cf", "Cs"} and sign not in _MEANT for sign in text):
        raise ValidationError(_("This contains a character that cannot be seen. Type it anew."), code="unseen")
    return text
