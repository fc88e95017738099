"""Every address of the portal and who may do what there: the table that access, policy and payload tests go by.

One line an address, room by room. `tests/test_access.py` fails when one is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from attribution_portal.partners.permissions import Action

# By the names that stand in routes. Rows of the portal's own get their ids when a test makes them (`Rows`).
Ids = Mapping[str, object]
Fields = Mapping[str, str]
ACME: Ids = {"partner": "partner-id-acme", "event": "evt_closed", "package": "pkg_main", "row": "cr_closed_a1"}
ROWS: Ids = {"membership": 1, "invitation": 1, "person": 1, "account": 1, "token": "x"}


@dataclass(frozen=True, slots=True)
class Address:
    """`get` and `post` are the statuses that those who may get: for the plain address, and for a form of `fields`, by
    default none. 405: not that way. `proof`: the form is taken from somebody only who proved a moment ago who they
    are."""

    name: str
    route: str
    get: int = 200
    post: int = 405
    proof: bool = False
    fields: Fields = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Acme's, and of the first row of each kind."""
        return self.at({**ACME, **ROWS})

    def at(self, ids: Ids) -> str:
        return self.route.format_map(ids)

    def form(self, ids: Ids) -> dict[str, str]:
        return {name: value.format_map(ids) for name, value in self.fields.items()}


@dataclass(frozen=True, slots=True)
class PartnerAddress(Address):
    """Below /p/<partner_id>/, for members whose role may do `action`. To everybody else the page does not exist."""

    action: Action = Action.READ


ADJUSTMENTS = "/p/{partner}/events/{event}/adjustments/"
MEMBERS = "/p/{partner}/members/"
PARTNER = (
    PartnerAddress("dashboard:page", "/p/{partner}/"),
    # Lookout
    PartnerAddress("lookout:events", "/p/{partner}/events/"),
    PartnerAddress("lookout:event", "/p/{partner}/events/{event}/"),
    PartnerAddress("lookout:model", "/p/{partner}/events/{event}/model/", 303, 422, action=Action.CHANGE_EVENT_MODEL),
    PartnerAddress("lookout:refresh", "/p/{partner}/events/{event}/refresh/", 405, 303),
    PartnerAddress("lookout:events_csv", "/p/{partner}/events/events.csv"),
    PartnerAddress("lookout:events_xlsx", "/p/{partner}/events/events.xlsx"),
    PartnerAddress("lookout:sales_csv", "/p/{partner}/events/{event}/daily-revenue.csv"),
    PartnerAddress("lookout:sales_xlsx", "/p/{partner}/events/{event}/daily-revenue.xlsx"),
    # Adjustments; undo and check find nothing to restore or to look up
    PartnerAddress("adjustments:create", ADJUSTMENTS, 303, 422, action=Action.CHANGE_ADJUSTMENTS),
    PartnerAddress(
        "adjustments:delete",
        f"{ADJUSTMENTS}delete/?id={{row}}",
        200,
        422,
        proof=True,
        fields={"id": "{row}"},
        action=Action.CHANGE_ADJUSTMENTS,
    ),
    PartnerAddress("adjustments:undo", f"{ADJUSTMENTS}undo/", 303, 303, action=Action.CHANGE_ADJUSTMENTS),
    PartnerAddress("adjustments:check", f"{ADJUSTMENTS}check/", 303, 404, action=Action.CHANGE_ADJUSTMENTS),
    PartnerAddress("adjustments:csv", f"{ADJUSTMENTS}adjustments.csv"),
    PartnerAddress("adjustments:xlsx", f"{ADJUSTMENTS}adjustments.xlsx"),
    # Wave
    PartnerAddress("wave:campaigns", "/p/{partner}/campaigns/"),
    PartnerAddress("wave:campaigns_csv", "/p/{partner}/campaigns/campaigns.csv"),
    PartnerAddress("wave:campaigns_xlsx", "/p/{partner}/campaigns/campaigns.xlsx"),
    PartnerAddress("wave:campaign", "/p/{partner}/campaigns/{event}/"),
    PartnerAddress("wave:refresh", "/p/{partner}/campaigns/{event}/refresh/", 405, 303),
    PartnerAddress("wave:csv", "/p/{partner}/campaigns/{event}/campaign.csv"),
    PartnerAddress("wave:xlsx", "/p/{partner}/campaigns/{event}/campaign.xlsx"),
    # Backhaul
    PartnerAddress("backhaul:packages", "/p/{partner}/packages/"),
    PartnerAddress("backhaul:csv", "/p/{partner}/packages.csv"),
    PartnerAddress("backhaul:xlsx", "/p/{partner}/packages.xlsx"),
    PartnerAddress("backhaul:package", "/p/{partner}/packages/{package}/"),
    PartnerAddress("backhaul:evaluation_csv", "/p/{partner}/packages/{package}/evaluation.csv"),
    PartnerAddress("backhaul:evaluation_xlsx", "/p/{partner}/packages/{package}/evaluation.xlsx"),
    PartnerAddress("backhaul:results_csv", "/p/{partner}/packages/{package}/results.csv"),
    PartnerAddress("backhaul:results_xlsx", "/p/{partner}/packages/{package}/results.xlsx"),
    PartnerAddress(
        "backhaul:settings", "/p/{partner}/packages/{package}/settings/", 302, 422, action=Action.CHANGE_SETTINGS
    ),
    PartnerAddress(
        "backhaul:defaults", "/p/{partner}/package-defaults/", 200, 422, proof=True, action=Action.CHANGE_DEFAULTS
    ),
    # Review, of one package
    PartnerAddress("review:sign-off", "/p/{partner}/packages/{package}/sign-off/", 302, 422, action=Action.REVIEW),
    PartnerAddress(
        "review:withdraw", "/p/{partner}/packages/{package}/sign-off/withdraw/", 302, 422, action=Action.REVIEW
    ),
    # Members
    PartnerAddress("members:page", MEMBERS, action=Action.MANAGE_MEMBERS),
    PartnerAddress("members:invite", f"{MEMBERS}invite/", 302, 422, proof=True, action=Action.MANAGE_MEMBERS),
    PartnerAddress("members:mfa_rule", f"{MEMBERS}second-factor/", 302, 422, proof=True, action=Action.MANAGE_MEMBERS),
    PartnerAddress("members:member", f"{MEMBERS}{{membership}}/", action=Action.MANAGE_MEMBERS),
    PartnerAddress(
        "members:role", f"{MEMBERS}{{membership}}/role/", 302, 422, proof=True, action=Action.MANAGE_MEMBERS
    ),
    PartnerAddress(
        "members:remove", f"{MEMBERS}{{membership}}/remove/", 200, 422, proof=True, action=Action.MANAGE_MEMBERS
    ),
    PartnerAddress(
        "members:resend",
        f"{MEMBERS}invitations/{{invitation}}/resend/",
        302,
        303,
        proof=True,
        action=Action.MANAGE_MEMBERS,
    ),
    PartnerAddress(
        "members:revoke",
        f"{MEMBERS}invitations/{{invitation}}/revoke/",
        302,
        303,
        proof=True,
        action=Action.MANAGE_MEMBERS,
    ),
    # Activity
    PartnerAddress("audit:activity", "/p/{partner}/activity/", action=Action.READ_ACTIVITY),
    PartnerAddress("audit:csv", "/p/{partner}/activity.csv", action=Action.READ_ACTIVITY),
    PartnerAddress("audit:xlsx", "/p/{partner}/activity.xlsx", action=Action.READ_ACTIVITY),
)

