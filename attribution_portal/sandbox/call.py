"""One authenticated call: who asks for which partner, and what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from attribution_portal.sandbox.events import Event
from attribution_portal.sandbox.exchange import Request
from attribution_portal.sandbox.faults import Json
from attribution_portal.sandbox.packages import Package
from attribution_portal.sandbox.refusals import invalid, not_found
from attribution_portal.sandbox.state import State
from attribution_portal.sandbox.world import Tenant

PAGE_LIMIT = 50


class Reply(NamedTuple):
    """`body` is left out of the answer when the status is 204."""

    status: int
    body: Json = None


@dataclass(frozen=True, slots=True)
class Call:
    """`ids` are the variable parts of the path. Everything is read from `tenant`, the partner of the call's header."""

    request: Request
    tenant: Tenant
    state: State
    now: datetime
    ids: dict[str, str]

    @property
    def event(self) -> Event:
        """The event of the path. Raises Refusal 404 when this partner has none of that id."""
        return self.event_of(self.ids["eid"])

    def event_of(self, eid: str) -> Event:
        event = self.tenant.events.get(eid)
        if event is None:
            raise not_found("event")
        return event

    @property
    def package(self) -> Package:
        package = self.tenant.packages.get(self.ids["package_id"])
        if package is None:
            raise not_found("package")
        return package

    def whole(self, name: str, *, default: int, lowest: int = 1) -> int:
        """A whole number from the query. Raises Refusal 422 on anything else."""
        text = self.request.arg(name)
        if not text:
            return default
        if not text.isdecimal() or int(text) < lowest:
            raise invalid((name, "INVALID_NUMBER"))
        return int(text)

    def day(self, name: str) -> date | None:
        """A date from the query, None when it is not given. Raises Refusal 422 when it is malformed."""
        text = self.request.arg(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text[:10])
        except ValueError:
            raise invalid((name, "INVALID_DATE")) from None

    def flag(self, name: str) -> bool:
        return self.request.arg(name).lower() in {"true", "1"}

    def page(self, items: Sequence[Json], *, most: int = PAGE_LIMIT) -> dict[str, Json]:
        """The asked-for page of `items`; a limit above `most` is cut to it. Some partners' pages name no neighbours,
        and the last page of the others leaves `nextPage` out."""
        limit = min(self.whole("limit", default=PAGE_LIMIT), most)
        page = self.whole("page", default=1)
        pages = max(1, -(-len(items) // limit))
        body: dict[str, Json] = {
            "total": len(items),
            "limit": limit,
            "page": page,
            "pages": pages,
            "items": list(items[(page - 1) * limit : page * limit]),
        }
        if self.tenant.tells_next_page:
            body["prevPage"] = page - 1 if page > 1 else None
            if page < pages:
                body["nextPage"] = page + 1
        return body
