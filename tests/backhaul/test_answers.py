"""What the platform may answer to new settings, from the form to the ledger: the same, something else, and something
else twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from attribution_portal.backhaul.models import Evaluation, Package
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.exchange import Answer, Request
from tests.backhaul.conftest import Time
from tests.backhaul.html import evaluation, hidden, panel, rows, text

pytestmark = pytest.mark.django_db

ACME = "partner-id-acme"
PollAll = Callable[[], object]


def url(package_id: str) -> str:
    return f"/p/{ACME}/packages/{package_id}/"


def save(client: Client, package_id: str, sent: str) -> None:
    html = client.get(url(package_id)).content.decode()
    form = {"model": "ALL_PURCHASES", "window": "90", "email_sent_date": sent, "reason": "", **hidden(html, "settings")}
    assert client.post(url(package_id) + "settings/", form).status_code == 303


def ledger(package_id: str) -> list[tuple[str, str]]:
    found = Evaluation.objects.filter(package__package_id=package_id).order_by("number")
    return [(row.settings.model or "", row.certainty) for row in found]


@pytest.mark.parametrize(
    ("package_id", "sent", "expected", "state"),
    [
        (
            "pkg_equal",
            "2026-05-22",
            [("EVENTS_FROM_PACKAGE", "presumed"), ("ALL_PURCHASES", "unknown")],
            "unchanged",
        ),
        ("pkg_main", "2026-06-07", [("EVENTS_FROM_PACKAGE", "presumed"), ("ALL_PURCHASES", "proved")], "provisional"),
        (
            "pkg_series",
            "2026-05-26",
            [("EVENT_SERIES", "presumed"), ("ALL_PURCHASES", "proved"), ("ALL_PURCHASES", "presumed")],
            "provisional",
        ),
    ],
    ids=["stays equal", "changes", "changes twice"],
)
def test_the_answers_end_as_rows_that_say_how_sure_they_are(
    alices: Client,
    sandbox: Sandbox,
    time: Time,
    poll_all: PollAll,
    package_id: str,
    sent: str,
    expected: list[tuple[str, str]],
    state: str,
) -> None:
    save(alices, package_id, sent)
    assert evaluation(alices.get(url(package_id)).content.decode()) == "waiting"
    # Soon after, while the platform's job runs, and then into the third day; before purchases of another day come in.
    for seconds in [5] * 24:
        time.forward(seconds=seconds)
        poll_all()
    if state == "unchanged":
        for _ in range(5):
            time.forward(hours=10)
            poll_all()
    html = alices.get(url(package_id)).content.decode()
    assert evaluation(html) == state
    assert ledger(package_id) == expected
    assert len(rows(html, "ledger")) == len(expected)
    truth = sandbox.current_evaluation(ACME, package_id)
    assert truth is not None
    newest = Evaluation.objects.filter(package__package_id=package_id).order_by("-number")[0]
    assert newest.customers == sum(each.customers for each in truth.values())
    causes = text(panel(html, "ledger")).count("Because:")
    assert causes == [certainty for _model, certainty in expected].count("proved")


BAD = {
    "no such thing": ({"kind": "status", "status": 404}, True),
    "nothing in it": ({"kind": "wrong_type", "body": {"clusters": {}}}, True),
    "no clusters": ({"kind": "wrong_type", "body": {}}, True),
    "null for clusters": ({"kind": "wrong_type", "body": {"clusters": None}}, True),
    "an empty list": ({"kind": "wrong_type", "body": {"clusters": []}}, True),
    "text for clusters": ({"kind": "wrong_type", "body": {"clusters": "soon"}}, False),
    "text for a cluster": ({"kind": "wrong_type", "body": {"clusters": {"a": "soon"}}}, False),
    "text for a count": ({"kind": "wrong_type", "body": {"clusters": {"a": {"customers": "many"}}}}, False),
    "half a customer": (
        {"kind": "wrong_type", "body": {"clusters": {"a": {"customers": 1.5, "items": 2, "purchase": 3}}}},
        False,
    ),
    "members missing": ({"kind": "wrong_type", "body": {"clusters": {"a": {"customers": 1}}}}, False),
}


@pytest.mark.parametrize(("fault", "is_empty"), BAD.values(), ids=BAD)
def test_a_bad_answer_keeps_the_last_results_and_says_what_happened(
    alices: Client,
    sandbox: Sandbox,
    time: Time,
    poll_all: PollAll,
    fault: dict[str, object],
    is_empty: bool,
) -> None:
    before = text(panel(alices.get(url("pkg_final")).content.decode(), "clusters"))
    Package.objects.exclude(package_id="pkg_final").delete()
    sandbox.faults.add(path="/package_builder/packages/pkg_final/backhaul_evaluation", **fault)  # type: ignore[arg-type]
    time.forward(days=1)
    poll_all()
    html = alices.get(url("pkg_final")).content.decode()
    assert Evaluation.objects.count() == 1
    assert [row.split(">")[1] for row in rows(html, "clusters")]
    assert text(panel(html, "clusters")).split("As of")[0] == before.split("As of")[0]
    if is_empty:
        assert evaluation(html) == "final"
        assert "The platform answers no results at the moment: these are the last known." in text(html)
    else:
        assert evaluation(html) == "failing"
        assert "What you see was read before that." in text(panel(html, "evaluation"))


def test_odd_names_extra_members_and_clusters_that_are_not_listed_are_shown_as_they_came(
    alices: Client, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    # Somebody who looks pulls the next reading forward.
    alices.get(url("pkg_final"))
    names = ["a/b\\c", "<b>\"bold\"</b> & 'co'", "n" * 300]
    clusters = {
        name: {"customers": -2, "items": 4, "purchase": "-7.5", "note": "extra", "rate": None} for name in names
    }
    sandbox.faults.add(
        path="/package_builder/packages/pkg_final/backhaul_evaluation",
        kind="wrong_type",
        body={"clusters": clusters, "total": 9},  # type: ignore[dict-item]
    )
    time.forward(days=1)
    poll_all()
    html = alices.get(url("pkg_final")).content.decode()
    shown = panel(html, "clusters")
    assert [name for name in names if name not in text(shown)] == []
    assert "<b>" not in shown
    assert text(shown).count("not among the clusters that the package lists") == 3
    assert text(shown).count("size of the cluster not known") == 3
    assert "The platform answers a negative number for a cluster." in text(panel(html, "evaluation"))
    assert 'data-kpi="customers" value="-6"' in html
    assert 'data-kpi="revenue" value="-22.5"' in html


def test_news_whose_settings_cannot_be_read_again_are_read_anew_and_nothing_is_said_of_a_change(
    alices: Client, acme: Partner, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    """The settings are asked for at the beginning and once more for news: only the latter fails, the first time."""
    package = Package.objects.get(partner=acme, package_id="pkg_main")
    Package.objects.exclude(pk=package.pk).delete()
    time.forward(days=1)
    answer, asked = sandbox.answer, []

    def fails_the_second_time(request: Request) -> Answer:
        if request.method == "GET" and request.path.endswith("/backhaul_evaluation_details"):
            asked.append(request.path)
            if len(asked) == 2:
                sandbox.faults.add("/package_builder/packages/pkg_main/*_details", "status", status=403, count=1)
        return answer(request)

    sandbox.answer = fails_the_second_time  # type: ignore[method-assign]
    try:
        poll_all()
    finally:
        sandbox.answer = answer  # type: ignore[method-assign]
    assert (len(asked), Evaluation.objects.count()) == (2, 1)
    assert evaluation(alices.get(url("pkg_main")).content.decode()) == "failing"
    time.forward(minutes=1)
    poll_all()
    assert [row.certainty for row in Evaluation.objects.order_by("number")] == ["presumed", "presumed"]
