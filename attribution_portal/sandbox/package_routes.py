"""Packages, their attribution settings and evaluations, and the partner's defaults (contract §8)."""

from __future__ import annotations

from datetime import date

from attribution_portal.sandbox import wire
from attribution_portal.sandbox.call import Call, Reply
from attribution_portal.sandbox.faults import Json
from attribution_portal.sandbox.packages import REACH, WINDOW_DAYS, Settings
from attribution_portal.sandbox.refusals import Refusal, invalid, not_authorized, not_found


def list_packages(call: Call) -> Reply:
    return Reply(200, [wire.package(package, detail=False) for package in call.tenant.packages.values()])


def one(call: Call) -> Reply:
    return Reply(200, wire.package(call.package, detail=True))


def read_settings(call: Call) -> Reply:
    """Settings that were never set are a 404, an empty object or nulls, by package."""
    package = call.package
    settings = call.state.settings(call.tenant, package)
    if settings is not None:
        return Reply(200, wire.settings(settings))
    if package.unset_as == "missing":
        raise not_found("backhaul_evaluation_details")
    return Reply(200, {} if package.unset_as == "empty" else wire.settings(Settings()))


def put_settings(call: Call) -> Reply:
    """409 for a package that has expired or failed; 422 with the fields that are wrong."""
    package = call.package
    settings = _settings(call.request.json(), date_required=True)
    if package.status in {"EXPIRED", "FAILED"}:
        raise Refusal(409, "error.package.conflict", f"PACKAGE_{package.status}")
    call.state.put_settings(call.tenant, package, settings, call.now)
    return Reply(204) if package.answers_204 else Reply(200, wire.settings(settings))


def evaluation(call: Call) -> Reply:
    package = call.package
    totals = call.state.evaluation(call.tenant, package, call.now)
    if totals is not None:
        return Reply(200, wire.evaluation(totals))
    if package.answers_empty:
        return Reply(200, {"clusters": {}})
    raise not_found("backhaul_evaluation")


def read_defaults(call: Call) -> Reply:
    _own_partner(call)
    defaults = call.state.defaults[call.tenant.id]
    if defaults is None:
        raise not_found("backhaul_attribution_details")
    return Reply(200, wire.settings(defaults, with_date=False))


def post_defaults(call: Call) -> Reply:
    _own_partner(call)
    settings = _settings(call.request.json(), date_required=False)
    call.state.put_defaults(call.tenant, settings, call.now)
    return Reply(200, wire.settings(settings, with_date=False))


def _own_partner(call: Call) -> None:
    if call.ids["partner_id"] != call.tenant.id:
        raise not_authorized()


def _settings(body: Json, *, date_required: bool) -> Settings:
    """The three settings of a body. Raises Refusal: 400 for no object, 422 naming every field that is wrong."""
    if not isinstance(body, dict):
        raise invalid(("", "OBJECT_EXPECTED"), status=400)
    fields: list[tuple[str, str]] = []
    name = "backhaul_evaluation_attribution_window"
    window = body.get(name)
    if not isinstance(window, int) or isinstance(window, bool):
        fields.append((name, "REQUIRED" if window is None else "INVALID_NUMBER"))
    elif window not in WINDOW_DAYS:
        fields.append((name, "OUT_OF_RANGE"))
    name = "backhaul_evaluation_model"
    model = body.get(name)
    if not isinstance(model, str) or model not in REACH:
        fields.append((name, "REQUIRED" if model is None else "INVALID_CHOICE"))
    name = "email_sent_date"
    text = body.get(name)
    sent = _date(text)
    if text is not None and sent is None:
        fields.append((name, "INVALID_DATE"))
    elif text is None and date_required:
        fields.append((name, "REQUIRED"))
    if fields or not isinstance(window, int) or not isinstance(model, str):
        raise invalid(*fields)
    return Settings(model, window, sent)


def _date(value: Json) -> date | None:
    """A date spelled exactly YYYY-MM-DD, None for anything else."""
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
