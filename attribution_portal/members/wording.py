"""What is said about roles, links and people in more than one place."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attribution_portal.members.models import Invitation
from attribution_portal.panels import Text
from attribution_portal.partners.models import Role

ROLE_SENTENCES: Final[dict[Role, Text]] = {
    Role.VIEWER: gettext_lazy("Viewers read everything about the partner and change nothing."),
    Role.EDITOR: gettext_lazy(
        "Editors also make adjustments, choose an event's attribution model and change package settings."
    ),
    Role.ACCOUNT_MANAGER: gettext_lazy(
        "Account managers also review packages, set the partner's defaults and decide who is a member."
    ),
}


def inviter(invitation: Invitation) -> str:
    """Name and address of whoever sent it; they may have gone since."""
    user = invitation.invited_by
    if user is None:
        return _("Somebody who looks after this partner")
    return f"{user.name} ({user.email})" if user.name else user.email
