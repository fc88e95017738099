"""What cannot be read, or by filters that cannot be used, makes no file: its page says so in words, and nothing is on
record."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Kind
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.stored import made, result
from tests.conftest import Partners
from tests.pages import read

ACME = "/p/partner-id-acme/"
ClientFor = Callable[[User], Client]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("file", "query", "page"),
    [
        ("campaigns/campaigns", "?sort=title", "campaigns/?sort=title"),
        ("events/events", "?q=Open", "events/?q=Open"),
        ("events/evt_closed/daily-revenue", "?by=week", "events/evt_closed/?by=week"),
    ],
)
@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (503, "The platform cannot be reached right now."),
        (403, "The platform does not let this account read or change this."),
    ],
)
def test_a_file_of_what_cannot_be_read_is_not_made_and_the_page_says_so(
    sandbox: Sandbox,
    alice: User,
    client_for: ClientFor,
    form: str,
    file: str,
    query: str,
    page: str,
    status: int,
    sentence: str,
) -> None:
    for path in ("/events/", "/daily_revenue_summary/"):
        sandbox.faults.add(path, "status", status=status)
    client = client_for(alice)
    answer = client.get(f"{ACME}{file}.{form}{query}")
    assert (answer.status_code, answer["Location"]) == (302, f"{ACME}{page}")
    shown = read(client.get(answer["Location"]))
    assert shown.root.one("div", id="messages").text == f"{sentence} No file was made."
    assert not AuditEvent.objects.filter(kind=Kind.EXPORTED).exists()
    # Said once.
    assert read(client.get(answer["Location"])).root.one("div", id="messages").text == ""


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("person", "file", "query", "page"),
    [
        ("alice", f"{ACME}campaigns/campaigns", "?from=soon", f"{ACME}campaigns/?from=soon"),
        ("alice", f"{ACME}events/events", "?q=a&to=soon", f"{ACME}events/?q=a&to=soon"),
        ("alice", f"{ACME}events/evt_closed/daily-revenue", "?by=hour", f"{ACME}events/evt_closed/?by=hour"),
        ("alice", f"{ACME}packages", "?state=odd", f"{ACME}packages/?state=odd"),
        ("alice", f"{ACME}packages/pkg_1/evaluation", "?as_of=soon", f"{ACME}packages/pkg_1/?as_of=soon"),
        ("alice", f"{ACME}packages/pkg_1/results", "?as_of=soon", f"{ACME}packages/pkg_1/?as_of=soon"),
        ("alice", f"{ACME}activity", "?kind=odd", f"{ACME}activity/?kind=odd"),
        ("olga", "/operate/activity", "?from=soon", "/operate/activity/?from=soon"),
        ("mara", "/review", "?state=odd", "/review/?state=odd"),
    ],
)
def test_a_file_by_filters_that_cannot_be_used_is_not_made_and_the_page_says_so(
    sandbox: Sandbox,
    partners: Partners,
    client_for: ClientFor,
    request: pytest.FixtureRequest,
    person: str,
    file: str,
    query: str,
    page: str,
    form: str,
) -> None:
    result(made(partners.acme, "pkg_1"))
    client = client_for(request.getfixturevalue(person))
    answer = client.get(f"{file}.{form}{query}")
    assert (answer.status_code, answer["Location"]) == (302, page)
    shown = read(client.get(answer["Location"]))
    told = "Not all of these choices can be used. No file was made."
    assert shown.root.one("div", id="messages").text == told
    assert not AuditEvent.objects.filter(kind=Kind.EXPORTED).exists()
    assert read(client.get(answer["Location"])).root.one("div", id="messages").text == ""
