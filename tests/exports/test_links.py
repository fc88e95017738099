"""Where a page offers its files, CSV stands first, everywhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.sandbox.app import Sandbox
from tests.pages import read

ACME = "/p/partner-id-acme/"


@pytest.mark.parametrize(
    ("page", "files"),
    [
        ("events/", ["events"]),
        ("campaigns/", ["campaigns"]),
        ("events/evt_closed/", ["daily-revenue", "adjustments"]),
        ("campaigns/evt_closed/", ["campaign", "adjustments"]),
    ],
)
def test_csv_stands_before_xlsx(
    sandbox: Sandbox, alice: User, client_for: Callable[[User], Client], page: str, files: list[str]
) -> None:
    links = [link for link in read(client_for(alice).get(ACME + page)).root.all("a") if "download" in link.attributes]
    names = [link["href"].split("?")[0].rpartition("/")[2] for link in links]
    assert names == [f"{name}.{form}" for name in files for form in ("csv", "xlsx")]
