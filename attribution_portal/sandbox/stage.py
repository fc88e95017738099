"""Puts an event together: its days, campaigns, Meta numbers and split from a few words of a story.

Every draw comes from a generator seeded with partner and id, so one event never changes because another was added.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

from attribution_portal.sandbox.events import Campaign, Event, Meta, NoMeta, ResultRow, Venue
from attribution_portal.sandbox.programme import CLUSTERS
from attribution_portal.sandbox.sales import Day, Period, SplitKind, sell, split

Wave = Literal["running", "closed", "open", "ignored"]
CAMPAIGN_STATUS: dict[Wave, tuple[str, tuple[str, ...]]] = {
    "running": ("RUNNING", ("RUNNING", "RUNNING", "PAUSED")),
    "closed": ("CLOSED", ("COMPLETED", "CLOSED")),
    "open": ("OPEN", ("open",)),
    "ignored": ("IGNORED", ("IGNORED",)),
}
HEADLINES = ("Noch gibt es Karten", "Ein Abend, der bleibt", "Letzte Plätze im Rang", "Bring jemanden mit")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a partner's events are put on: its day, zone, currency and the smallest amount its prices know."""

    partner_id: str
    today: date
    zone: ZoneInfo
    currency: str | None
    quantum: Decimal
    price: Decimal
    region: str

    def rng(self, key: str) -> Random:
        return Random(f"{self.partner_id}/{key}")

    def instant(self, days_from_today: int, at: time) -> datetime:
        """That local time on that day, in UTC."""
        day = self.today + timedelta(days=days_from_today)
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    def event(
        self,
        eid: str,
        title: str,
        story: str,
        *,
        venue: Venue,
        on_sale: int = -90,
        show: int = 60,
        curve: str = "steady",
        share: float = 0.85,
        split_kind: SplitKind = "known",
        wave: Wave | None = None,
        wave_days: tuple[int, int] = (-12, 9),
        with_meta: bool = False,
        category: str = "concert",
        status: str = "active",
        frontend_status: str = "DEFAULT",
        campaign_status: str | None = None,
        series: Sequence[str] = (),
        model: str | None = None,
        no_meta: NoMeta = "missing",
        numeric_id: bool = False,
        hushed: bool = False,
        without: Callable[[Day], bool] | None = None,
        refunds: dict[int, tuple[Decimal, Decimal]] | None = None,
        at: time = time(20, 0),
        omit: frozenset[str] = frozenset(),
        nulls: frozenset[str] = frozenset(),
    ) -> Event:
        """`on_sale`, `show`, `wave_days` and the keys of `refunds` are days from today; a refund is (total, campaign
        part) in major units and takes the place of that day's sales. `without` drops days."""
        rng = self.rng(eid)
        show_day = self.today + timedelta(days=show)
        days = sell(
            rng,
            curve=curve,
            on_sale=self.today + timedelta(days=on_sale),
            show=show_day,
            today=self.today,
            capacity=venue.capacity,
            share=share,
            price=self.price,
            quantum=self.quantum,
        )
        if without is not None:
            days = [day for day in days if not without(day)]
        begin, end = (self.today + timedelta(days=offset) for offset in wave_days)
        end = min(end, show_day)
        periods: list[Period] = [(begin, end)] if wave in {"running", "closed"} else []
        rows = split(rng, days, periods=periods, kind=split_kind, quantum=self.quantum)
        rows = self._refunded(rows, refunds or {})
        clusters = tuple(rng.sample(sorted(CLUSTERS), 4))
        campaigns = self._campaigns(rng, wave, clusters, begin, end, venue) if wave else ()
        sold = sum(day.tickets for day in rows) / venue.capacity
        return Event(
            id=eid,
            story=story,
            title=title,
            starts_at=self.instant(show, at),
            venue=venue,
            capacity=venue.capacity,
            category=category,
            currency=self.currency,
            days=rows,
            status=status,
            frontend_status=frontend_status,
            campaign_status=campaign_status or (CAMPAIGN_STATUS[wave][0] if wave else None),
            series=tuple(series),
            campaigns=campaigns,
            clusters=clusters,
            model=model,
            meta=self._meta(rng, rows, campaigns, bool(series)) if with_meta else None,
            no_meta=no_meta,
            sold=sold,
            prediction=round(sold if show < 0 else min(1.0, max(share, sold)), 3),
            benchmark=round(rng.uniform(0.58, 0.8), 3),
            numeric_id=numeric_id,
            hushed=hushed,
            omit=omit,
            nulls=nulls,
        )

    def result(
        self,
        row_id: str,
        eid: str,
        *,
        purchase: int,
        revenue: str,
        created: tuple[int, time],
        source: str | None,
        in_daily: bool = True,
        in_results: bool = True,
        numeric_id: bool = False,
    ) -> ResultRow:
        """`created`: days from today and the local time."""
        return ResultRow(
            id=row_id,
            eid=eid,
            partner_id=self.partner_id,
            purchase=purchase,
            revenue=Decimal(revenue),
            created_at=self.instant(*created),
            source=source,
            in_daily=in_daily,
            in_results=in_results,
            numeric_id=numeric_id,
        )

    def _refunded(self, rows: tuple[Day, ...], refunds: dict[int, tuple[Decimal, Decimal]]) -> tuple[Day, ...]:
        days = {row.date: row for row in rows}
        for offset, (total, part) in refunds.items():
            day = self.today + timedelta(days=offset)
            days[day] = Day(day, total, 0, 0, part, 0)
        return tuple(days[day] for day in sorted(days))

    def _campaigns(
        self, rng: Random, wave: Wave, clusters: tuple[str, ...], begin: date, end: date, venue: Venue
    ) -> tuple[Campaign, ...]:
        length = max((end - begin).days, 1)
        done = min(max((self.today - begin).days, 0), length) / length if wave in {"running", "closed"} else 0
        rows = []
        for position, status in enumerate(CAMPAIGN_STATUS[wave][1]):
            # Between one and three per cent of what a full house would bring.
            house = venue.capacity * self.price
            budget = (house * rng.randint(12, 32) / 1000).quantize(Decimal(1), ROUND_HALF_UP)
            rows.append(
                Campaign(
                    tc=clusters[position],
                    run=rng.randint(40, 90),
                    status=status,
                    headline=rng.choice(HEADLINES),
                    text=f"{venue.name}, {venue.city}. (demo)",
                    geo=(venue.city, self.region),
                    demographics=("25-44",) if position % 2 else ("18-34", "35-54"),
                    budget=budget,
                    spend=self._money(budget * Decimal(str(round(done, 4)))),
                    start=begin if position % 2 == 0 else None,
                    end=end,
                    audience=f"aud_{rng.randint(1000, 9999)}" if wave != "ignored" else None,
                    published=wave in {"running", "closed"},
                )
            )
        return tuple(rows)

    def _meta(self, rng: Random, rows: tuple[Day, ...], campaigns: tuple[Campaign, ...], has_series: bool) -> Meta:
        credited = sum((row.campaign_revenue or Decimal(0) for row in rows), Decimal(0))
        purchases = sum(row.campaign_purchases or 0 for row in rows)
        spend = sum((campaign.spend for campaign in campaigns), Decimal(0))
        impressions = int(spend / self.price * rng.randint(2600, 4200)) + 12000
        revenue = self._money(credited * Decimal("1.12"))
        series = (self._money(revenue * 2), purchases * 2, self._money(spend * 3)) if has_series else None
        return Meta(
            revenue=revenue,
            purchases=round(purchases * 1.1),
            spend=spend,
            impressions=impressions,
            clicks=round(impressions * rng.uniform(0.008, 0.021)),
            series=series,
        )

    def _money(self, value: Decimal) -> Decimal:
        return value.quantize(self.quantum, ROUND_HALF_UP)