# For those who operate the portal; to everybody else the pages do not exist.
OPERATORS = (
    Address("operators:accounts", "/operate/"),
    Address("polling:progress", "/operate/polling/"),
    Address("operators:add-account", "/operate/accounts/add/", 302, 422, proof=True),
    Address("operators:account", "/operate/accounts/{account}/"),
    Address("operators:check-account", "/operate/accounts/{account}/check/", 302, 303, proof=True),
    Address("operators:change-password", "/operate/accounts/{account}/password/", 302, 422, proof=True),
    Address("operators:remove-account", "/operate/accounts/{account}/remove/", 302, 409, proof=True),
    Address("operators:partners", "/operate/partners/"),
    Address("operators:partner", "/operate/partners/{partner}/"),
    Address("operators:zone", "/operate/partners/{partner}/zone/", 302, 422, proof=True),
    Address("operators:switch", "/operate/partners/{partner}/switch/", 302, 422, proof=True),
    Address("operators:people", "/operate/people/"),
    Address("operators:person", "/operate/people/{person}/"),
    Address("operators:person-sign-in", "/operate/people/{person}/sign-in/", 302, 422, proof=True),
    Address("operators:person-operator", "/operate/people/{person}/operator/", 302, 422, proof=True),
    Address("operators:person-sessions", "/operate/people/{person}/sessions/", 302, 422, proof=True),
    Address("operators:person-factors", "/operate/people/{person}/factors/", 302, 422, proof=True),
    Address("audit:portal_activity", "/operate/activity/"),
    Address("audit:portal_csv", "/operate/activity.csv"),
    Address("audit:portal_xlsx", "/operate/activity.xlsx"),
)

