"""Settings that somebody changed elsewhere, found only when a person here is about to save others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import uuid4

import pytest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.backhaul.models import Evaluation, Package, PollState, SettingsChange
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import packages
from attribution_portal.platform_api.payloads import AttributionSettings
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.backhaul.html import evaluation, panel, text

pytestmark = pytest.mark.django_db

ACME = "partner-id-acme"
URL = f"/p/{ACME}/packages/pkg_final/"
RESULTS = "/package_builder/packages/pkg_final/backhaul_evaluation"
PUTS = "/package_builder/packages/*/backhaul_evaluation_details"
PollAll = Callable[[], object]


@pytest.fixture
def _elsewhere(alices: Client, acme: Partner, sandbox: Sandbox, time: Time) -> None:
    """Three weeks instead of one, set at the platform, which has evaluated them; the portal cannot read the results."""
    sandbox.faults.add(RESULTS, "status", status=503)
    settings = AttributionSettings(model="ALL_PURCHASES", window=21, email_sent_date=date(2026, 5, 20))
    packages.put_settings(caller=caller_for(acme), package_id="pkg_final", settings=settings)
    time.forward(minutes=5)


def send(client: Client, window: int) -> int:
    form = {"model": "ALL_PURCHASES", "window": str(window), "email_sent_date": "2026-05-20", "token": str(uuid4())}
    return client.post(URL + "settings/", form).status_code


def changes() -> list[tuple[int | None, int | None, User | None, str]]:
    found = SettingsChange.objects.order_by("made_at", "pk").select_related("user")
    return [(each.before_window, each.window, each.user, each.outcome) for each in found]


def certainties() -> list[tuple[int | None, str]]:
    rows = Evaluation.objects.filter(package__package_id="pkg_final").order_by("number")
    return [(row.window, row.certainty) for row in rows]


@pytest.mark.usefixtures("_elsewhere")
def test_whoever_puts_the_old_values_back_does_not_make_the_others_results_theirs(
    alices: Client, alice: User, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    assert send(alices, 7) == 303
    assert changes() == [(7, 21, None, "done"), (21, 7, alice, "done")]
    assert evaluation(alices.get(URL).content.decode()) == "failing"
    sandbox.faults.clear()
    time.forward(seconds=10)
    # Still what the platform made of the three weeks.
    PollState.objects.update(next_due=time.now)
    poll_all()
    assert certainties() == [(7, "presumed"), (7, "unknown")]
    page = alices.get(URL).content.decode()
    assert "Reason unknown: settings and results changed between two readings." in text(panel(page, "ledger"))


@pytest.mark.usefixtures("_elsewhere")
def test_what_was_found_stays_found_when_the_platform_refuses_the_change(
    alices: Client, alice: User, sandbox: Sandbox, time: Time
) -> None:
    sandbox.faults.add(PUTS, "status", method="PUT", status=422)
    assert send(alices, 14) == 422
    assert changes() == [(7, 21, None, "done"), (21, 14, alice, "refused")]
    state = PollState.objects.get(package__package_id="pkg_final")
    assert (state.window, state.pending_changes) == (21, 1)


@pytest.mark.usefixtures("_elsewhere")
def test_two_changes_of_which_one_was_made_elsewhere_prove_nothing(
    alices: Client, alice: User, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    assert send(alices, 14) == 303
    sandbox.faults.clear()
    time.forward(seconds=60)
    PollState.objects.update(next_due=time.now)
    poll_all()
    assert changes() == [(7, 21, None, "done"), (21, 14, alice, "done")]
    assert certainties() == [(7, "presumed"), (14, "unknown")]
    assert Package.objects.get(package_id="pkg_final").changes.count() == 2
