"""Every call of the contract through the front door (contract §3–§7)."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.routes import HANDLERS
from attribution_portal.sandbox.world import ACME, KLEINKUNST, NORDLICHT, SAKURA

from .conftest import Platform

QUERIES = {
    "/daily_revenue_summary/": "?event_id=evt_closed&currency=EUR&start_date=1900-01-01&end_date=2100-01-01",
    "/campaign_results/": f"?eid=evt_closed&partner_id={ACME}",
}
READS = [path for method, path in HANDLERS if method == "GET"]


def filled(path: str, *, eid: str = "evt_closed", package: str = "pkg_main", partner: str = ACME) -> str:
    query = QUERIES.get(path, "").replace("evt_closed", quote(eid))
    path = path.replace("<eid>", quote(eid)).replace("<package_id>", package)
    return path.replace("<partner_id>", partner) + query


@pytest.mark.parametrize("path", READS)
def test_every_read_answers(platform: Platform, path: str) -> None:
    status, body = platform.call("GET", filled(path))
    assert status == 200
    assert isinstance(body, dict | list)


@pytest.mark.parametrize("path", READS)
def test_the_wrong_trailing_slash_is_not_found(platform: Platform, path: str) -> None:
    bare, _, query = filled(path).partition("?")
    wrong = bare.removesuffix("/") if bare.endswith("/") else f"{bare}/"
    status, body = platform.call("GET", f"{wrong}?{query}")
    assert status == 404
    assert body["validation_errors"] == []


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/events/"), ("POST", "/partners/"), ("HEAD", "/partners/"), ("OPTIONS", "/auth")]
)
def test_a_method_that_no_page_names_is_refused(platform: Platform, method: str, path: str) -> None:
    assert platform.call(method, path)[0] == 405


@pytest.mark.parametrize("path", [path for path in READS if "<eid>" in path])
def test_an_event_of_another_partner_is_not_found(platform: Platform, path: str) -> None:
    status, body = platform.call("GET", filled(path, eid="evt_jpy"))
    assert (status, body["message"]) == (404, "error.event.not_found")


@pytest.mark.parametrize("path", [path for path in READS if "<package_id>" in path])
def test_a_package_of_another_partner_is_not_found(platform: Platform, path: str) -> None:
    assert platform.call("GET", filled(path, package="pkg_jpy"))[0] == 404


@pytest.mark.parametrize("partner", [KLEINKUNST, "partner-id-unknown", "webapp-access-group-2", ""])
def test_a_partner_outside_the_groups_is_refused(platform: Platform, partner: str) -> None:
    status, body = platform.call("GET", "/events/", partner=partner)
    assert (status, body["message"]) == (403, "error.auth.not_authorized")


def test_the_same_id_at_two_partners_is_two_things(platform: Platform) -> None:
    here = platform.get("/events/evt_shared")
    there = platform.get("/events/evt_shared", partner=SAKURA)
    assert here["title"] != there["title"]
    path = "/package_builder/packages/pkg_shared/backhaul_evaluation"
    assert platform.get(path) != platform.get(path, partner=SAKURA)


def test_status_needs_no_token(box: Sandbox) -> None:
    assert Platform(box).raw("GET", "/status/", headers={}).status == 200


def test_every_answer_carries_a_request_id_and_the_mark_of_the_sandbox(platform: Platform) -> None:
    for path in ("/status/", "/nowhere", "/partners/"):
        headers = dict(platform.raw("GET", path, headers={}).headers)
        assert headers["x-request-id"].startswith("req-")
        assert headers["X-Sandbox"] == "1"


def test_partners_differ_in_shape(platform: Platform) -> None:
    assert platform.get("/partners/")["currency"] == "EUR"
    assert platform.get("/partners/", partner=SAKURA)["id"] == 4182
    assert platform.get("/partners/", partner=NORDLICHT)[0]["id"] == NORDLICHT


def test_pages_hold_every_event_once(platform: Platform, box: Sandbox) -> None:
    seen: list[str] = []
    page: int | None = 1
    while page is not None:
        body = platform.get("/events/", page=page, limit=20, include_archived="true")
        seen += [str(item["id"]) for item in body["items"]]
        page = body.get("nextPage")
    assert body["pages"] == 4
    assert len(seen) == body["total"]
    assert sorted(seen) == sorted(box.event_ids(ACME))


def test_a_page_holds_at_most_fifty(platform: Platform) -> None:
    body = platform.get("/events/", limit=1000)
    assert (body["limit"], len(body["items"])) == (50, 50)
    assert platform.get("/events/", page=99)["items"] == []
    assert platform.call("GET", "/events/?page=0")[0] == 422


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "satie"}, {"evt_slow"}),
        ({"status": "cancelled"}, {"evt_cancelled"}),
        ({"status": "archived"}, {"evt_archived"}),
        ({"frontend_status": ["HIDDEN", "CANCELLED"]}, {"evt_hidden", "evt_cancelled"}),
        ({"q": "tour:", "city": ["Wien", "Berlin"]}, {"evt_tour_vie", "evt_tour_ber"}),
        ({"since": "2026-06-01", "until": "2026-06-05"}, {"evt_closed"}),
    ],
)
def test_the_list_can_be_narrowed(platform: Platform, query: dict[str, object], expected: set[str]) -> None:
    _, body = platform.call("GET", "/events/", query=query)
    found = {str(item["id"]) for item in body["items"]}
    assert {eid for eid in found if not re.fullmatch(r"evt_s\d\d", eid)} == expected


def test_archived_events_and_products_come_and_go_with_their_flags(platform: Platform) -> None:
    def total(**query: object) -> int:
        return int(platform.call("GET", "/events/", query=query)[1]["total"])

    assert total() == 60
    assert total(include_archived="true") == 61
    assert total(exclude_products="true") == 59
    assert total(campaigns="true") < total()
    first = platform.get("/events/", flagged_to_top="true")["items"][0]
    assert first["frontend_status"] == "FLAGGED"


def test_ids_may_be_numbers_or_need_encoding(platform: Platform) -> None:
    assert platform.get("/events/90210")["id"] == 90210
    assert platform.get(f"/events/{quote('evt+köln 7')}")["city"] == "Köln"
    assert platform.get("/package_builder/packages/555")["id"] == 555


def test_an_event_may_have_next_to_nothing(platform: Platform) -> None:
    body = platform.get("/events/evt_bare")
    assert body["title"] is None
    assert "capacity" not in body
    assert platform.daily("evt_bare")["daily_revenue"] == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/daily_revenue_summary/", 400),
        ("/daily_revenue_summary/?event_id=evt_jpy", 404),
        ("/daily_revenue_summary/?event_id=evt_closed&start_date=banana", 422),
        ("/campaign_results/", 400),
        ("/campaign_results/?eid=evt_jpy", 404),
        (f"/campaign_results/?eid=evt_jpy&partner_id={SAKURA}", 403),
    ],
)
def test_bad_queries_are_refused(platform: Platform, path: str, status: int) -> None:
    assert platform.call("GET", path)[0] == status


def test_rows_come_by_two_ways_with_the_same_ids(platform: Platform) -> None:
    listed = [row["id"] for row in platform.get("/campaign_results/", eid="evt_closed", partner_id=ACME)]
    daily = [row["id"] for row in platform.daily("evt_closed")["manual_adjustments"]]
    assert listed == daily
    assert len(listed) == 4


def test_some_rows_come_only_one_way(platform: Platform) -> None:
    listed = {row["id"] for row in platform.get("/campaign_results/", eid="evt_oneway")}
    daily = {row["id"] for row in platform.daily("evt_oneway")["manual_adjustments"]}
    assert listed - daily == {"cr_oneway_list"}
    assert daily - listed == {"cr_oneway_daily"}
    assert 7700123 in listed & daily


def test_a_row_is_created_by_query_alone_and_deleted_by_bare_id(platform: Platform) -> None:
    query = {"eid": "evt_plain", "partner_id": ACME, "purchase": 3, "revenue": "129.50"}
    status, row = platform.call("POST", "/campaign_results/", query=query)
    assert status == 200
    assert (row["purchase"], row["revenue"], row["source"]) == (3, 129.5, "manual")
    assert row["created_at"] == "2026-06-15T10:00:00Z"
    assert platform.get("/campaign_results/", eid="evt_plain") == [row]
    assert platform.daily("evt_plain")["manual_adjustments"] == [row]
    assert platform.call("DELETE", f"/campaign_results/?id={row['id']}") == (204, None)
    assert platform.get("/campaign_results/", eid="evt_plain") == []
    assert platform.call("DELETE", f"/campaign_results/?id={row['id']}")[0] == 404


def test_creating_may_answer_without_the_row(platform: Platform) -> None:
    query = {"eid": "evt_quiet", "partner_id": ACME, "purchase": 1, "revenue": 45}
    assert platform.call("POST", "/campaign_results/", query=query) == (204, None)
    assert len(platform.get("/campaign_results/", eid="evt_quiet")) == 1


@pytest.mark.parametrize(("purchase", "revenue"), [("-1", "5"), ("1.5", "5"), ("1", "x"), ("1", "-5"), ("1", "NaN")])
def test_a_row_with_bad_numbers_is_refused(platform: Platform, purchase: str, revenue: str) -> None:
    query = {"eid": "evt_plain", "purchase": purchase, "revenue": revenue}
    status, body = platform.call("POST", "/campaign_results/", query=query)
    assert status == 422
    assert body["validation_errors"]
    assert platform.get("/campaign_results/", eid="evt_plain") == []


def test_a_row_of_another_partner_cannot_be_deleted(platform: Platform, box: Sandbox) -> None:
    assert platform.call("DELETE", "/campaign_results/?id=cr_jpy_a1")[0] == 404
    assert "cr_jpy_a1" in box.adjustment_ids(SAKURA, "evt_jpy_closed")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/campaign_results/?eid=evt_nord"),
        ("POST", "/campaign_results/?eid=evt_nord&purchase=1&revenue=1"),
        ("DELETE", "/campaign_results/?id=cr_nord_a1"),
        ("GET", "/integrations/facebook/events/evt_nord/campaign_results"),
        ("GET", "/integrations/facebook/events/evt_nord/fb_insights"),
        ("GET", "/integrations/connect/facebook/status"),
    ],
)
def test_one_partner_may_not_touch_results(platform: Platform, method: str, path: str) -> None:
    status, body = platform.call(method, path, partner=NORDLICHT)
    assert (status, body["message"]) == (403, "error.auth.not_authorized")


def test_its_daily_revenue_still_carries_the_rows(platform: Platform) -> None:
    rows = platform.daily("evt_nord", partner=NORDLICHT)["manual_adjustments"]
    assert [row["id"] for row in rows] == ["cr_nord_a1", "cr_nord_m1"]


def campaign_part(platform: Platform, eid: str) -> float:
    return sum(row.get("campaign_revenue") or 0 for row in platform.daily(eid)["daily_revenue"])


def test_the_event_model_decides_the_split(platform: Platform, box: Sandbox) -> None:
    path = "/events/evt_running/attribution_model"
    assert platform.get(path) == {"model": None}
    by_platform = campaign_part(platform, "evt_running")
    assert platform.call("PUT", path, json_body={"model": "META"}) == (200, {"model": "META"})
    assert campaign_part(platform, "evt_running") > by_platform
    assert platform.call("PUT", path, json_body={"model": "EXTERNAL"})[0] == 200
    assert campaign_part(platform, "evt_running") == 0
    assert platform.get("/campaign_results/", eid="evt_running") == []
    assert platform.call("PUT", path, json_body={"model": "LAST_CLICK"})[0] == 422
    assert platform.get(path) == {"model": "EXTERNAL"}
    total = sum(row["revenue"] for row in platform.daily("evt_running")["daily_revenue"])
    assert round(total, 2) == float(box.ledger_revenue(ACME, "evt_running"))


def test_models_may_be_missing_and_writes_silent(platform: Platform) -> None:
    path = "/events/evt_tour_ber/attribution_model"
    assert platform.get(path) == {}
    assert platform.call("PUT", path, json_body={"model": "FD"}) == (204, None)
    assert platform.get(path) == {"model": "FD"}


def test_no_meta_has_three_faces(platform: Platform) -> None:
    path = "/integrations/facebook/events/{}/campaign_results"
    assert platform.call("GET", path.format("evt_quiet")) == (200, {})
    assert platform.call("GET", path.format("evt_plain"))[0] == 404
    assert platform.call("GET", path.format("evt_external"))[0] == 403
    assert platform.get(path.format("evt_closed"))["event_results"]["purchases"] > 0


def test_lists_come_as_arrays_and_as_pages(platform: Platform) -> None:
    assert isinstance(platform.get("/events/evt_closed/campaigns"), list)
    assert platform.get("/events/evt_running/campaigns")["total"] == 3
    assert isinstance(platform.get("/events/flagged/"), list)
    assert platform.get("/events/flagged/", partner=SAKURA)["items"] == []
    assert len(platform.get("/events/evt_tour_ber/series", limit=1000)["items"]) == 4
    assert "nextPage" not in platform.get("/events/", partner=SAKURA)


def test_benchmarks_are_fractions_or_percent(platform: Platform) -> None:
    assert 0 < platform.get("/events/evt_closed/benchmark")["today"] <= 1
    assert 1.5 < platform.get("/events/evt_tour_vie/benchmark")["now"] <= 100


def test_a_reset_brings_back_the_initial_world(platform: Platform, box: Sandbox) -> None:
    platform.call("DELETE", "/campaign_results/?id=cr_closed_a1")
    platform.call("PUT", "/events/evt_running/attribution_model", json_body={"model": "META"})
    box.faults.add("/events/*", "status")
    box.reset()
    assert len(box.log) == 0
    assert box.faults.all() == ()
    platform.sign_in()
    assert "cr_closed_a1" in box.adjustment_ids(ACME, "evt_closed")
    assert platform.get("/events/evt_running/attribution_model") == {"model": None}
