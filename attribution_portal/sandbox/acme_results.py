"""Acme's campaign results at the start, the "sales adjustments" of its events (contract §6)."""

from __future__ import annotations

from datetime import time

from attribution_portal.sandbox.events import ResultRow
from attribution_portal.sandbox.stage import Stage


def results(stage: Stage) -> list[ResultRow]:
    return [
        stage.result(
            "cr_closed_a1",
            "evt_closed",
            purchase=147,
            revenue="6615",
            created=(-10, time(10, 0)),
            source="automated",
        ),
        stage.result(
            "cr_closed_a2",
            "evt_closed",
            purchase=38,
            revenue="1710.40",
            created=(-9, time(0, 20)),
            source="automated",
        ),
        stage.result(
            "cr_closed_m1",
            "evt_closed",
            purchase=25,
            revenue="1125.50",
            created=(-8, time(15, 12)),
            source="manual",
        ),
        stage.result(
            "cr_closed_m2",
            "evt_closed",
            purchase=12,
            revenue="540",
            created=(-5, time(23, 50)),
            source="manual",
        ),
        stage.result(
            "cr_running_a1",
            "evt_running",
            purchase=31,
            revenue="1488",
            created=(-2, time(4, 5)),
            source="automated",
        ),
        stage.result(
            "cr_oneway_both",
            "evt_oneway",
            purchase=20,
            revenue="900",
            created=(-18, time(9, 0)),
            source="automated",
        ),
        stage.result(
            "cr_oneway_daily",
            "evt_oneway",
            purchase=8,
            revenue="360",
            created=(-17, time(9, 0)),
            source="manual",
            in_results=False,
        ),
        stage.result(
            "cr_oneway_list",
            "evt_oneway",
            purchase=5,
            revenue="225.75",
            created=(-16, time(9, 0)),
            source=None,
            in_daily=False,
        ),
        stage.result(
            "7700123",
            "evt_oneway",
            purchase=0,
            revenue="80",
            created=(-15, time(9, 0)),
            source="imported",
            numeric_id=True,
        ),
        stage.result(
            "cr_external_a1",
            "evt_external",
            purchase=44,
            revenue="2112",
            created=(-28, time(3, 30)),
            source="automated",
        ),
        stage.result(
            "cr_tour_ber_a1",
            "evt_tour_ber",
            purchase=63,
            revenue="2835",
            created=(-1, time(5, 0)),
            source="automated",
        ),
        stage.result(
            "cr_past_a1",
            "evt_past",
            purchase=90,
            revenue="4050",
            created=(-60, time(5, 0)),
            source="automated",
        ),
        stage.result(
            "cr_past_m1",
            "evt_past",
            purchase=3,
            revenue="135",
            created=(-58, time(11, 0)),
            source="manual",
        ),
    ]
