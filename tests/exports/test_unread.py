"""A list or a panel that cannot be read makes no file: its page says so in words, and nothing is on record."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Kind
from attribution_portal.sandbox.app import Sandbox
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
