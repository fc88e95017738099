"""Campaign results, the "sales adjustments" of one event (§6)."""

from __future__ import annotations

from decimal import Decimal

from attribution_portal.platform_api.cache import Ages
from attribution_portal.platform_api.calls import Question, Read, write
from attribution_portal.platform_api.events import scope
from attribution_portal.platform_api.payloads import Adjustment, Reading, Taken
from attribution_portal.platform_api.payloads import events as decode
from attribution_portal.platform_api.transport import Caller, Endpoint

LIST = Read(Endpoint("GET", "/campaign_results/"), decode.adjustments, Ages(soft=30, hard=300))
CREATE = Endpoint("POST", "/campaign_results/")
DELETE = Endpoint("DELETE", "/campaign_results/")


def list_for_event(*, caller: Caller, eid: str) -> Reading[tuple[Adjustment, ...]]:
    """§6 `GET /campaign_results/`: the event's rows, each id once. Raises NotPermitted where the deployment
    does not let partner accounts read them (401 or 403); the rows inside daily revenue are then the only
    source."""
    return of_event(partner_id=caller.partner_id, eid=eid).read(caller)


def of_event(*, partner_id: str, eid: str) -> Question[tuple[Adjustment, ...]]:
    """What `list_for_event` reads."""
    return Question(LIST, scope(eid), {"eid": eid, "partner_id": partner_id})


def create(*, caller: Caller, eid: str, purchases: int, revenue: Decimal) -> Taken[Adjustment | None]:
    """§6 `POST /campaign_results/`, once, all of it in the query string. `purchases` counts, `revenue` is
    money.

    The value is None when the platform took it without showing the row: reading the list again finds it. Raises Unknown
    when it is not known whether it was taken: read back, never send again.
    """
    answer = write(
        CREATE,
        caller=caller,
        drops=(scope(eid), "portfolio"),
        query={"eid": eid, "partner_id": caller.partner_id, "purchase": purchases, "revenue": revenue},
    )
    return Taken(decode.created_adjustment(answer.value), answer.request_id)


def delete(*, caller: Caller, adjustment_id: str, eid: str) -> Taken[object]:
    """§6 `DELETE /campaign_results/?id=`, once, **by bare id**: nothing in the call says whose row it is.
    The caller has just read the row for this partner and event, or does not call. Raises NotFound when it is
    gone already."""
    return write(DELETE, caller=caller, drops=(scope(eid), "portfolio"), query={"id": adjustment_id})
