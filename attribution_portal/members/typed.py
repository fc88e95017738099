"""What people type into forms here and nobody sees: refused in words."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Joiners, which scripts and emoji need, and the marks that only tell a letter's direction.
_MEANT = frozenset("\u200c\u200d\u200e\u200f")


def check_plain(address: str) -> None:
    """Say what is wrong with an address that merely looks like one. Raises ValidationError.

    Only ASCII passes: letters that look like others or fold into them (a dotless i, a Kelvin sign, a full-width a)
    would make two addresses of one, or one of two.
    """
    if not address.isascii():
        raise ValidationError(
            _(
                "Some characters of this address only look like plain ones, or are not among a–z, digits and signs. "
                "Type it anew; a domain with other letters is written in its form that begins with “xn--”."
            ),
            code="not_ascii",
        )
    if not address.isprintable():
        raise ValidationError(_("This address contains a character that cannot be seen. Type it anew."), code="unseen")


def line(typed: str) -> str:
    """One line of text, with single spaces. Raises ValidationError for characters that nobody sees, such as a null
    byte or one that turns the direction of what follows."""
    text = " ".join(typed.split())
    if any(unicodedata.category(sign) in {"Cc", "Cf", "Cs"} and sign not in _MEANT for sign in text):
        raise ValidationError(_("This contains a character that cannot be seen. Type it anew."), code="unseen")
    return text
