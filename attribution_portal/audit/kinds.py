"""What can be on record, and how it went. Names are nouns: the same one serves an intent, a success and a refusal."""

from __future__ import annotations

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Outcome(TextChoices):
    """INTENDED: about to be sent to the platform; another event, linked by `of`, tells how it went. UNKNOWN: nobody
    can tell whether the platform took it."""

    INTENDED = "intended", _("intended")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")
    UNKNOWN = "unknown", _("not known")


class Kind(TextChoices):
    """Adding one needs no migration. Each belongs to one of the `GROUPS`."""

    SIGNED_IN = "signed_in", _("Sign-in")
    SIGN_IN_FAILED = "sign_in_failed", _("Failed sign-in")
    SIGN_IN_THROTTLED = "sign_in_throttled", _("Sign-in throttled")
    SIGNED_OUT = "signed_out", _("Sign-out")
    SESSION_ENDED = "session_ended", _("Session ended")
    REAUTHENTICATED = "reauthenticated", _("Identity confirmed again")
    PASSWORD_CHANGED = "password_changed", _("Password change")
    PASSWORD_RESET = "password_reset", _("Password reset")
    MFA_ADDED = "mfa_added", _("Second factor added")
    MFA_REMOVED = "mfa_removed", _("Second factor removed")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("New recovery codes")

    MEMBER_INVITED = "member_invited", _("Invitation")
    INVITATION_RESENT = "invitation_resent", _("Invitation sent again")
    INVITATION_REVOKED = "invitation_revoked", _("Invitation revoked")
    INVITATION_ACCEPTED = "invitation_accepted", _("Invitation accepted")
    MEMBER_ADDED = "member_added", _("New member")
    ROLE_CHANGED = "role_changed", _("Role change")
    MEMBER_REMOVED = "member_removed", _("Member removed")
    MFA_RULE_CHANGED = "mfa_rule_changed", _("Rule for second factors")
    PERSON_DISABLED = "person_disabled", _("Person switched off")
    PERSON_ENABLED = "person_enabled", _("Person switched on")
    OPERATOR_CHANGED = "operator_changed", _("Operator's rights")

    PARTNER_CONNECTED = "partner_connected", _("Partner connected")
    PARTNER_DISCONNECTED = "partner_disconnected", _("Partner disconnected")
    PARTNER_MOVED = "partner_moved", _("Partner read by another account")
    PARTNER_ZONE_CHANGED = "partner_zone_changed", _("Partner's time zone")
    PARTNER_SWITCHED_OFF = "partner_switched_off", _("Partner switched off")
    PARTNER_SWITCHED_ON = "partner_switched_on", _("Partner switched on")
    SERVICE_ACCOUNT_ADDED = "service_account_added", _("New service account")
    SERVICE_ACCOUNT_CHANGED = "service_account_changed", _("Service account changed")
    SERVICE_ACCOUNT_REMOVED = "service_account_removed", _("Service account removed")
    KEYS_ROTATED = "keys_rotated", _("Encryption keys rotated")

    ADJUSTMENT_CREATED = "adjustment_created", _("New adjustment")
    ADJUSTMENT_DELETED = "adjustment_deleted", _("Deletion of an adjustment")
    ADJUSTMENT_RESTORED = "adjustment_restored", _("Restoring of an adjustment")

    EVENT_MODEL_CHANGED = "event_model_changed", _("Event's attribution model")
    SETTINGS_CHANGED = "settings_changed", _("Package settings")
    DEFAULTS_CHANGED = "defaults_changed", _("Partner's package defaults")
    PACKAGE_REVIEWED = "package_reviewed", _("Package review")

    EXPORTED = "exported", _("Export")


class Group(TextChoices):
    """What a reader filters by. The value stands in addresses."""

    SIGN_IN = "sign-in", _("Signing in")
    PEOPLE = "people", _("People and roles")
    CONNECTION = "connection", _("Connection to the platform")
    ADJUSTMENTS = "adjustments", _("Adjustments")
    SETTINGS = "settings", _("Models, settings and reviews")
    EXPORTS = "exports", _("Exports")


GROUPS: Final[dict[Group, tuple[Kind, ...]]] = {
    Group.SIGN_IN: (
        Kind.SIGNED_IN,
        Kind.SIGN_IN_FAILED,
        Kind.SIGN_IN_THROTTLED,
        Kind.SIGNED_OUT,
        Kind.SESSION_ENDED,
        Kind.REAUTHENTICATED,
        Kind.PASSWORD_CHANGED,
        Kind.PASSWORD_RESET,
        Kind.MFA_ADDED,
        Kind.MFA_REMOVED,
        Kind.RECOVERY_CODES_MADE,
    ),
    Group.PEOPLE: (
        Kind.MEMBER_INVITED,
        Kind.INVITATION_RESENT,
        Kind.INVITATION_REVOKED,
        Kind.INVITATION_ACCEPTED,
        Kind.MEMBER_ADDED,
        Kind.ROLE_CHANGED,
        Kind.MEMBER_REMOVED,
        Kind.MFA_RULE_CHANGED,
        Kind.PERSON_DISABLED,
        Kind.PERSON_ENABLED,
        Kind.OPERATOR_CHANGED,
    ),
    Group.CONNECTION: (
        Kind.PARTNER_CONNECTED,
        Kind.PARTNER_DISCONNECTED,
        Kind.PARTNER_MOVED,
        Kind.PARTNER_ZONE_CHANGED,
        Kind.PARTNER_SWITCHED_OFF,
        Kind.PARTNER_SWITCHED_ON,
        Kind.SERVICE_ACCOUNT_ADDED,
        Kind.SERVICE_ACCOUNT_CHANGED,
        Kind.SERVICE_ACCOUNT_REMOVED,
        Kind.KEYS_ROTATED,
    ),
    Group.ADJUSTMENTS: (Kind.ADJUSTMENT_CREATED, Kind.ADJUSTMENT_DELETED, Kind.ADJUSTMENT_RESTORED),
    Group.SETTINGS: (
        Kind.EVENT_MODEL_CHANGED,
        Kind.SETTINGS_CHANGED,
        Kind.DEFAULTS_CHANGED,
        Kind.PACKAGE_REVIEWED,
    ),
    Group.EXPORTS: (Kind.EXPORTED,),
}
