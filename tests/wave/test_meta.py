"""Every combination of what Meta's calls may answer, and the one state that comes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import gettext, ngettext

from attribution_portal.formats import Reader
from attribution_portal.panels import Panel
from attribution_portal.platform_api.errors import NotFound, NotPermitted, PlatformError, Unavailable
from attribution_portal.platform_api.payloads import MetaInsights, MetaResult, MetaResults, Reading
from attribution_portal.wave import meta
from attribution_portal.wave.meta import MetaNumbers

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
READER = Reader(locale="en", zone=ZoneInfo("Europe/Berlin"), gettext=gettext, ngettext=ngettext)
RESULT = MetaResult(revenue=Decimal(300), purchases=6, spend=Decimal(100), roas=Decimal("2.9"))

Results = Reading[MetaResults] | PlatformError
Insights = Reading[MetaInsights] | PlatformError
Connected = Reading[bool | None] | PlatformError


def error(kind: type[PlatformError]) -> PlatformError:
    return kind("", endpoint="GET /integrations/facebook", request_id="req-1")


RESULTS: dict[str, Results] = {
    "numbers": Reading(MetaResults(event=RESULT, series=None), NOON),
    "none": Reading(MetaResults(event=None, series=None), NOON),
    "refused": error(NotPermitted),
    "missing": error(NotFound),
    "down": error(Unavailable),
}
INSIGHTS: dict[str, Insights] = {
    "numbers": Reading(MetaInsights(impressions=1000, clicks=20, spend=Decimal(100)), NOON + timedelta(minutes=5)),
    "none": Reading(MetaInsights(impressions=None, clicks=None, spend=None), NOON),
    "refused": error(NotPermitted),
    "missing": error(NotFound),
    "down": error(Unavailable),
}
CONNECTED: dict[str, Connected] = {
    "yes": Reading(True, NOON),
    "no": Reading(False, NOON),
    "unsaid": Reading(None, NOON),
    "down": error(Unavailable),
}


def shown(results: Results, insights: Insights, connected: Connected = CONNECTED["yes"]) -> Panel[MetaNumbers]:
    return meta.panel(
        results=results, insights=insights, connected=connected, currency="EUR", reader=READER, retry="/again"
    )


@pytest.mark.parametrize(("results", "insights", "connected"), list(product(RESULTS, INSIGHTS, CONNECTED)))
def test_each_combination_has_one_state(results: str, insights: str, connected: str) -> None:
    panel = shown(RESULTS[results], INSIGHTS[insights], CONNECTED[connected])
    if "numbers" in (results, insights):
        assert panel.state == "ready"
        assert panel.data is not None
        assert bool(panel.data.notes) == (connected == "no")
        assert panel.read_at == (NOON + timedelta(minutes=5) if isinstance(RESULTS[results], PlatformError) else NOON)
    elif connected == "no":
        assert panel.state == "empty"
        assert "not connected" in str(panel.sentence)
    elif "down" in (results, insights):
        assert (panel.state, panel.reference, panel.retry) == ("failed", "req-1", "/again")
    elif (results, insights) == ("refused", "refused"):
        assert panel.state == "not-permitted"
        assert "does not let this account" in str(panel.sentence)
    else:
        assert panel.state == "empty"
        assert "no statistics for this event" in str(panel.sentence)


def kpis(panel: Panel[MetaNumbers]) -> dict[str, tuple[str, str]]:
    assert panel.data is not None
    return {kpi.name: (kpi.raw, str(kpi.note)) for kpi in (*panel.data.results, *panel.data.delivery)}


def test_the_half_that_is_missing_says_why() -> None:
    assert kpis(shown(RESULTS["numbers"], INSIGHTS["down"])) == {
        "revenue": ("300", ""),
        "purchases": ("6", ""),
        "spend": ("100", ""),
        "roas": ("2.9", ""),
        "impressions": ("", "Could not be read right now."),
        "clicks": ("", "Could not be read right now."),
        "ctr": ("", "Could not be read right now."),
        "cpc": ("", "Could not be read right now."),
    }
    assert kpis(shown(RESULTS["none"], INSIGHTS["numbers"])) == {
        "revenue": ("", "None for this event."),
        "purchases": ("", "None for this event."),
        "spend": ("100", "From Meta's delivery numbers."),
        "roas": ("", "None for this event."),
        "impressions": ("1000", ""),
        "clicks": ("20", ""),
        "ctr": ("0.02", ""),
        "cpc": ("5", ""),
    }


def test_a_ratio_that_meta_does_not_state_is_computed_and_says_so() -> None:
    stated = MetaResult(revenue=Decimal(300), purchases=None, spend=Decimal(100), roas=None)
    numbers = kpis(shown(Reading(MetaResults(event=stated, series=None), NOON), INSIGHTS["none"]))
    assert numbers["roas"] == ("3", "Computed here from Meta's revenue and spend.")
    assert numbers["purchases"] == ("", "Meta does not state it.")


def test_two_different_spends_of_meta_are_both_told() -> None:
    insights: Insights = Reading(MetaInsights(impressions=None, clicks=0, spend=Decimal("120.5")), NOON)
    numbers = kpis(shown(RESULTS["numbers"], insights))
    assert numbers["spend"] == ("100", "With the results; the delivery numbers state €120.50.")
    assert numbers["impressions"] == ("", "Meta does not state it.")
    assert numbers["ctr"] == ("", "Not known without the impressions.")
    assert numbers["cpc"] == ("", "Not computed: there are no clicks.")
    assert numbers["clicks"] == ("0", "")
