"""Nothing is sent on a warning until the person confirms exactly what they were warned of."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from attribution_portal.adjustments.models import AdjustmentRequest
from attribution_portal.sandbox.app import Sandbox
from tests.adjustments.conftest import Visitor, fields, posts, rows_of
from tests.conftest import Partners
from tests.pages import Element, read


def warnings(answer: object) -> list[str]:
    """The warnings that a preview names."""
    notes = [note for note in read(answer).root.all("div") if note.get("data-warnings")]  # type: ignore[arg-type]
    return notes[0]["data-warnings"].split() if notes else []


def confirm_form(answer: object) -> Element:
    return read(answer).root.one("form", data_form="adjustment")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("eid", "purchases", "revenue", "named"),
    [
        ("evt_plain", "4", "200", []),
        ("evt_closed", "12", "540", ["equal-row"]),
        ("evt_running", "4", "180", ["automated-same-days"]),
        ("evt_plain", "100000", "5000000", ["over-capacity", "over-measured"]),
        ("evt_plain", "4", "10000", ["odd-average"]),
        ("evt_plain", "4", "0", ["odd-average"]),
        ("evt_plain", "4", "100000000", ["odd-average", "over-measured"]),
    ],
)
def test_each_warning_stops_the_first_try_and_a_confirmation_sends_it(
    editor: Visitor, sandbox: Sandbox, eid: str, purchases: str, revenue: str, named: list[str]
) -> None:
    before = rows_of(sandbox, eid)
    answer = editor.preview(eid, purchases, revenue)
    assert answer.status_code == 200
    assert warnings(answer) == named
    assert posts(sandbox) == 0
    assert editor.send(confirm_form(answer), "confirm").status_code == 303
    assert (posts(sandbox), len(rows_of(sandbox, eid))) == (1, len(before) + 1)


def test_an_average_of_almost_nothing_is_not_nothing(editor: Visitor, sandbox: Sandbox) -> None:
    answer = editor.preview("evt_plain", "1000", "0.01")
    assert "odd-average" in warnings(answer)
    assert "< €0.01 per purchase is far from what this event measured" in read(answer).root.text
    average = read(answer).root.one("data", data_kpi="average_value")
    assert (average["value"], average.text) == ("0", "< €0.01")


def test_what_cannot_be_checked_says_so(editor: Visitor, sandbox: Sandbox) -> None:
    sandbox.faults.add("/daily_revenue_summary/", "status", status=500)
    answer = editor.preview("evt_plain", "4", "200")
    (note,) = [each for each in read(answer).root.all("div") if "data-unchecked" in each.attributes]
    assert [each.text for each in note.all("li")] == [
        "Not checked: whether there were places left. Capacity or measured purchases are not known.",
        "Not checked: whether the revenue per purchase is usual. There is no measured average to compare with, or no"
        " purchase.",
        "Not checked: whether adjustments exceed the measured revenue. It is not known, or in another currency.",
    ]
    assert "there is no chart" in read(answer).root.text
    assert editor.send(confirm_form(answer), "confirm").status_code == 303
    assert posts(sandbox) == 1


def test_across_currencies_nothing_is_compared(editor: Visitor, partners: Partners, sandbox: Sandbox) -> None:
    partners.acme.currency = "CHF"
    partners.acme.save()
    answer = editor.preview("evt_plain", "4", "100000000")
    assert warnings(answer) == []
    assert "Not checked: whether adjustments exceed the measured revenue." in read(answer).root.text


def test_a_warning_that_came_up_meanwhile_stops_a_confirmation(editor: Visitor, sandbox: Sandbox) -> None:
    first = editor.preview("evt_plain", "4", "200")
    other = editor.preview("evt_plain", "4", "200")
    assert editor.send(confirm_form(other), "confirm").status_code == 303
    answer = editor.send(confirm_form(first), "confirm")
    assert answer.status_code == 200
    assert warnings(answer) == ["equal-row"]
    assert (posts(sandbox), len(rows_of(sandbox, "evt_plain"))) == (1, 1)
    assert editor.send(confirm_form(answer), "confirm").status_code == 303
    assert len(rows_of(sandbox, "evt_plain")) == 2


def test_an_equal_one_whose_end_nobody_knows_is_a_warning(
    editor: Visitor, sandbox: Sandbox, partners: Partners
) -> None:
    sandbox.faults.add("/campaign_results/", "status", method="POST", status=500, count=1)
    editor.create("evt_plain", "4", "200")
    assert AdjustmentRequest.objects.get().outcome == "unknown"
    answer = editor.preview("evt_plain", "4", "200")
    assert warnings(answer) == ["equal-under-way"]
    assert rows_of(sandbox, "evt_plain") == []
    AdjustmentRequest.objects.update(made_at=timezone.now() - timedelta(days=8))
    assert warnings(editor.preview("evt_plain", "4", "200")) == []


def test_a_program_that_confirms_without_having_been_asked_confirms_whatever_there_is(
    editor: Visitor, sandbox: Sandbox
) -> None:
    values = fields(editor.adjustment_form("evt_closed")) | {"purchases": "12", "revenue": "540", "reason": "why"}
    answer = editor.client.post("/p/partner-id-acme/events/evt_closed/adjustments/", values | {"confirm": "1"})
    assert answer.status_code == 303
    assert posts(sandbox) == 1
