"""Reading the results of a list's rows behind the page: bounded, at most `AT_ONCE` calls at a time, once for all who
look at the same page of it, and after the calls of people.

A page that finds rows unread leaves a plan in Redis and a message in the queue (`start`). A worker reads what the plan
names (`fill`) into the cache of answers, from which the page and those who ask again take it. The plan is gone when all
is read; when something failed it stays for `PAUSE`, says what, and keeps the platform from being asked again at once.
Without Redis there is nowhere to keep an answer, so that none is read.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, cast
from urllib.parse import quote

from kombu.exceptions import OperationalError

from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import budget, store
from attribution_portal.platform_api.calls import Question
from attribution_portal.platform_api.errors import (
    BadPayload,
    NotFound,
    NotPermitted,
    PlatformError,
    SignInFailed,
    Unavailable,
)
from attribution_portal.platform_api.gather import gather
from attribution_portal.platform_api.transport import Caller
from attribution_portal.wave.overview import results
from attribution_portal.wave.overview.results import Known

AT_ONCE: Final = 8
# Seconds: for the message to be taken up, for all readings of a plan together, and until what failed is tried again.
EXPIRES: Final = 30
READING: Final = 30.0
PAUSE: Final = 60

RESULTS, SPEND = "results", "spend"
# Puts the message into the queue: a partner's row and the page.
Send = Callable[[int, str], object]
_ERRORS: Final = {kind.__name__: kind for kind in (BadPayload, NotFound, NotPermitted, SignInFailed, Unavailable)}


class Stop(StrEnum):
    """Why reading ended before everything was read."""

    DOWN = "down"
    SLOW = "slow"
    BUSY = "busy"
    SIGN_IN = "sign-in"
    CLOSED = "closed"
    NOWHERE_TO_KEEP = "nowhere-to-keep"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Plan:
    """What of one page is to be read: ids of events, by half. `page`: those whose ad spend is read as well if they turn
    out to have results, and to be no more than there is `room` for. `ended` and `stop` tell how it went, `failures`
    what each reading ended in that brought nothing."""

    results: tuple[str, ...] = ()
    spend: tuple[str, ...] = ()
    page: tuple[str, ...] = ()
    room: int = 0
    ended: bool = False
    stop: Stop | None = None
    failures: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.results and not self.spend

    @property
    def is_under_way(self) -> bool:
        return not self.is_empty and not self.ended

    def failures_of(self, eid: str) -> dict[str, PlatformError]:
        """What the readings of one event ended in, by half."""
        found = self.failures.get(eid, {})
        return {half: _ERRORS.get(kind, Unavailable)("remembered", endpoint=half) for half, kind in found.items()}


def start(partner: Partner, page: str, wanted: Plan, send: Send) -> Plan:
    """Has the plan carried out, unless somebody's for the same page is under way or failed a moment ago: then that one.
    page: what tells this page of the list from others."""
    if not partner.is_read:
        return replace(wanted, ended=True, stop=Stop.CLOSED)
    key, body = _key(partner, page), _packed(wanted)
    try:
        if not store.attempt(lambda client: client.set(key, body, nx=True, ex=EXPIRES + int(READING) + 10)):
            return under_way(partner, page) or wanted
        send(partner.pk, page)
    except (store.StoreDown, OperationalError):
        _try(lambda client: client.delete(key))
        return replace(wanted, ended=True, stop=Stop.NOWHERE_TO_KEEP)
    return wanted


def under_way(partner: Partner, page: str) -> Plan | None:
    """The plan of that page, also one that failed a moment ago. Raises StoreDown."""
    stored = store.attempt(lambda client: client.get(_key(partner, page)))
    return _unpacked(stored) if isinstance(stored, bytes) else None


def fill(partner: Partner, page: str) -> None:
    """Carry out the plan of that page."""
    try:
        wanted = under_way(partner, page)
        if wanted is None or not wanted.is_under_way:
            return
        done = _Reader(partner, wanted).read()
    except store.StoreDown:
        return
    key = _key(partner, page)
    if done.stop or done.failures:
        _try(lambda client: client.set(key, _packed(done), ex=PAUSE))
    else:
        _try(lambda client: client.delete(key))


class _Reader:
    def __init__(self, partner: Partner, wanted: Plan) -> None:
        self.partner = partner
        self.wanted = wanted
        # The polling lane leaves the last of the budget to people.
        self.until = time.monotonic() + READING
        self.caller: Caller = replace(caller_for(partner, lane="polling"), deadline=self.until)
        self.failures: dict[str, dict[str, str]] = {}
        self.refused = False

    def read(self) -> Plan:
        stop = self._results() or self._all(SPEND, self._spend())
        return replace(self.wanted, ended=True, stop=stop, failures=self.failures)

    def _results(self) -> Stop | None:
        """One event first: whether this account may read campaign results at all. Where it may not, the rows inside
        daily revenue are the only source (§6), also for that one."""
        for eid in self.wanted.results[:1]:
            if stop := self._all(RESULTS, [eid]):
                return stop
            self.refused = isinstance(results.look_up(self.partner, [eid])[eid].results, NotPermitted)
            if self.refused:
                self.failures.pop(eid, None)
        return self._all(RESULTS, self.wanted.results)

    def _spend(self) -> Sequence[str]:
        known = results.look_up(self.partner, self.wanted.page)
        found = [eid for eid, each in known.items() if each.has_results]
        return self.wanted.spend or (found if len(found) <= self.wanted.room else ())

    def _all(self, half: str, eids: Sequence[str]) -> Stop | None:
        for at in range(0, len(eids), AT_ONCE):
            if stop := self._together(half, eids[at : at + AT_ONCE]):
                return stop
        return None

    def _together(self, half: str, eids: Sequence[str]) -> Stop | None:
        """A few readings side by side, of what nobody has read meanwhile."""
        if time.monotonic() >= self.until:
            return Stop.SLOW
        known, now = results.look_up(self.partner, eids), datetime.now(UTC)
        due = [eid for eid in eids if half not in self.failures.get(eid, {}) and self._is_due(half, known[eid], now)]
        # A worker has better things to do than to wait for the next minute.
        left, _seconds = budget.room(partner_id=self.partner.partner_id, kind="read", lane="polling")
        if left < len(due):
            return Stop.BUSY
        # Ids are the platform's, and no names for arguments.
        calls = {f"row_{at}": self._call(half, eid) for at, eid in enumerate(due)}
        outcomes = zip(due, gather(deadline=self.until, **calls).values(), strict=True)
        errors = {eid: outcome for eid, outcome in outcomes if isinstance(outcome, PlatformError)}
        for eid, error in errors.items():
            self.failures.setdefault(eid, {})[half] = _kind(error)
        return _stop(errors.values(), of=len(due))

    def _is_due(self, half: str, known: Known, now: datetime) -> bool:
        if half == SPEND:
            return results.is_due(known.statistics, now)
        return results.is_due(known.daily, now) if self.refused else results.is_due(known.rows, now)

    def _call(self, half: str, eid: str) -> Callable[[], object]:
        question: Question[Any]
        if half == SPEND:
            question = results.spend_of(eid)
        elif self.refused:
            question = results.daily_of(self.partner, eid)
        else:
            question = results.results_of(self.partner, eid)
        return lambda: question.read(self.caller)


def _stop(errors: Iterable[PlatformError], *, of: int) -> Stop | None:
    """Whether to go on after these. One answer that failed is that row's; when nothing comes, nothing will."""
    found = list(errors)
    if any(isinstance(error, SignInFailed) for error in found):
        return Stop.SIGN_IN
    outages = [error for error in found if isinstance(error, Unavailable)]
    if any(error.retry_after is not None for error in outages):
        return Stop.BUSY
    return Stop.DOWN if outages and len(outages) == of else None


