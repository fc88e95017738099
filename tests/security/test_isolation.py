"""Whatever is read before, by whom and in what order: nothing of one partner stands in an answer for another.

The platform's answers are shared by all processes and kept for a week, served stale while they are read anew, and
served at any age while the platform is away. So people of three partners read pages, fragments and exports in hundreds
of random orders, over caches that are warm, old, gone and failing, also with ids that belong to somebody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import redis
import time_machine
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as running
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.platform_api import entries
from attribution_portal.sandbox.app import Sandbox
from tests.addresses import PARTNER, ROWS
from tests.conftest import TODAY, Partners
from tests.security.belongings import Belongings, belongings, contents

ClientFor = Callable[[User], Client]
ACME, SAKURA, NORDLICHT = "partner-id-acme", "partner-id-sakura", "fd4711"
PEOPLE = {ACME: "alice", SAKURA: "charlie", NORDLICHT: "nils"}
PAGES = [address for address in PARTNER if address.get == 200]
# One id that two partners have, and for each partner one of its own.
EVENTS = {ACME: ("evt_shared", "evt_closed"), SAKURA: ("evt_shared", "evt_jpy_closed"), NORDLICHT: ("evt_nord",)}
QUERIES = ("", "?period=last_30_days", "?by=month&metric=purchases", "?page=2", "?q=a", "?seen=x", "?panel=meta")


@dataclass(frozen=True)
class Reading:
    """Somebody of `partner` opens the page of `PAGES` with ids of `ids_of`, whose may be another partner's."""

    partner: str
    page: int
    ids_of: str
    number: int
    query: str
    as_fragment: bool
    language: str


@dataclass(frozen=True)
class Weather:
    """`kind` passes: time in minutes, an outage for one partner, the end of outages, a Redis that forgot."""

    kind: str
    partner: str = ""
    minutes: int = 0


partners_ids = st.sampled_from([ACME, SAKURA, NORDLICHT])
readings = st.builds(
    Reading,
    partner=partners_ids,
    page=st.integers(0, len(PAGES) - 1),
    # Mostly one's own: a stranger's ids end in 404 before anything is shown.
    ids_of=st.sampled_from(["own", "own", "own", ACME, SAKURA, NORDLICHT]),
    number=st.integers(0, 3),
    query=st.sampled_from(QUERIES),
    as_fragment=st.booleans(),
    language=st.sampled_from(["en", "de"]),
)
weathers = st.one_of(
    st.builds(Weather, kind=st.just("later"), minutes=st.sampled_from([1, 20, 2000])),
    st.builds(Weather, kind=st.just("outage"), partner=partners_ids),
    st.builds(Weather, kind=st.sampled_from(["over", "forgotten"])),
)
steps = st.lists(st.one_of(readings, readings, readings, weathers), min_size=2, max_size=4)


class House:
    """The portal with its three partners' people, and what belongs to nobody but each of the partners."""

    def __init__(
        self,
        *,
        sandbox: Sandbox,
        redis: redis.Redis,
        traveller: time_machine.Traveller,
        clients: dict[str, Client],
        rows: dict[str, str],
        strange: dict[tuple[str, str], Belongings],
    ) -> None:
        self.sandbox = sandbox
        self.redis = redis
        self.traveller = traveller
        self.clients = clients
        self.rows = rows
        self.strange = strange
        self.packages = {partner: tuple(sandbox.world[partner].packages) for partner in PEOPLE}

    def __repr__(self) -> str:
        """Short: Hypothesis writes it down for every example."""
        return "House()"

    def take(self, step: Reading | Weather) -> None:
        if isinstance(step, Weather):
            self._let(step)
            return
        answer, path = self.read(step)
        # 403 and 503 are pages that say why not; 303 leads back from a form for what cannot be changed now, 302 from a
        # file that cannot be made of this to the page that says why.
        assert answer.status_code in {200, 204, 302, 303, 403, 404, 503}, (path, answer.status_code)
        assert answer.status_code != 302 or PAGES[step.page].name.endswith(("csv", "xlsx"))
        if answer.status_code in {302, 303}:
            assert answer.headers["Location"].startswith(f"/p/{step.partner}/")
        shown = contents(answer)
        for (owner, reader), theirs in self.strange.items():
            if reader == step.partner:
                found = theirs.found_in(shown, typed=path)
                assert not found, f"{path} for {reader} shows {sorted(found)} of {owner}"

    def read(self, step: Reading) -> tuple[HttpResponse, str]:
        owner = step.partner if step.ids_of == "own" else step.ids_of
        events, packages = EVENTS[owner], self.packages[owner]
        ids = {
            "partner": step.partner,
            "event": events[step.number % len(events)],
            "package": packages[step.number % len(packages)],
            "row": self.rows[owner],
            **ROWS,
        }
        path = PAGES[step.page].at(ids) + step.query
        headers = {"accept-language": step.language}
        if step.as_fragment:
            headers |= {"hx-request": "true", "hx-target": "figures"}
        return self.clients[step.partner].get(path, headers=headers), path

    def _let(self, weather: Weather) -> None:
        if weather.kind == "later":
            self.traveller.shift(timedelta(minutes=weather.minutes))
        elif weather.kind == "outage":
            self.sandbox.faults.add("/*", "status", status=503, partner=weather.partner)
        elif weather.kind == "over":
            self.sandbox.faults.clear()
        else:
            self.redis.flushdb()

    def begin(self) -> None:
        """Caches stay as the example before left them: the more there is to mix up, the better."""
        self.sandbox.faults.clear()


