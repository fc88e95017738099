"""The whole initial world, built around a day. Nothing in it changes; what changes is kept in `state.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from attribution_portal.sandbox import acme, acme_results, guests, shelf
from attribution_portal.sandbox.events import Event, ResultRow
from attribution_portal.sandbox.faults import Json
from attribution_portal.sandbox.packages import Package, Settings
from attribution_portal.sandbox.stage import Stage

ACME = "partner-id-acme"
SAKURA = "partner-id-sakura"
NORDLICHT = "fd4711"
KLEINKUNST = "partner-id-kleinkunst"


@dataclass(frozen=True, slots=True)
class Tenant:
    """A partner with all it owns. `profile` is its `GET /partners/` object; `in_array`: that comes as an array.

    `reads_results` False: campaign results and Meta answer 403. `connected`: what the Meta status says.
    """

    id: str
    profile: dict[str, Json]
    stage: Stage
    events: dict[str, Event]
    results: tuple[ResultRow, ...]
    packages: dict[str, Package]
    defaults: Settings | None
    reads_results: bool = True
    connected: bool = True
    in_array: bool = False
    tells_next_page: bool = True

    @property
    def currency(self) -> str | None:
        return self.stage.currency

    @property
    def default_model(self) -> str:
        model = self.profile.get("attribution_model_default")
        return model if isinstance(model, str) else "FD"


World = dict[str, Tenant]


@lru_cache(maxsize=4)
def build(today: date) -> World:
    """All partners by id. The same day always gives the same world."""
    berlin = ZoneInfo("Europe/Berlin")
    cent = Decimal("0.01")
    stages = {
        ACME: Stage(ACME, today, berlin, "EUR", cent, Decimal(42), "Deutschland"),
        SAKURA: Stage(SAKURA, today, ZoneInfo("Asia/Tokyo"), "JPY", Decimal(1), Decimal(8800), "Japan"),
        NORDLICHT: Stage(NORDLICHT, today, berlin, "EUR", cent, Decimal(39), "Schleswig-Holstein"),
        KLEINKUNST: Stage(KLEINKUNST, today, berlin, None, cent, Decimal(18), "Steiermark"),
    }
    return {
        ACME: _tenant(
            stages[ACME],
            profile={
                "id": ACME,
                "name": "Acme Concerts (demo)",
                "domain": "acme-concerts.example",
                "currency": "EUR",
                "vertical": "live_events",
                "demand_prediction": True,
                "campaign_recommendations": True,
                "status": "active",
                "pricing_tier": "pro",
                "attribution_model_default": "FD",
                "features": ["lookout", "wave", "backhaul"],
            },
            events=acme.events,
            results=acme_results.results,
            packages=shelf.acme,
            defaults=shelf.ACME_DEFAULTS,
        ),
        SAKURA: _tenant(
            stages[SAKURA],
            profile={
                "id": 4182,
                "name": "Sakura Live (demo)",
                "domain": None,
                "currency": "JPY",
                "vertical": "live_events",
                "demand_prediction": True,
                "campaign_recommendations": True,
                "status": "active",
                "attribution_model_default": "META",
            },
            events=guests.sakura_events,
            results=guests.sakura_results,
            packages=shelf.sakura,
            defaults=shelf.sakura_defaults(today),
            tells_next_page=False,
        ),
        NORDLICHT: _tenant(
            stages[NORDLICHT],
            profile={
                "id": NORDLICHT,
                "name": "Nordlicht Kultur (demo)",
                "domain": "nordlicht.example",
                "currency": "EUR",
                "demand_prediction": True,
                "campaign_recommendations": True,
                "status": "active",
            },
            events=guests.nordlicht_events,
            results=guests.nordlicht_results,
            packages=shelf.nordlicht,
            defaults=None,
            reads_results=False,
            in_array=True,
        ),
        KLEINKUNST: _tenant(
            stages[KLEINKUNST],
            profile={
                "id": KLEINKUNST,
                "name": "Kleinkunst Keller (demo)",
                "currency": None,
                "demand_prediction": True,
                "campaign_recommendations": False,
                "status": "trial",
                "attribution_model_default": None,
            },
            events=guests.kleinkunst_events,
            results=lambda stage: [],
            packages=lambda stage, events: [],
            defaults=None,
            connected=False,
        ),
    }


def _tenant(
    stage: Stage,
    *,
    profile: dict[str, Json],
    events: Callable[[Stage], Sequence[Event]],
    results: Callable[[Stage], Sequence[ResultRow]],
    packages: Callable[[Stage, dict[str, Event]], Sequence[Package]],
    defaults: Settings | None,
    reads_results: bool = True,
    connected: bool = True,
    in_array: bool = False,
    tells_next_page: bool = True,
) -> Tenant:
    by_id = {event.id: event for event in events(stage)}
    return Tenant(
        id=stage.partner_id,
        profile=profile,
        stage=stage,
        events=by_id,
        results=tuple(results(stage)),
        packages={package.id: package for package in packages(stage, by_id)},
        defaults=defaults,
        reads_results=reads_results,
        connected=connected,
        in_array=in_array,
        tells_next_page=tells_next_page,
    )
