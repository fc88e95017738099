"""Answers that no sane platform gives, and that one day come all the same: none may stop the others."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from attribution_portal.backhaul.ledger import recording
from attribution_portal.backhaul.models import Package, PartnerPoll, PollState
from attribution_portal.backhaul.polling import engine
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time

pytestmark = pytest.mark.django_db

LIST = "/package_builder/packages/"
RESULTS = "/package_builder/packages/pkg_final/backhaul_evaluation"
SETTINGS = "/package_builder/packages/pkg_final/backhaul_evaluation_details"
PAGE = "/p/partner-id-acme/packages/pkg_final/"
Stored = Callable[[str], Package]
PollAll = Callable[[], tuple[recording.Recorded, ...]]
HUGE = 10**15 - 1


def poll(time: Time, poll_all: PollAll) -> tuple[int, int]:
    time.forward(minutes=5)
    PollState.objects.update(next_due=time.now)
    recorded = poll_all()
    return sum(each.taken for each in recorded), sum(each.failures for each in recorded)


ODD_SETTINGS = {
    "a model of 5,000 letters": {"backhaul_evaluation_model": "M" * 5000},
    "a model with NUL": {"backhaul_evaluation_model": "M\x00"},
    "a window beyond the calendar": {"backhaul_evaluation_attribution_window": HUGE, "email_sent_date": "2026-06-01"},
    "a negative window": {"backhaul_evaluation_attribution_window": -HUGE, "email_sent_date": "2026-06-01"},
    "the last day there is": {"backhaul_evaluation_attribution_window": 1, "email_sent_date": "9999-12-31"},
    "the first day there is": {"backhaul_evaluation_attribution_window": 1, "email_sent_date": "0001-01-01"},
}


@pytest.mark.parametrize("body", ODD_SETTINGS.values(), ids=ODD_SETTINGS)
def test_odd_settings_are_stored_and_shown_and_keep_nobody_from_being_read(
    alices: Client, package: Stored, sandbox: Sandbox, time: Time, poll_all: PollAll, body: dict[str, object]
) -> None:
    sandbox.faults.add(path=SETTINGS, method="GET", kind="wrong_type", body=body)  # type: ignore[arg-type]
    assert poll(time, poll_all) == (18, 0)
    state = package("pkg_final").poll
    assert (state.last_ok_at, state.model) == (
        time.now,
        str(body.get("backhaul_evaluation_model", "EVENTS_FROM_PACKAGE")).rstrip("\0"),
    )
    assert alices.get(PAGE).status_code == 200
    assert alices.get("/p/partner-id-acme/packages/").status_code == 200


def cluster(customers: object = 1, items: object = 2, purchase: object = 3) -> dict[str, object]:
    return {"customers": customers, "items": items, "purchase": purchase}


ODD_RESULTS = {
    "huge": ({"a": cluster(HUGE, HUGE, HUGE)}, (HUGE, HUGE, HUGE)),
    "negative": ({"a": cluster(-HUGE, -5, "-0.01")}, (-HUGE, -5, Decimal("-0.01"))),
    "many small parts of a cent": ({"a": cluster(purchase="0.00001")}, (1, 2, 0)),
    "a name of 20,000 letters": ({"ж" * 20_000: cluster()}, (1, 2, 3)),
    "NUL, markup and slashes in names": ({"\x00": cluster(), '</script>/"': cluster(), "": cluster()}, (3, 6, 9)),
}


@pytest.mark.parametrize(("clusters", "sums"), ODD_RESULTS.values(), ids=ODD_RESULTS)
def test_odd_results_are_stored_and_shown_and_keep_nobody_from_being_read(
    alices: Client,
    package: Stored,
    sandbox: Sandbox,
    time: Time,
    poll_all: PollAll,
    clusters: dict[str, object],
    sums: tuple[object, ...],
) -> None:
    sandbox.faults.add(path=RESULTS, kind="wrong_type", body={"clusters": clusters})  # type: ignore[dict-item]
    assert poll(time, poll_all) == (18, 0)
    row = package("pkg_final").poll.latest
    assert row is not None
    assert (row.customers, row.items, row.revenue) == sums
    assert alices.get(PAGE).status_code == 200
    assert alices.get("/p/partner-id-acme/packages/").status_code == 200


ODD_PACKAGES = {
    "a status of 500 letters": {"id": "pkg_final", "status": "S" * 500},
    "a title of 100,000 letters": {"id": "pkg_final", "title": "ü" * 100_000},
    "NUL everywhere": {"id": "pkg_final", "title": "a\x00", "status": "\x00", "events": [{"id": "e", "title": "\x00"}]},
    "created at the beginning of time": {"id": "pkg_final", "created_at": "0001-01-01T00:00:00Z"},
    "created at its end": {"id": "pkg_final", "created_at": "9999-12-31T23:59:59Z"},
    "an id with a slash": {"id": "pkg/1"},
    "an id of two dots": {"id": ".."},
    "an id of 201 letters": {"id": "p" * 201},
    "an id with blanks, marks and a line break": {"id": " ?#%\n<b>"},
}


@pytest.mark.parametrize("odd", ODD_PACKAGES.values(), ids=ODD_PACKAGES)
def test_an_odd_package_keeps_nobody_from_being_listed(
    alices: Client, acme: Partner, sandbox: Sandbox, time: Time, poll_all: PollAll, odd: dict[str, object]
) -> None:
    sandbox.faults.add(path=LIST, kind="wrong_type", body=[odd, {"id": "pkg_main"}])  # type: ignore[list-item]
    time.forward(minutes=1)
    engine.list_packages(partner=acme)
    assert PartnerPoll.objects.get(partner=acme).listed_at == time.now
    assert engine.list_packages(partner=acme).changed == 0
    poll(time, poll_all)
    assert not PollState.objects.exclude(last_ok_at=time.now).exists()
    listed = alices.get("/p/partner-id-acme/packages/")
    assert listed.status_code == 200
    for package in Package.objects.filter(vanished_at=None):
        assert alices.get(reverse("backhaul:package", args=[acme.partner_id, package.package_id])).status_code == 200


@pytest.mark.parametrize("odd", [{"id": "new", "status": "S" * 500}, {"id": "new", "title": "T" * 5000}], ids=str)
def test_a_new_package_with_long_texts_is_listed_with_them(
    acme: Partner, sandbox: Sandbox, odd: dict[str, str]
) -> None:
    sandbox.faults.add(path=LIST, kind="wrong_type", body=[odd])  # type: ignore[list-item]
    assert engine.list_packages(partner=acme).new == 1
    stored = Package.objects.get(package_id="new")
    assert (stored.status, stored.title) == (odd.get("status", ""), odd.get("title", ""))


@pytest.mark.parametrize("package_id", ["pkg/1", ".", "..", "p" * 201])
def test_a_package_that_no_address_can_name_is_left_out(acme: Partner, sandbox: Sandbox, package_id: str) -> None:
    sandbox.faults.add(path=LIST, kind="wrong_type", body=[{"id": package_id}, {"id": "new"}])
    assert engine.list_packages(partner=acme).new == 1
    assert not Package.objects.filter(package_id=package_id).exists()


def test_sums_that_no_column_holds_fail_their_own_package_only(
    package: Stored, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    clusters = {f"c{n}": cluster(HUGE, HUGE, HUGE) for n in range(1001)}
    sandbox.faults.add(path=RESULTS, kind="wrong_type", body={"clusters": clusters})  # type: ignore[dict-item]
    assert poll(time, poll_all) == (17, 1)
    state = package("pkg_final").poll
    assert (state.last_error, state.lease) == ("BadPayload", None)
    assert state.latest is not None
    assert state.latest.number == 1
