"""The portal polls: what is listed, claimed, read and recorded, against the sandbox, PostgreSQL and Redis."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from attribution_portal.backhaul.models import Evaluation, Package
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox

pytestmark = pytest.mark.django_db


def test_one_round_stores_what_the_platform_answers_for_every_package(acme: Partner, sandbox: Sandbox) -> None:
    stored = {row.package.package_id: row for row in Evaluation.objects.select_related("package")}
    for package_id in sandbox.package_ids("partner-id-acme"):
        truth = sandbox.current_evaluation("partner-id-acme", package_id)
        if not truth:
            assert package_id not in stored
            continue
        row = stored[package_id]
        assert row.customers == sum(each.customers for each in truth.values())
        assert row.items == sum(each.items for each in truth.values())
        assert row.revenue == sum(each.revenue for each in truth.values())
        assert row.certainty == "presumed"
