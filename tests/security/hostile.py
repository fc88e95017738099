"""A platform whose every text tries to become part of the page that shows it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.call import Reply
from attribution_portal.sandbox.exchange import Request
from attribution_portal.sandbox.faults import Json
from attribution_portal.sandbox.refusals import Refusal

# An element, an attribute out of either kind of quotes, the end of a script's or a title's text, a template's
# expression, an override that turns the text after it around, and what a spreadsheet would run.
ELEMENT, ATTRIBUTE = "x-evil", "data-evil"
OVERRIDE = "\N{RIGHT-TO-LEFT OVERRIDE}"
PAYLOADS = (
    f"<{ELEMENT}>&lt;{ELEMENT}&gt;",
    f'"><{ELEMENT} {ATTRIBUTE}="1">',
    f"' {ATTRIBUTE}='1' x='",
    f"</script></title></textarea></style><{ELEMENT}>",
    f"<!--{{{{ 7|add:7 }}}}{{% now %}}<a href='javascript:1'>{ELEMENT}</a>",
    f"{OVERRIDE}evil",
    '=HYPERLINK("https://evil.example","evil")',
)
# What pages need to find their way: without these a page shows failures instead of texts.
IDENTITIES = frozenset({"id", "eid", "partner_id", "tc", "tc_run_id", "campaign_event_series"})
TOKENS = frozenset({"AccessToken", "IdToken", "RefreshToken", "TokenType"})


class HostileSandbox(Sandbox):
    """`identities`: whether ids are hostile too, as far as no page follows them."""

    identities = False

    def _act(self, request: Request, path: str, trace: object) -> Reply:
        try:
            reply = super()._act(request, path, trace)  # type: ignore[arg-type]
        except Refusal as refusal:
            # Said back in every text of the error.
            return Reply(refusal.status, self._poisoned(refusal.body(), "error", 0))
        return reply if path.startswith("/auth") else Reply(reply.status, self._poisoned(reply.body, "", 0))

    def _poisoned(self, value: Json, name: str, position: int) -> Json:
        if isinstance(value, dict):
            return {
                self._key(key, name, index): self._poisoned(member, key, position + index)
                for index, (key, member) in enumerate(value.items())
            }
        if isinstance(value, list):
            return [
                self._poisoned(member, "" if isinstance(member, dict) else name, position + index)
                for index, member in enumerate(value)
            ]
        if not isinstance(value, str) or not self._is_free(name, value):
            return value
        return f"{value} {PAYLOADS[(position + len(name)) % len(PAYLOADS)]}"

    def _key(self, key: str, name: str, index: int) -> str:
        """Clusters of an evaluation are keyed by their own ids (contract §8)."""
        return f"{key} {PAYLOADS[index % len(PAYLOADS)]}" if name == "clusters" and self.identities else key

    def _is_free(self, name: str, value: str) -> bool:
        if name in IDENTITIES and not (
            self.identities and name in {"tc", "id"} and not value.startswith(("evt", "pkg"))
        ):
            return False
        return name not in TOKENS and name != "model" and not _is_a_time(value) and not _is_a_number(value)


def _is_a_time(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_a_number(value: str) -> bool:
    try:
        Decimal(value)
    except ArithmeticError:
        return False
    return True
