"""The partners' packages: one for each thing that can happen to an evaluation (contract §8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Literal

from attribution_portal.sandbox.events import Event
from attribution_portal.sandbox.packages import Package, Segment, Settings, write_ledger
from attribution_portal.sandbox.programme import CLUSTERS
from attribution_portal.sandbox.stage import Stage

DAY_SECONDS = 24 * 3600.0

ACME_DEFAULTS = Settings("EVENTS_FROM_PACKAGE", 14, None)
TOUR_EVENTS = ("evt_tour_ber", "evt_tour_ham", "evt_tour_cgn")
MAIN_EVENTS = ("evt_spike", "evt_running", "evt_year", *TOUR_EVENTS)


def sakura_defaults(today: date) -> Settings:
    return Settings("ALL_PURCHASES", 30, today - timedelta(days=18))


class Shelf:
    """Makes packages of one partner. `events` are its events by id; a package names theirs by title."""

    def __init__(self, stage: Stage, events: dict[str, Event]) -> None:
        self.stage = stage
        self.events = events

    def package(
        self,
        package_id: str,
        title: str,
        story: str,
        *,
        status: str = "DONE",
        created: int,
        model: str | None = "EVENTS_FROM_PACKAGE",
        window: int | None = 14,
        sent: int | None = None,
        event_ids: Sequence[str] = ("evt_spike", "evt_running"),
        clusters: int = 4,
        buyers: int = 60,
        sizes: Literal["known", "missing", "too small"] = "known",
        own: bool = True,
        evaluated: bool = True,
        merge_id: str | None = None,
        job_seconds: float | None = None,
        pinned: bool = False,
        moves_twice: bool = False,
        answers_empty: bool = False,
        unset_as: Literal["missing", "empty", "nulls"] = "missing",
        tells_segments: bool = True,
        numeric_id: bool = False,
        answers_204: bool = False,
    ) -> Package:
        """`created` and `sent` are days from today; `sent` None: no e-mail date is set, purchases follow creation."""
        stage = self.stage
        rng = stage.rng(package_id)
        anchor = stage.today + timedelta(days=created if sent is None else sent)
        chosen = rng.sample(sorted(CLUSTERS), clusters)
        bought = [(tc, rng.randint(buyers // 2, buyers * 2)) for tc in chosen]
        segments = []
        for position, (tc, count) in enumerate(bought):
            size: int | None = count * rng.randint(6, 14)
            if sizes == "missing":
                size = None
            elif sizes == "too small" and position == 0:
                size = count // 3
            segments.append(Segment(tc, CLUSTERS[tc] if position != 2 else None, size))
        settings = Settings(model, window, None if sent is None else anchor)
        return Package(
            id=package_id,
            story=story,
            title=title,
            status=status,
            created_at=stage.instant(created, time(12, 30)),
            events=tuple((eid, self.events[eid].title) for eid in event_ids),
            segments=tuple(segments),
            ledger=write_ledger(
                rng,
                segments=bought,
                package_events=event_ids,
                series_events=sorted(
                    {other for eid in event_ids for other in self.events[eid].series} - set(event_ids)
                ),
                sent=anchor,
                today=stage.today,
                price=stage.price,
                quantum=stage.quantum,
            ),
            own=settings if own else None,
            evaluated=evaluated,
            merge_id=merge_id,
            targeting_mode="lookalike" if rng.random() < 0.7 else None,
            job_seconds=job_seconds,
            pinned=pinned,
            moves_twice=moves_twice,
            answers_empty=answers_empty,
            unset_as=unset_as,
            tells_segments=tells_segments,
            numeric_id=numeric_id,
            answers_204=answers_204,
        )


def acme(stage: Stage, events: dict[str, Event]) -> list[Package]:
    shelf = Shelf(stage, events)
    return [
        shelf.package(
            "pkg_main",
            "Munich & tour autumn mailing",
            "Window open: results are provisional and grow with the days.",
            created=-10,
            sent=-8,
            event_ids=MAIN_EVENTS,
            clusters=5,
            buyers=110,
        ),
        shelf.package(
            "pkg_final",
            "Farewell night, loyal guests",
            "Window closed long ago: final.",
            created=-27,
            sent=-26,
            window=7,
            event_ids=("evt_closed", "evt_past"),
            model="ALL_PURCHASES",
            answers_204=True,
        ),
        shelf.package(
            "pkg_series",
            "Tour follow-ups",
            "Credits later dates of the tour; new settings move its results twice.",
            created=-22,
            sent=-20,
            window=14,
            model="EVENT_SERIES",
            event_ids=("evt_tour_ber",),
            moves_twice=True,
        ),
        shelf.package(
            "pkg_equal",
            "Lichthof regulars",
            "New settings leave the results as they were.",
            created=-25,
            sent=-24,
            event_ids=("evt_soldout",),
            pinned=True,
        ),
        shelf.package(
            "pkg_slow",
            "Season opening, all cities",
            "A re-evaluation takes a day.",
            created=-21,
            sent=-19,
            event_ids=("evt_year", "evt_spike", "evt_plain"),
            job_seconds=DAY_SECONDS,
        ),
        shelf.package(
            "pkg_nosizes",
            "Imported newsletter list",
            "The sizes of the clusters are missing: no rates.",
            created=-20,
            sent=-18,
            sizes="missing",
            event_ids=("evt_gaps", "evt_plain"),
        ),
        shelf.package(
            "pkg_oversize",
            "Small core audience",
            "One cluster has more customers than people: its rate cannot be right.",
            created=-20,
            sent=-19,
            window=16,
            model="ALL_PURCHASES",
            sizes="too small",
            event_ids=("evt_running",),
        ),
        shelf.package(
            "pkg_defaults",
            "Comedy after work",
            "No settings of its own: the partner's defaults apply.",
            created=-16,
            own=False,
            unset_as="nulls",
            event_ids=("evt_fixture_2",),
            tells_segments=False,
        ),
        shelf.package(
            "pkg_partial",
            "Comedy, second wave",
            "Only the e-mail date is its own, model and window are the partner's defaults.",
            created=-13,
            sent=-12,
            model=None,
            window=None,
            event_ids=("evt_fixture_3",),
        ),
        shelf.package(
            "pkg_nosettings",
            "Fresh list, Cologne",
            "Just finished: no settings, no results.",
            created=-1,
            own=False,
            evaluated=False,
            event_ids=("evt+köln 7", "evt_tour_cgn"),
        ),
        shelf.package(
            "pkg_noresults",
            "Winter preview",
            "Sent today; the first results have not come.",
            created=-2,
            sent=0,
            evaluated=False,
            event_ids=("evt_year",),
        ),
        shelf.package(
            "pkg_empty",
            "Vienna classics",
            "Results without a single cluster.",
            created=-6,
            sent=-4,
            evaluated=False,
            answers_empty=True,
            event_ids=("evt_external",),
        ),
        shelf.package(
            "pkg_building",
            "Building: spring lookalikes",
            "Still being built.",
            status="INPROGRESS",
            created=0,
            own=False,
            unset_as="empty",
            evaluated=False,
        ),
        shelf.package(
            "pkg_starting",
            "Starting: summer lookalikes",
            "Only just ordered.",
            status="INITIALIZING",
            created=0,
            own=False,
            evaluated=False,
        ),
        shelf.package(
            "pkg_failed",
            "Failed: too few buyers",
            "The platform could not build it.",
            status="FAILED",
            created=-15,
            own=False,
            evaluated=False,
        ),
        shelf.package(
            "pkg_expired",
            "Spring sale 2nd mailing",
            "Expired: lists are gone, results stay; settings can no longer be changed.",
            status="EXPIRED",
            created=-95,
            sent=-90,
            window=30,
            event_ids=("evt_past", "evt_archived"),
        ),
        shelf.package(
            "555",
            "Merged: <i>metal</i> & gala",
            "An id that is a number in JSON, merged from others.",
            created=-18,
            sent=-17,
            window=10,
            merge_id="pkg_merge_9",
            numeric_id=True,
            event_ids=("evt_markup", "evt_emoji"),
        ),
        shelf.package(
            "pkg_shared",
            "Two-house mailing",
            "Sakura has a package with this very id: the two must never mix.",
            created=-9,
            sent=-7,
            event_ids=("evt_shared",),
        ),
    ]


def sakura(stage: Stage, events: dict[str, Event]) -> list[Package]:
    shelf = Shelf(stage, events)
    return [
        shelf.package(
            "pkg_jpy",
            "さくらメール Sakura mailing",
            "Yen, window open.",
            created=-7,
            sent=-6,
            model="EVENTS_FROM_PACKAGE",
            event_ids=("evt_jpy", "evt_jpy_s3"),
        ),
        shelf.package(
            "pkg_jpy_final",
            "Aoi Minato fans",
            "Yen, final.",
            created=-26,
            sent=-25,
            window=10,
            model="ALL_PURCHASES",
            event_ids=("evt_jpy_closed",),
        ),
        shelf.package(
            "pkg_jpy_defaults",
            "Winter strings list",
            "Follows the partner's defaults, date included.",
            created=-19,
            own=False,
            unset_as="empty",
            event_ids=("evt_jpy_soldout",),
        ),
        shelf.package(
            "pkg_shared",
            "Guest evening list",
            "Acme has a package with this very id: the two must never mix.",
            created=-12,
            sent=-11,
            model="ALL_PURCHASES",
            event_ids=("evt_shared",),
        ),
    ]


def nordlicht(stage: Stage, events: dict[str, Event]) -> list[Package]:
    shelf = Shelf(stage, events)
    return [
        shelf.package(
            "pkg_nord",
            "Festival friends",
            "Final, small numbers.",
            created=-24,
            sent=-23,
            event_ids=("evt_nord",),
            clusters=2,
            buyers=14,
        ),
        shelf.package(
            "pkg_nord_open",
            "Deichlesung readers",
            "Window open.",
            created=-5,
            sent=-4,
            event_ids=("evt_nord_s1", "evt_nord_s2"),
            clusters=3,
            buyers=25,
        ),
    ]
