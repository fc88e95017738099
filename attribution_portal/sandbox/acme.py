"""Acme Concerts (demo): the main partner's events, one story each, then a season to fill the list."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

from attribution_portal.sandbox import programme as p
from attribution_portal.sandbox.events import Event
from attribution_portal.sandbox.stage import Stage, Wave

TOUR = ("evt_tour_ber", "evt_tour_ham", "evt_tour_cgn", "evt_tour_muc", "evt_tour_vie")
FIXTURES = ("evt_fixture_1", "evt_fixture_2", "evt_fixture_3")
SEASON_EVENTS = 21


def events(stage: Stage) -> list[Event]:
    return [*_sales(stage), *_credit(stage), *_states(stage), *_series(stage), *_titles(stage), *_season(stage)]


def _sales(stage: Stage) -> list[Event]:
    """How tickets went."""
    return [
        stage.event(
            "evt_spike",
            "Mara Sternberg: Heimkehr Tour",
            "On-sale spike: a third of the tickets went on the first day, a second wave when the film came out.",
            venue=p.ISARHALLE,
            on_sale=-64,
            show=96,
            curve="spike",
            wave="running",
            wave_days=(-40, 20),
            with_meta=True,
        ),
        stage.event(
            "evt_soldout",
            "Die Lautlosen Löwen im Lichthof",
            "Sold out within a week; no sales since, and those days are missing.",
            venue=p.LICHTHOF,
            on_sale=-75,
            show=34,
            curve="sellout",
            share=1.4,
            wave="closed",
            wave_days=(-75, -60),
        ),
        stage.event(
            "evt_slow",
            "Kupferkabel Quartett spielt Satie",
            "Slow start: on sale for five months, far below the benchmark, flagged.",
            venue=p.GLASPALAST,
            on_sale=-150,
            show=48,
            curve="slow",
            share=0.34,
            wave="open",
            category="classical",
            frontend_status="FLAGGED",
        ),
        stage.event(
            "evt_refund",
            "Fräulein Gezeiten: Ebbe & Flut",
            "Refund day: a moved date sent tickets back; that day's revenue is negative.",
            venue=p.ELBKONTOR,
            on_sale=-110,
            show=52,
            wave="running",
            wave_days=(-20, 12),
            refunds={-9: (Decimal("-18420.50"), Decimal("-4105.25"))},
        ),
        stage.event(
            "evt_year",
            "Nordpol Express: Silvestergala",
            "On sale for four hundred days: the longest series.",
            venue=p.SPREEWERK,
            on_sale=-399,
            show=38,
            curve="late",
            wave="running",
            wave_days=(-30, 30),
        ),
        stage.event(
            "evt_gaps",
            "Zimt & Asche akustisch",
            "Days are missing: the box office reports only from Tuesday to Saturday.",
            venue=p.SPEICHER,
            on_sale=-85,
            show=41,
            without=lambda day: day.date.weekday() in {0, 6},
            wave="closed",
            wave_days=(-70, -50),
        ),
        stage.event(
            "evt_announced",
            "Hanne Winterfeld: Erste Lesung",
            "Announced, not on sale yet: no day at all.",
            venue=p.KLANGKELLER,
            on_sale=12,
            show=130,
            category="show",
        ),
    ]


def _credit(stage: Stage) -> list[Event]:
    """What campaigns did, and what is known about it."""
    return [
        stage.event(
            "evt_running",
            "Jonas Übersee & Band",
            "Campaign running: three clusters, Meta connected, one automated result so far.",
            venue=p.RHEINDOCK,
            on_sale=-70,
            show=27,
            wave="running",
            wave_days=(-14, 10),
            with_meta=True,
        ),
        stage.event(
            "evt_closed",
            "The Velvet Tramlines – Farewell Night",
            "Campaign closed: two automated and two manual adjustments, one of them just after midnight in Berlin.",
            venue=p.ISARHALLE,
            on_sale=-130,
            show=-11,
            wave="closed",
            wave_days=(-60, -15),
            with_meta=True,
        ),
        stage.event(
            "evt_oneway",
            "Lio Marlow Open Air",
            "Adjustments that only one of the two calls shows, one without and one with an unknown source.",
            venue=p.SPREEWERK,
            on_sale=-95,
            show=22,
            wave="closed",
            wave_days=(-50, -20),
            no_meta="empty",
        ),
        stage.event(
            "evt_nosplit",
            "Grüner Donnerstag",
            "The split between campaigns and organic is missing on every day.",
            venue=p.DONAUSTADL,
            on_sale=-80,
            show=45,
            wave="running",
            split_kind="none",
        ),
        stage.event(
            "evt_partsplit",
            "Kollektiv Kranich",
            "The split is missing on some days only.",
            venue=p.GLASPALAST,
            on_sale=-80,
            show=33,
            wave="running",
            split_kind="some",
        ),
        stage.event(
            "evt_plain",
            "Rosa Blech Hofkonzert",
            "No campaigns: everything is organic and Meta knows nothing.",
            venue=p.SPEICHER,
            on_sale=-60,
            show=29,
            no_meta="missing",
        ),
        stage.event(
            "evt_meta",
            "Paper Planets: Soundcheck",
            "Counts what Meta reports (META), set for this event alone.",
            venue=p.RHEINDOCK,
            on_sale=-65,
            show=31,
            wave="running",
            model="META",
            with_meta=True,
        ),
        stage.event(
            "evt_external",
            "Orchester der Zweiten Nacht",
            "Computed elsewhere (EXTERNAL): no split and no automated results are shown.",
            venue=p.DONAUSTADL,
            on_sale=-100,
            show=44,
            wave="closed",
            wave_days=(-60, -30),
            model="EXTERNAL",
            category="classical",
            no_meta="forbidden",
        ),
        stage.event(
            "evt_default",
            "Hanne Winterfeld: Zweite Lesung",
            "No model of its own: the partner's default applies.",
            venue=p.KLANGKELLER,
            on_sale=-55,
            show=24,
            wave="running",
            category="show",
        ),
        stage.event(
            "evt_quiet",
            "Tante Elektra leise",
            "Creating an adjustment here answers 204 without the row.",
            venue=p.LICHTHOF,
            on_sale=-60,
            show=37,
            wave="closed",
            wave_days=(-40, -20),
            hushed=True,
            no_meta="empty",
        ),
    ]


def _states(stage: Stage) -> list[Event]:
    """States of an event, and members that are missing."""
    return [
        stage.event(
            "evt_nocurrency",
            "Zimt & Asche in der Fremde",
            "The event names no currency.",
            venue=p.DONAUSTADL,
            on_sale=-60,
            show=50,
            nulls=frozenset({"currency"}),
            wave="running",
        ),
        stage.event(
            "evt_cancelled",
            "Nordpol Express: Schlechtwettertermin",
            "Cancelled: refunds on three days.",
            venue=p.ELBKONTOR,
            on_sale=-90,
            show=15,
            without=lambda day: (stage.today - day.date).days < 8,
            refunds={
                -7: (Decimal("-9310.00"), Decimal(0)),
                -6: (Decimal("-5480.75"), Decimal(0)),
                -5: (Decimal("-1204.10"), Decimal(0)),
            },
            status="cancelled",
            frontend_status="CANCELLED",
        ),
        stage.event(
            "evt_archived",
            "Mara Sternberg: Heimkehr Tour (Archiv)",
            "Archived: listed only when asked for.",
            venue=p.SPREEWERK,
            on_sale=-395,
            show=-250,
            status="archived",
            wave="closed",
            wave_days=(-300, -260),
        ),
        stage.event(
            "evt_past",
            "Die Lautlosen Löwen, Rückschau",
            "Past: the show was two months ago.",
            venue=p.GLASPALAST,
            on_sale=-190,
            show=-62,
            wave="closed",
            wave_days=(-120, -70),
        ),
        stage.event(
            "evt_hidden",
            "Probelauf Saal 2",
            "Hidden from the platform's own front page.",
            venue=p.GLASPALAST,
            on_sale=-20,
            show=70,
            share=0.05,
            frontend_status="HIDDEN",
            wave="ignored",
        ),
        stage.event(
            "evt_postponed",
            "Grüner Donnerstag (verschoben)",
            "Enum values that no page documents.",
            venue=p.RHEINDOCK,
            on_sale=-70,
            show=160,
            status="postponed",
            campaign_status="WARMING_UP",
            at=time(0, 30),
        ),
        stage.event(
            "evt_bare",
            "evt_bare",
            "Nearly every member is null or missing.",
            venue=p.KLANGKELLER,
            on_sale=1,
            show=80,
            nulls=frozenset({"title", "start_date_time", "benchmark", "status", "category"}),
            omit=frozenset(
                {"venue_name", "hall_name", "capacity", "currency", "campaign_event_series", "campaign_status"}
            ),
        ),
        stage.event(
            "evt_voucher",
            "Geschenkgutschein Acme",
            "A product among events: left out with exclude_products.",
            venue=p.SPREEWERK,
            on_sale=-300,
            show=300,
            share=0.2,
            category="product",
        ),
        stage.event(
            "evt_shared",
            "Gastspiel zu zweit",
            "Sakura has an event with this very id: the two must never mix.",
            venue=p.LICHTHOF,
            on_sale=-40,
            show=20,
            wave="running",
        ),
    ]


def _series(stage: Stage) -> list[Event]:
    """A tour and a recurring fixture."""
    cities = ("Berlin", "Hamburg", "Köln", "München", "Wien")
    halls = (p.SPREEWERK, p.ELBKONTOR, p.RHEINDOCK, p.ISARHALLE, p.DONAUSTADL)
    tour = [
        stage.event(
            eid,
            f"Paper Planets Tour: {city}",
            f"Date {number} of 5 of a tour.",
            venue=hall,
            on_sale=-100,
            show=-6 + 9 * number,
            share=0.6 + 0.07 * number,
            wave="running" if number > 1 else "closed",
            wave_days=(-25, -2 if number == 1 else 6 * number),
            series=[other for other in TOUR if other != eid],
            with_meta=number in {1, 4},
        )
        for number, (eid, city, hall) in enumerate(zip(TOUR, cities, halls, strict=True), start=1)
    ]
    fixtures = [
        stage.event(
            eid,
            f"Feierabend Comedy #{number}",
            "A recurring fixture.",
            venue=p.KLANGKELLER,
            on_sale=-70 + 7 * number,
            show=-20 + 14 * number,
            category="comedy",
            wave="closed" if number == 1 else "running",
            wave_days=(-30, -22 + 14 * number),
            series=[other for other in FIXTURES if other != eid],
        )
        for number, eid in enumerate(FIXTURES, start=1)
    ]
    return [*tour, *fixtures]


def _titles(stage: Stage) -> list[Event]:
    """Titles and ids that break careless pages."""
    rows = (
        ("evt_emoji", p.SPREEWERK, p.EMOJI_TITLE, "An emoji in the title."),
        ("evt_rtl", p.LICHTHOF, p.RTL_TITLE, "A right-to-left title."),
        ("evt_markup", p.ISARHALLE, p.MARKUP_TITLE, "Markup in the title, to be shown as it is."),
        ("evt_long", p.GLASPALAST, p.long_title(), "A title of 300 characters."),
        ("evt+köln 7", p.RHEINDOCK, "Kölsche Nacht im Rheindock", "An id that has to be encoded in a path."),
    )
    shows = [
        stage.event(eid, title, story, venue=venue, on_sale=-50, show=18 + 5 * number, wave="running")
        for number, (eid, venue, title, story) in enumerate(rows)
    ]
    numeric = stage.event(
        "90210",
        "Jonas Übersee Zusatzkonzert",
        "An id that is a number in JSON.",
        venue=p.SPEICHER,
        on_sale=-45,
        show=39,
        wave="closed",
        wave_days=(-40, -12),
        numeric_id=True,
    )
    return [*shows, numeric]


def _season(stage: Stage) -> list[Event]:
    waves: tuple[Wave | None, ...] = ("running", None, "closed", "open", None)
    rows = []
    for number in range(1, SEASON_EVENTS + 1):
        rng = stage.rng(f"season/{number}")
        show = rng.choice((-120, -45, -20, 6, 14, 25, 40, 70, 110, 170))
        wave = waves[number % len(waves)]
        rows.append(
            stage.event(
                f"evt_s{number:02}",
                f"{p.ARTISTS[number % len(p.ARTISTS)]}, {p.PROGRAMMES[number % len(p.PROGRAMMES)]} {number}",
                "A season's ordinary event.",
                venue=p.VENUES[number % len(p.VENUES)],
                on_sale=min(show, 0) - rng.randint(60, 160),
                show=show,
                curve=rng.choice(("steady", "steady", "late", "spike")),
                share=rng.uniform(0.35, 0.98),
                wave="closed" if wave == "running" and show < 0 else wave,
                wave_days=(min(show, 0) - 40, min(show, 0) - 8) if show < 0 or wave == "closed" else (-15, 12),
                category=p.CATEGORIES[number % len(p.CATEGORIES)],
                frontend_status="FLAGGED" if number in {4, 11} else "DEFAULT",
            )
        )
    return rows
