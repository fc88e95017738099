"""The other partners: Sakura Live (yen, no decimals), Nordlicht Kultur (may not read campaign results), and a small
stage without currency, campaigns or packages. All of them are marked "(demo)" where their names appear."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

from attribution_portal.sandbox import programme as p
from attribution_portal.sandbox.events import Event, ResultRow
from attribution_portal.sandbox.stage import Stage


def sakura_events(stage: Stage) -> list[Event]:
    stories = [
        stage.event(
            "evt_jpy",
            "桜ナイト Sakura Night",
            "Yen: amounts without decimals, campaign running.",
            venue=p.HIKARI_DOME,
            on_sale=-72,
            show=28,
            wave="running",
            with_meta=True,
        ),
        stage.event(
            "evt_jpy_closed",
            "Aoi Minato: Final",
            "Closed in yen, one automated and one manual adjustment.",
            venue=p.NAMI_HALL,
            on_sale=-120,
            show=-9,
            wave="closed",
            wave_days=(-50, -12),
            model="FD",
        ),
        stage.event(
            "evt_jpy_soldout",
            "Yuki Garden Winter Strings",
            "Sold out in yen.",
            venue=p.YUKI_GARDEN,
            on_sale=-66,
            show=19,
            curve="sellout",
            share=1.5,
        ),
        stage.event(
            "evt_shared",
            "二人の夜 Guest Evening",
            "Acme has an event with this very id: the two must never mix.",
            venue=p.NAMI_HALL,
            on_sale=-45,
            show=23,
            wave="running",
        ),
    ]
    season = [
        stage.event(
            f"evt_jpy_s{number}",
            f"Sakura Season {number}",
            "An ordinary event in yen.",
            venue=(p.HIKARI_DOME, p.NAMI_HALL, p.YUKI_GARDEN)[number % 3],
            on_sale=-60 - 5 * number,
            show=-30 + 15 * number,
            share=0.4 + 0.05 * number,
            wave=("closed" if number < 3 else "running") if number % 2 else None,
            wave_days=(-45, -32) if number < 3 else (-10, 10),
        )
        for number in range(1, 9)
    ]
    return [*stories, *season]


def sakura_results(stage: Stage) -> list[ResultRow]:
    return [
        stage.result(
            "cr_jpy_a1",
            "evt_jpy_closed",
            purchase=52,
            revenue="468000",
            created=(-8, time(1, 15)),
            source="automated",
        ),
        stage.result(
            "cr_jpy_m1",
            "evt_jpy_closed",
            purchase=4,
            revenue="36000",
            created=(-6, time(16, 0)),
            source="manual",
        ),
    ]


def nordlicht_events(stage: Stage) -> list[Event]:
    stories = [
        stage.event(
            "evt_nord",
            "Fjordklang Festival",
            "The account may not read adjustments: only daily revenue carries them.",
            venue=p.FJORDHALLE,
            on_sale=-100,
            show=-4,
            wave="closed",
            wave_days=(-40, -8),
        ),
        stage.event(
            "evt_nord_refund",
            "Sturmflut: Das Stück",
            "A refund day without any adjustment.",
            venue=p.MARSCHTHEATER,
            on_sale=-80,
            show=30,
            category="show",
            refunds={-3: (Decimal("-3120.00"), Decimal(0))},
        ),
    ]
    season = [
        stage.event(
            f"evt_nord_s{number}",
            f"Deichlesung {number}",
            "An ordinary event.",
            venue=(p.FJORDHALLE, p.MARSCHTHEATER)[number % 2],
            on_sale=-60,
            show=8 + 11 * number,
            share=0.3 + 0.1 * number,
            wave="running" if number % 2 else None,
            split_kind="none" if number == 4 else "known",
        )
        for number in range(1, 7)
    ]
    return [*stories, *season]


def nordlicht_results(stage: Stage) -> list[ResultRow]:
    return [
        stage.result(
            "cr_nord_a1",
            "evt_nord",
            purchase=29,
            revenue="1131",
            created=(-3, time(6, 0)),
            source="automated",
        ),
        stage.result(
            "cr_nord_m1",
            "evt_nord",
            purchase=6,
            revenue="234.90",
            created=(-2, time(12, 0)),
            source="manual",
        ),
    ]


def kleinkunst_events(stage: Stage) -> list[Event]:
    return [
        stage.event(
            f"evt_klein_{number}",
            f"Kellerabend {number}",
            "A small stage: no currency, no campaigns.",
            venue=p.KELLERBUEHNE,
            on_sale=-30,
            show=10 * number,
            share=0.8,
            split_kind="none",
        )
        for number in range(1, 4)
    ]
