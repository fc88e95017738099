"""Campaign results, the "sales adjustments": list, create by query string, delete by bare id (contract §6)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from attribution_portal.sandbox import wire
from attribution_portal.sandbox.call import Call, Reply
from attribution_portal.sandbox.events import Event
from attribution_portal.sandbox.refusals import invalid, not_authorized, not_found


def list_results(call: Call) -> Reply:
    event = _event(call)
    rows = [wire.result_row(row) for row in call.state.rows(call.tenant, event) if row.in_results]
    return Reply(200, list(rows))


def create_result(call: Call) -> Reply:
    """200 with the row, or 204 for an event that is hushed."""
    event = _event(call)
    purchase, revenue = call.request.arg("purchase"), call.request.arg("revenue")
    fields: list[tuple[str, str]] = []
    if not purchase.isdecimal():
        fields.append(("purchase", "INVALID_NUMBER" if purchase else "REQUIRED"))
    amount = _amount(revenue)
    if amount is None:
        fields.append(("revenue", "INVALID_NUMBER" if revenue else "REQUIRED"))
    if fields or amount is None:
        raise invalid(*fields)
    row = call.state.create_row(call.tenant, event, purchase=int(purchase), revenue=amount, now=call.now)
    return Reply(204) if event.hushed else Reply(200, wire.result_row(row))


def delete_result(call: Call) -> Reply:
    """Nothing in the call says whose row it is; only the partner of the header bounds what it may hit."""
    if not call.tenant.reads_results:
        raise not_authorized()
    row_id = call.request.arg("id")
    if not row_id:
        raise invalid(("id", "REQUIRED"), status=400)
    row = call.state.results.get(row_id)
    if row is None or row.partner_id != call.tenant.id:
        raise not_found("campaign_result")
    del call.state.results[row_id]
    return Reply(204)


def _event(call: Call) -> Event:
    if not call.tenant.reads_results or call.request.arg("partner_id") not in {"", call.tenant.id}:
        raise not_authorized()
    eid = call.request.arg("eid")
    if not eid:
        raise invalid(("eid", "REQUIRED"), status=400)
    return call.event_of(eid)


def _amount(text: str) -> Decimal | None:
    """A finite amount of at least zero, None for anything else."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None