@pytest.fixture
def house(
    request: pytest.FixtureRequest,
    partners: Partners,
    sandbox: Sandbox,
    clean_redis: redis.Redis,
    client_for: ClientFor,
    settings: Settings,
) -> Iterator[House]:
    # Months pass for these people, who sign in once.
    settings.SESSION_COOKIE_AGE = 10 * 365 * 24 * 3600
    known = {partner_id: belongings(sandbox, partner_id) for partner_id in PEOPLE}
    sandbox.log.clear()
    with time_machine.travel(datetime(TODAY.year, TODAY.month, TODAY.day, 10, tzinfo=UTC), tick=True) as traveller:
        yield House(
            sandbox=sandbox,
            redis=clean_redis,
            traveller=traveller,
            clients={partner: client_for(request.getfixturevalue(name)) for partner, name in PEOPLE.items()},
            rows={ACME: "cr_closed_a1", SAKURA: "cr_jpy_a1", NORDLICHT: "cr_nord_a1"},
            strange={
                (owner, reader): known[owner].without(known[reader])
                for owner in PEOPLE
                for reader in PEOPLE
                if owner != reader
            },
        )


@running(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
def test_nothing_of_one_partner_is_shown_to_another(house: House, steps: list[Reading | Weather]) -> None:
    house.begin()
    for step in steps:
        house.take(step)


# What the test above is worth.


def own(partner: str, page: str, number: int = 0) -> Reading:
    return Reading(partner, [address.name for address in PAGES].index(page), "own", number, "", False, "en")


@pytest.mark.parametrize(
    "page",
    ["dashboard:page", "lookout:events", "lookout:event", "wave:campaign", "backhaul:packages", "backhaul:package"],
)
@pytest.mark.parametrize("partner", [ACME, SAKURA, NORDLICHT])
def test_it_would_notice_what_each_page_shows(house: House, page: str, partner: str) -> None:
    """Each partner's own page is full of what must not stand on another's."""
    reader = SAKURA if partner == ACME else ACME
    answer, _path = house.read(own(partner, page))
    assert answer.status_code == 200
    assert len(house.strange[partner, reader].found_in(contents(answer))) >= 3


def test_it_would_notice_a_cache_that_forgets_the_partner(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "_prefix", lambda partner_id: "portal:somebody")
    house.take(own(ACME, "lookout:event"))
    with pytest.raises(AssertionError, match=r"for partner-id-sakura shows .* of partner-id-acme"):
        house.take(own(SAKURA, "lookout:event"))


@pytest.mark.parametrize(
    "written", ["12345.6", "12,345.60", "12.345,60", "12\N{NARROW NO-BREAK SPACE}345,60", "12’345.60", "12\xa0345,6"]
)
def test_a_number_is_found_however_it_is_written(written: str) -> None:
    mine = Belongings(frozenset(), frozenset({Decimal("12345.6")}))
    assert mine.found_in(contents(HttpResponse(f'<p title="">{written} €</p>'))) == {"12345.6"}
    assert mine.found_in(contents(HttpResponse(f'<data value="{written}">x</data>'))) == {"12345.6"}
    assert mine.found_in(contents(HttpResponse(f'"{written}";7', content_type="text/csv"))) == {"12345.6"}


@pytest.mark.parametrize("token", ["9f-113000ab", "x113000", "1:1vNKx0:a113,000"])
def test_digits_inside_a_token_are_no_number(token: str) -> None:
    assert contents(HttpResponse(f'<input name="sender" value="{token}">')).numbers == frozenset()


def test_a_word_is_found_in_texts_attributes_and_figures() -> None:
    mine = Belongings(frozenset({"Fjord & Klang"}), frozenset())
    for page in (
        "<p>Fjord &amp; Klang</p>",
        '<p title="Fjord &amp; Klang">x</p>',
        '<script type="application/json">{"data": ["Fjord \\u0026 Klang"]}</script>',
    ):
        assert mine.found_in(contents(HttpResponse(page))) == {"Fjord & Klang"}
