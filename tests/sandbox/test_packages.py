"""Packages: settings in force at once, results after the job (contract §8). Nothing here sleeps: the clock is moved."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.packages import Settings
from attribution_portal.sandbox.world import ACME, NORDLICHT, SAKURA

from .conftest import TODAY, HandClock, Platform

DETAILS = "/package_builder/packages/{}/backhaul_evaluation_details"
RESULTS = "/package_builder/packages/{}/backhaul_evaluation"
DEFAULTS = f"/partners/{ACME}/backhaul_attribution_details"


def body_of(model: object, window: object, sent: object) -> dict[str, object]:
    return {
        "backhaul_evaluation_attribution_window": window,
        "backhaul_evaluation_model": model,
        "email_sent_date": sent,
    }


def expected(box: Sandbox, package: str, settings: Settings, *, partner: str = ACME) -> dict[str, Any]:
    return {
        tc: {"customers": row.customers, "items": row.items, "purchase": row.revenue}
        for tc, row in box.evaluation_truth(partner, package, settings).items()
    }


def answered(platform: Platform, package: str, *, partner: str = ACME) -> dict[str, Any]:
    """The clusters as answered now, signed in afresh: the clock may have outlived the last token."""
    platform.sign_in()
    clusters = platform.get(RESULTS.format(package), partner=partner)["clusters"]
    return {tc: {**row, "purchase": Decimal(str(row["purchase"]))} for tc, row in clusters.items()}


def test_results_follow_a_put_after_the_delay(platform: Platform, box: Sandbox, hand: HandClock) -> None:
    before = answered(platform, "pkg_main")
    new = Settings("ALL_PURCHASES", 30, date(2026, 6, 5))
    sent = body_of("ALL_PURCHASES", 30, "2026-06-05")
    assert platform.call("PUT", DETAILS.format("pkg_main"), json_body=sent) == (200, sent)
    assert platform.get(DETAILS.format("pkg_main")) == sent
    assert box.settings_in_force(ACME, "pkg_main") == new
    hand.forward(seconds=19)
    assert answered(platform, "pkg_main") == before
    hand.forward(seconds=1)
    assert answered(platform, "pkg_main") == expected(box, "pkg_main", new)
    assert answered(platform, "pkg_main") != before


def test_a_second_put_starts_the_wait_anew(platform: Platform, box: Sandbox, hand: HandClock) -> None:
    before = answered(platform, "pkg_main")
    platform.call("PUT", DETAILS.format("pkg_main"), json_body=body_of("ALL_PURCHASES", 14, "2026-06-07"))
    hand.forward(seconds=15)
    platform.call("PUT", DETAILS.format("pkg_main"), json_body=body_of("EVENT_SERIES", 14, "2026-06-07"))
    hand.forward(seconds=15)
    assert answered(platform, "pkg_main") == before
    hand.forward(seconds=5)
    wanted = Settings("EVENT_SERIES", 14, date(2026, 6, 7))
    assert answered(platform, "pkg_main") == expected(box, "pkg_main", wanted)


def test_one_package_takes_a_day(platform: Platform, hand: HandClock) -> None:
    before = answered(platform, "pkg_slow")
    platform.call("PUT", DETAILS.format("pkg_slow"), json_body=body_of("ALL_PURCHASES", 14, "2026-05-27"))
    hand.forward(hours=23, minutes=59)
    assert answered(platform, "pkg_slow") == before
    hand.forward(minutes=1)
    assert answered(platform, "pkg_slow") != before


def test_one_package_stays_equal(platform: Platform, hand: HandClock) -> None:
    before = answered(platform, "pkg_equal")
    platform.call("PUT", DETAILS.format("pkg_equal"), json_body=body_of("ALL_PURCHASES", 300, "2026-05-01"))
    hand.forward(days=3)
    assert answered(platform, "pkg_equal") == before


def test_an_open_window_fills_with_the_days(platform: Platform, hand: HandClock) -> None:
    before = answered(platform, "pkg_main")
    final = answered(platform, "pkg_final")
    hand.forward(days=4)
    after = answered(platform, "pkg_main")
    assert sum(row["purchase"] for row in after.values()) > sum(row["purchase"] for row in before.values())
    assert answered(platform, "pkg_final") == final


def test_the_first_results_come_with_the_first_settings(platform: Platform, hand: HandClock) -> None:
    assert platform.call("GET", RESULTS.format("pkg_nosettings"))[0] == 404
    platform.call("PUT", DETAILS.format("pkg_nosettings"), json_body=body_of("ALL_PURCHASES", 60, "2026-05-01"))
    assert platform.call("GET", RESULTS.format("pkg_nosettings"))[0] == 404
    hand.forward(seconds=20)
    assert answered(platform, "pkg_nosettings")


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        (body_of("ALL_PURCHASES", 0, "2026-06-01"), {"backhaul_evaluation_attribution_window"}),
        (body_of("ALL_PURCHASES", 366, "2026-06-01"), {"backhaul_evaluation_attribution_window"}),
        (body_of("ALL_PURCHASES", "14", "2026-06-01"), {"backhaul_evaluation_attribution_window"}),
        (body_of("ALL_PURCHASES", True, "2026-06-01"), {"backhaul_evaluation_attribution_window"}),
        (body_of("FD", 14, "2026-06-01"), {"backhaul_evaluation_model"}),
        (body_of("ALL_PURCHASES", 14, "2026-02-30"), {"email_sent_date"}),
        (body_of("ALL_PURCHASES", 14, "20260601"), {"email_sent_date"}),
        (body_of("ALL_PURCHASES", 14, None), {"email_sent_date"}),
        (
            {},
            {"backhaul_evaluation_attribution_window", "backhaul_evaluation_model", "email_sent_date"},
        ),
    ],
)
def test_bad_settings_name_their_fields_and_change_nothing(
    platform: Platform, sent: dict[str, object], fields: set[str]
) -> None:
    before = platform.get(DETAILS.format("pkg_main"))
    status, body = platform.call("PUT", DETAILS.format("pkg_main"), json_body=sent)
    assert status == 422
    assert {error["field"] for error in body["validation_errors"]} == fields
    assert platform.get(DETAILS.format("pkg_main")) == before


def test_a_body_that_is_no_object_is_refused(platform: Platform) -> None:
    assert platform.call("PUT", DETAILS.format("pkg_main"), json_body=[1])[0] == 400


@pytest.mark.parametrize("package", ["pkg_expired", "pkg_failed"])
def test_ended_packages_answer_conflict(platform: Platform, package: str) -> None:
    sent = body_of("ALL_PURCHASES", 14, "2026-03-01")
    assert platform.call("PUT", DETAILS.format(package), json_body=sent)[0] == 409


def test_a_put_may_answer_204(platform: Platform) -> None:
    sent = body_of("EVENT_SERIES", 7, "2026-05-20")
    assert platform.call("PUT", DETAILS.format("pkg_final"), json_body=sent) == (204, None)


def test_unset_settings_have_three_faces(platform: Platform) -> None:
    assert platform.call("GET", DETAILS.format("pkg_nosettings"))[0] == 404
    assert platform.get(DETAILS.format("pkg_building")) == {}
    assert platform.get(DETAILS.format("pkg_defaults")) == body_of(None, None, None)


def test_no_results_have_two_faces(platform: Platform) -> None:
    assert platform.get(RESULTS.format("pkg_empty")) == {"clusters": {}}
    for package in ("pkg_noresults", "pkg_building", "pkg_starting", "pkg_failed"):
        assert platform.call("GET", RESULTS.format(package))[0] == 404


def test_expired_packages_keep_their_results(platform: Platform, box: Sandbox) -> None:
    settings = box.settings_in_force(ACME, "pkg_expired")
    assert settings is not None
    assert answered(platform, "pkg_expired") == expected(box, "pkg_expired", settings)


def test_sizes_may_be_missing_or_not_told_at_all(platform: Platform) -> None:
    sizes = [row.get("customers") for row in platform.get("/package_builder/packages/pkg_nosizes")["clusters"]]
    assert sizes == [None] * 4
    assert "clusters" not in platform.get("/package_builder/packages/pkg_defaults")
    assert all(row["customers"] > 0 for row in platform.get("/package_builder/packages/pkg_main")["clusters"])


def test_the_list_is_a_bare_array_without_clusters(platform: Platform, box: Sandbox) -> None:
    rows = platform.get("/package_builder/packages/")
    assert [str(row["id"]) for row in rows] == list(box.package_ids(ACME))
    assert all("clusters" not in row for row in rows)


def test_packages_that_follow_the_defaults_follow_new_defaults(
    platform: Platform, box: Sandbox, hand: HandClock
) -> None:
    assert platform.get(DEFAULTS) == {
        "backhaul_evaluation_attribution_window": 14,
        "backhaul_evaluation_model": "EVENTS_FROM_PACKAGE",
    }
    own, main = answered(platform, "pkg_defaults"), answered(platform, "pkg_main")
    sent = {"backhaul_evaluation_attribution_window": 14, "backhaul_evaluation_model": "ALL_PURCHASES"}
    assert platform.call("POST", DEFAULTS, json_body=sent) == (200, sent)
    assert answered(platform, "pkg_defaults") == own
    hand.forward(seconds=20)
    assert answered(platform, "pkg_defaults") == expected(box, "pkg_defaults", Settings("ALL_PURCHASES", 14, None))
    assert answered(platform, "pkg_defaults") != own
    assert answered(platform, "pkg_main") == main


def test_defaults_may_carry_a_date_or_be_missing(platform: Platform) -> None:
    path = "/partners/{}/backhaul_attribution_details"
    assert platform.get(path.format(SAKURA), partner=SAKURA)["email_sent_date"] == "2026-05-28"
    assert platform.call("GET", path.format(NORDLICHT), partner=NORDLICHT)[0] == 404
    assert platform.call("GET", path.format(SAKURA))[0] == 403


def test_the_truth_is_what_is_answered_for_every_package(platform: Platform, box: Sandbox) -> None:
    for partner in (ACME, SAKURA, NORDLICHT):
        for package in box.package_ids(partner):
            truth = box.current_evaluation(partner, package)
            status, body = platform.call("GET", RESULTS.format(package), partner=partner)
            if truth is None:
                assert status == 404 or body == {"clusters": {}}
            else:
                assert {tc: row["customers"] for tc, row in body["clusters"].items()} == {
                    tc: row.customers for tc, row in truth.items()
                }


def test_the_sandbox_day_is_the_partners_day(platform: Platform, box: Sandbox, hand: HandClock) -> None:
    """At 23:30 in Berlin the day that ends is not in the results yet; half an hour later it is."""
    platform.call("PUT", DETAILS.format("pkg_main"), json_body=body_of("ALL_PURCHASES", 30, TODAY.isoformat()))
    hand.forward(hours=11, minutes=30)
    assert sum(row["items"] for row in answered(platform, "pkg_main").values()) == 0
    hand.forward(minutes=30)
    assert sum(row["items"] for row in answered(platform, "pkg_main").values()) > 0