Statuses = tuple[int, int]


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """About whoever asks, and nobody else. Statuses of GET and of a form without fields: for somebody signed out, for
    somebody signed in, and, where it differs, for somebody with a second factor."""

    name: str
    path: str
    signed_out: Statuses
    signed_in: Statuses
    with_factor: Statuses | None = None


LED: Statuses = (302, 302)
OWN = (
    OwnAddress("partners:picker", "/", LED, (302, 405)),
    OwnAddress("partners:choose", "/partners/", LED, (200, 405)),
    # For those who manage a partner; to everybody else the board does not exist
    OwnAddress("review:board", "/review/", LED, (404, 405)),
    OwnAddress("review:csv", "/review.csv", LED, (404, 405)),
    OwnAddress("review:xlsx", "/review.xlsx", LED, (404, 405)),
    # Invitations: nobody is told anything without the link
    OwnAddress("members:accept", "/invitation/no-such-token/", (404, 405), (404, 405)),
    OwnAddress("members:answer", "/invitation/1/answer/", (404, 404), (404, 404)),
    OwnAddress("members:switch_person", "/invitation/1/sign-out/", (405, 404), (405, 404)),
    # One's account
    OwnAddress("account", "/account/", LED, (200, 405)),
    OwnAddress("account_login", "/account/login/", (200, 200), LED),
    OwnAddress("account_logout", "/account/logout/", LED, (200, 302)),
    OwnAddress("account_inactive", "/account/inactive/", (200, 405), (200, 405)),
    OwnAddress("account_reauthenticate", "/account/reauthenticate/", LED, (200, 200)),
    OwnAddress("account_change_password", "/account/password/change/", LED, (200, 200)),
    OwnAddress("account_set_password", "/account/password/set/", LED, LED),
    OwnAddress("account_reset_password", "/account/password/reset/", (200, 200), (200, 200)),
    OwnAddress("account_reset_password_done", "/account/password/reset/done/", (200, 405), (200, 405)),
    OwnAddress("account_reset_password_from_key", "/account/password/reset/key/1-x/", (200, 200), (200, 200)),
    OwnAddress("account_reset_password_from_key_done", "/account/password/reset/key/done/", (200, 405), (200, 405)),
    OwnAddress("account_second_factor", "/account/second-factor/", LED, (302, 405)),
    OwnAddress("mfa_index", "/account/mfa/", LED, LED),
    OwnAddress("mfa_authenticate", "/account/mfa/authenticate/", LED, LED),
    OwnAddress("mfa_reauthenticate", "/account/mfa/reauthenticate/", LED, LED, (200, 200)),
    OwnAddress("mfa_activate_totp", "/account/mfa/totp/activate/", LED, (200, 200), LED),
    OwnAddress("mfa_deactivate_totp", "/account/mfa/totp/deactivate/", LED, (404, 404), (200, 200)),
    OwnAddress("mfa_view_recovery_codes", "/account/mfa/recovery-codes/", LED, (200, 405)),
    OwnAddress("mfa_generate_recovery_codes", "/account/mfa/recovery-codes/generate/", LED, (200, 200), (200, 302)),
    OwnAddress("mfa_download_recovery_codes", "/account/mfa/recovery-codes/download/", LED, (404, 404)),
    OwnAddress("mfa_list_webauthn", "/account/mfa/passkeys/", LED, LED),
    OwnAddress("mfa_add_webauthn", "/account/mfa/passkeys/add/", LED, (200, 200)),
    OwnAddress("mfa_login_webauthn", "/account/mfa/passkeys/login/", LED, LED),
    OwnAddress("mfa_reauthenticate_webauthn", "/account/mfa/passkeys/reauthenticate/", LED, LED),
    OwnAddress("mfa_remove_webauthn", "/account/mfa/passkeys/1/remove/", LED, (404, 404)),
    OwnAddress("mfa_edit_webauthn", "/account/mfa/passkeys/1/edit/", LED, (404, 404)),
    OwnAddress("usersessions_list", "/account/sessions/", LED, (200, 302)),
    # Without a provider there is no single sign-on
    OwnAddress("sso_login", "/account/sso/login/", (405, 404), (405, 404)),
    OwnAddress("sso_callback", "/account/sso/callback/", (404, 405), (404, 405)),
    OwnAddress("set_language", "/account/setlang/", LED, LED),
)


def whole(answer: HttpResponse) -> HttpResponse:
    """A file that is sent piece by piece stays open until somebody has it all."""
    if answer.streaming:
        b"".join(answer)
    return answer


def routes(resolver: URLResolver | None = None, prefix: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """Name and route of every address, in order."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route, f"{pattern.namespace}:" if pattern.namespace else space)
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}", route
