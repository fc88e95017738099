"""The evaluation page through the door."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.conftest import Partners

pytestmark = pytest.mark.django_db

URL = "/p/partner-id-acme/packages/{}/"


def panel(html: str, name: str) -> str:
    """One panel's markup."""
    found = re.search(rf'<section[^>]*data-panel="{name}".*?</section>', html, re.DOTALL)
    assert found is not None, name
    return found[0]


def kpis(html: str) -> dict[str, str]:
    return dict(re.findall(r'data-kpi="(\w+)" value="([^"]*)"', html))


def values(html: str, column: int) -> list[Decimal]:
    """The raw numbers of one column of the cluster table's body; the first cell is no number."""
    body = re.search(r'data-table="clusters".*?<tbody>(.*?)</tbody>', html, re.DOTALL)
    assert body is not None
    rows = re.findall(r"<tr.*?</tr>", body[1], re.DOTALL)
    return [Decimal(re.findall(r'data-value="([^"]*)"', row)[column]) for row in rows]


def test_header_totals_are_the_sums_of_the_clusters_for_every_package(
    acme: Partner, sandbox: Sandbox, alice: User, client_for: Callable[[User], Client]
) -> None:
    client = client_for(alice)
    with_results = 0
    for package_id in sandbox.package_ids("partner-id-acme"):
        html = client.get(URL.format(package_id)).content.decode()
        truth = sandbox.current_evaluation("partner-id-acme", package_id)
        if not truth:
            assert 'data-state="empty"' in panel(html, "evaluation")
            continue
        with_results += 1
        shown = kpis(panel(html, "evaluation"))
        for column, name in enumerate(("customers", "items", "revenue")):
            assert Decimal(shown[name]) == sum(getattr(each, name) for each in truth.values())
            assert Decimal(shown[name]) == sum(values(html, column))
    assert with_results == 12


def test_a_newcomer_sees_a_package_that_was_never_listed_nor_read(
    time: Time, partners: Partners, alice: User, client_for: Callable[[User], Client], sandbox: Sandbox
) -> None:
    html = client_for(alice).get(URL.format("pkg_main")).content.decode()
    truth = sandbox.current_evaluation("partner-id-acme", "pkg_main")
    assert truth is not None
    assert kpis(panel(html, "evaluation"))["customers"] == str(sum(each.customers for each in truth.values()))
    assert 'data-evaluation="provisional"' in panel(html, "evaluation")
