"""Writes that no page makes yet, against the stand-in platform: sent once, and what was cached before is read anew."""

from __future__ import annotations

from datetime import date

import pytest

from attribution_portal.partners.connection import caller_for
from attribution_portal.platform_api import events, packages
from attribution_portal.platform_api.errors import Rejected
from attribution_portal.platform_api.payloads import AttributionSettings
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import Partners

DEFAULTS = "/partners/partner-id-acme/backhaul_attribution_details"
MODEL = "/events/evt_default/attribution_model"


def test_an_events_model_is_put_once_and_read_anew(sandbox: Sandbox, partners: Partners) -> None:
    caller = caller_for(partners.acme)
    before = events.attribution_model(caller=caller, eid="evt_default").value
    assert before != "META"
    events.set_attribution_model(caller=caller, eid="evt_default", model="META")
    assert events.attribution_model(caller=caller, eid="evt_default").value == "META"
    (put,) = sandbox.log.of(method="PUT")
    assert (put.path, put.partner, put.body) == (MODEL, "partner-id-acme", {"model": "META"})


def test_an_events_model_that_is_none_is_refused_and_nothing_changes(sandbox: Sandbox, partners: Partners) -> None:
    caller = caller_for(partners.acme)
    before = events.attribution_model(caller=caller, eid="evt_default").value
    with pytest.raises(Rejected):
        events.set_attribution_model(caller=caller, eid="evt_default", model="GUESS")
    assert events.attribution_model(caller=caller.rereading(), eid="evt_default").value == before
    assert len(sandbox.log.of(method="PUT")) == 1


@pytest.mark.parametrize("sent", [date(2026, 6, 1), None], ids=["with a date", "without a date"])
def test_a_partners_defaults_are_posted_once_and_read_anew(
    sandbox: Sandbox, partners: Partners, sent: date | None
) -> None:
    caller = caller_for(partners.acme)
    wanted = AttributionSettings(model="EVENT_SERIES", window=21, email_sent_date=sent)
    assert packages.partner_defaults(caller=caller).value != wanted
    packages.post_partner_defaults(caller=caller, settings=wanted)
    assert packages.partner_defaults(caller=caller).value == wanted
    (post,) = sandbox.log.of(method="POST", path="/partners/*")
    assert (post.path, post.partner) == (DEFAULTS, "partner-id-acme")


def test_one_partners_defaults_are_no_other_ones(sandbox: Sandbox, partners: Partners) -> None:
    before = packages.partner_defaults(caller=caller_for(partners.sakura)).value
    wanted = AttributionSettings(model="ALL_PURCHASES", window=3, email_sent_date=None)
    packages.post_partner_defaults(caller=caller_for(partners.acme), settings=wanted)
    assert packages.partner_defaults(caller=caller_for(partners.sakura).rereading()).value == before