def _kind(error: PlatformError) -> str:
    return next((name for name, kind in _ERRORS.items() if isinstance(error, kind)), Unavailable.__name__)


# In Redis.


def _key(partner: Partner, page: str) -> str:
    return f"portal-filling:{quote(partner.partner_id, safe='')}:{page}"


def _packed(wanted: Plan) -> str:
    return json.dumps(
        {
            "results": wanted.results,
            "spend": wanted.spend,
            "page": wanted.page,
            "room": wanted.room,
            "ended": wanted.ended,
            "stop": wanted.stop,
            "failures": wanted.failures,
        }
    )


def _unpacked(stored: bytes) -> Plan | None:
    """None for what another release wrote."""
    try:
        found = cast("dict[str, Any]", json.loads(stored))
        return Plan(
            results=_ids(found["results"]),
            spend=_ids(found["spend"]),
            page=_ids(found["page"]),
            room=int(found["room"]),
            ended=bool(found["ended"]),
            stop=Stop(found["stop"]) if found["stop"] else None,
            failures={eid: dict(halves) for eid, halves in found["failures"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _ids(found: object) -> tuple[str, ...]:
    """Raises ValueError for anything but a list of texts."""
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ValueError("no list of ids")
    return tuple(found)


def _try(command: Callable[[store.Client], object]) -> None:
    try:
        store.attempt(command)
    except store.StoreDown:
        # It goes by itself.
        return
