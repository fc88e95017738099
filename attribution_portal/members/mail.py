"""The mail that carries an invitation's link."""

from __future__ import annotations

import logging
from typing import Final

from django.core.mail import EmailMessage
from django.utils.translation import gettext, ngettext, override
from django.utils.translation import gettext as _

from attribution_portal.formats import Reader
from attribution_portal.members import invitations, wording
from attribution_portal.members.models import Invitation
from attribution_portal.partners.models import Role

logger = logging.getLogger(__name__)

LONGEST_SUBJECT_NAME: Final = 120


def send(invitation: Invitation, *, link: str) -> bool:
    """Whether the mail server took it; after the transaction that made the invitation. The link goes nowhere else: no
    queue and no log sees it, so a failed mail is sent anew with a new one."""
    with override(invitation.language):
        message = EmailMessage(
            subject=_("Invitation to %(partner)s in the Attribution Portal") % {"partner": _partner(invitation)},
            body=_body(invitation, link),
            to=[invitation.email],
            headers={"Auto-Submitted": "auto-generated"},
        )
    try:
        message.send()
    except OSError as error:
        # Every failure of SMTP and of the network below it. What the server says may quote the mail.
        logger.warning("invitation %s was not mailed: %s", invitation.pk, type(error).__name__)
        return False
    invitations.mailed(invitation)
    return True


def _partner(invitation: Invitation) -> str:
    """The name as the platform gives it, fit for one line."""
    name = " ".join(invitation.partner.name.split())
    return name if len(name) <= LONGEST_SUBJECT_NAME else name[: LONGEST_SUBJECT_NAME - 1] + "…"


def _body(invitation: Invitation, link: str) -> str:
    zone = invitation.partner.zone
    reader = Reader(locale=invitation.language, zone=zone, gettext=gettext, ngettext=ngettext)
    words = {
        "inviter": wording.inviter(invitation),
        "partner": _partner(invitation),
        "role": Role(invitation.role).label,
        "end": reader.instant(invitation.expires_at),
        "zone": zone.key,
    }
    parts = [
        _("Hello,"),
        _("%(inviter)s invites you to %(partner)s in the Attribution Portal. Your role: %(role)s.") % words
        + "\n"
        + str(wording.ROLE_SENTENCES[Role(invitation.role)]),
        *([_("A note for you:") + f"\n> {invitation.note}"] if invitation.note else []),
        _("To accept, open this address:") + f"\n{link}",
        _("It works once, until %(end)s (%(zone)s). It is meant for you alone: please do not pass this mail on.")
        % words,
        _("If you did not expect this, leave it: nothing happens unless you accept."),
    ]
    return "\n\n".join(parts) + "\n"
