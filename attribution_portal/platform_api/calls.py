"""From an endpoint function to the platform and back: token, budget, tries, cache, decoding.

Reads are tried up to five times (429, 5xx, network), never past the deadline. Writes are sent once: what may
or may not have been carried out is `Unknown`, because the platform has no idempotency keys (§3). The one
thing that is sent again is a call that was refused with 401, which is known not to have been carried out.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar

from attribution_portal.platform_api import budget, cache, configuration, entries, store, tokens, transport
from attribution_portal.platform_api.cache import Ages, Kept, Source
from attribution_portal.platform_api.entries import Body, Key, State
from attribution_portal.platform_api.errors import BadPayload, PlatformError, SignInFailed, Unavailable, Unknown
from attribution_portal.platform_api.outcomes import (
    TOO_MANY_REQUESTS,
    Answer,
    Lost,
    Reads,
    Unreadable,
    failure,
    failure_of_lost,
    payload_of,
    query_pairs,
    said,
    says_not_authorized,
    seconds_named,
)
from attribution_portal.platform_api.payloads import Reading, Taken
from attribution_portal.platform_api.payloads.wire import Malformed
from attribution_portal.platform_api.tokens import Tokens
from attribution_portal.platform_api.transport import Caller, Endpoint

T = TypeVar("T")

TRIES = 5
# Once a new token has met the same "not authorized", a 401 there is taken as a plain refusal for this long
# (§6), as long as the token is known to have worked this recently.
BARRED_SECONDS = 900.0
PROOF_SECONDS = 60.0

_jitter = random.SystemRandom()
# (account, partner, endpoint) → until, on time.monotonic().
_barred: dict[tuple[str, str, str], float] = {}
# account → the access token that last got an answer other than 401, and when, on time.monotonic().
_proofs: dict[str, tuple[str, float]] = {}


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """One reading call. `nothing_on`: errors that mean "there is none" here and are decoded as null."""

    endpoint: Endpoint
    decode: Callable[[object], T]
    ages: Ages
    nothing_on: tuple[type[PlatformError], ...] = ()


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """A reading call with what it asks for: to be read, or to be looked up among what is kept."""

    call: Read[T]
    scope: str
    query: Mapping[str, object] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.call.endpoint.path(**self.segments)

    def key(self, partner_id: str) -> Key:
        params = (("path", self.path), *query_pairs(self.query))
        return entries.key_for(partner_id=partner_id, endpoint=self.call.endpoint.name, params=params, scope=self.scope)

    def read(self, caller: Caller) -> Reading[T]:
        """Through the cache, or past it for polling and rereading callers, whose answers are kept there all the
        same."""
        key = self.key(caller.partner_id)
        front = self._source(lambda: caller)
        if caller.only_kept:
            return _only_kept(key, self.call, front)
        if not caller.takes_kept:
            return cache.read_fresh(key, source=front)
        return cache.read(key, ages=self.call.ages, source=front, behind=self._behind(caller), until=_end_of(caller))

    def at_once(self, state: State, caller: Caller) -> Reading[T] | None:
        """What the cache serves without anybody waiting, by what it knew of the question's key a moment ago."""
        return cache.at_once(
            self.key(caller.partner_id),
            state,
            ages=self.call.ages,
            source=self._source(lambda: caller),
            behind=self._behind(caller),
        )

    def read_on(self, caller: Caller) -> Reading[T]:
        """When `at_once` had nothing."""
        source = self._source(lambda: caller)
        return cache.read_together(
            self.key(caller.partner_id), ages=self.call.ages, source=source, until=_end_of(caller)
        )

    def _source(self, asking: Callable[[], Caller]) -> Source[T]:
        def fetch(understand: Callable[[Body], object]) -> Body:
            return _fetch(self.call, understand, caller=asking(), path=self.path, query=self.query)

        return _source(self.call, fetch)

    def _behind(self, caller: Caller) -> Source[T]:
        """A refresh behind the page has a whole page's time of its own, from when it starts."""
        return self._source(lambda: replace(caller, deadline=configuration.page_deadline()))


def read(
    call: Read[T],
    *,
    caller: Caller,
    scope: str,
    query: Mapping[str, object] | None = None,
    **segments: str,
) -> Reading[T]:
    """One question read; see there."""
    return Question(call, scope, query or {}, segments).read(caller)


def kept(questions: Sequence[Question[T]], *, partner_id: str) -> list[Kept[T]]:
    """The last known answer to each, in one round trip and however old; see `cache.peek`. Raises StoreDown."""
    return cache.peek([_looked_up(question, partner_id) for question in questions])


def _looked_up(question: Question[T], partner_id: str) -> tuple[Key, Ages, Source[T]]:
    call = question.call
    return question.key(partner_id), call.ages, _source(call, lambda _understand: _nobody(call.endpoint))


def _nobody(endpoint: Endpoint) -> Body:
    raise Unavailable("looked up, not read", endpoint=endpoint.name)


def _only_kept(key: Key, call: Read[T], source: Source[T]) -> Reading[T]:
    try:
        (found,) = cache.peek([(key, call.ages, source)])
    except store.StoreDown:
        found = None
    if isinstance(found, Reading):
        return found
    raise found or Unavailable("nothing is kept", endpoint=call.endpoint.name)


def _source(call: Read[T], fetch: Callable[[Callable[[Body], object]], Body]) -> Source[T]:
    return Source(
        endpoint=call.endpoint.name,
        decoder=f"{call.decode.__module__}.{call.decode.__qualname__}",
        fetch=fetch,
        decode=lambda body: _decode(call, body),
    )


def write(
    endpoint: Endpoint,
    *,
    caller: Caller,
    drops: tuple[str, ...],
    query: Mapping[str, object] | None = None,
    body: Mapping[str, object] | None = None,
    **segments: str,
) -> Taken[object]:
    """Sends once and drops the cached answers that it makes untrue. The value is the answer's JSON, None when it
    has none.

    Raises Unknown when nobody can tell whether it was carried out, Unavailable when it certainly was not.
    """
    until = _end_of(caller)
    outcome = _authorised(
        endpoint, caller=caller, path=endpoint.path(**segments), query=query, body=body, until=until, reads=said
    )
    # Whatever the answer: a drop costs one reading, an untrue number costs trust.
    entries.drop(caller.partner_id, *drops)
    if isinstance(outcome, Lost):
        raise failure_of_lost(outcome, endpoint=endpoint.name, writes=True)
    error = failure(outcome, endpoint=endpoint.name, writes=True)
    if error is not None:
        raise error
    try:
        return Taken(said(outcome), outcome.request_id or "")
    except Unreadable as unreadable:
        # A gateway's page, say: it cannot be told who answered, the platform or something before it.
        raise Unknown(
            str(unreadable),
            endpoint=endpoint.name,
            status=outcome.status,
            request_id=outcome.request_id,
        ) from unreadable


def _end_of(caller: Caller) -> float:
    if caller.deadline is not None:
        return caller.deadline
    return time.monotonic() + configuration.number("PLATFORM_POLLING_SECONDS")


def _fetch(
    call: Read[T],
    understand: Callable[[Body], object],
    *,
    caller: Caller,
    path: str,
    query: Mapping[str, object] | None,
) -> Body:
    answer = _tried(
        call.endpoint, caller=caller, path=path, query=query, reads=lambda answer: understand(_body(call, answer))
    )
    error = failure(answer, endpoint=call.endpoint.name, writes=False)
    if isinstance(error, call.nothing_on):
        return Body(content=b"null", status=answer.status, request_id=answer.request_id)
    if error is not None:
        raise error
    return _body(call, answer)


def _body(call: Read[T], answer: Answer) -> Body:
    """Of a success. Raises BadPayload."""
    if answer.status == 204:
        return Body(content=b"null", status=answer.status, request_id=answer.request_id)
    if answer.fault:
        raise BadPayload(answer.fault, endpoint=call.endpoint.name, status=answer.status, request_id=answer.request_id)
    return Body(content=answer.body, status=answer.status, request_id=answer.request_id)


def _decode(call: Read[T], body: Body) -> T:
    answer = Answer(status=200, body=body.content, request_id=body.request_id)
    try:
        return call.decode(payload_of(answer, endpoint=call.endpoint.name))
    except Malformed as error:
        raise BadPayload(
            str(error), endpoint=call.endpoint.name, status=body.status, request_id=body.request_id
        ) from error


def _tried(
    endpoint: Endpoint, *, caller: Caller, path: str, query: Mapping[str, object] | None, reads: Reads
) -> Answer:
    """The first answer that is not worth another try. Raises the last try's error when all are used up, or
    when the wait before the next would end past the deadline."""
    until = _end_of(caller)
    for tried in range(1, TRIES + 1):
        outcome = _authorised(endpoint, caller=caller, path=path, query=query, body=None, until=until, reads=reads)
        if isinstance(outcome, Answer) and not outcome.is_transient:
            return outcome
        pause = _pause(outcome, tried)
        if tried == TRIES or time.monotonic() + pause >= until:
            break
        time.sleep(pause)
    raise _spent(outcome, endpoint, pause)


def _spent(outcome: Answer | Lost, endpoint: Endpoint, pause: float) -> PlatformError:
    if isinstance(outcome, Lost):
        return failure_of_lost(outcome, endpoint=endpoint.name, writes=False)
    error = failure(outcome, endpoint=endpoint.name, writes=False)
    if not isinstance(error, Unavailable):
        raise TypeError(f"{outcome.status} is not transient")
    if error.retry_after is None and outcome.status == TOO_MANY_REQUESTS:
        error.retry_after = pause
    return error


def _pause(outcome: Answer | Lost, tried: int) -> float:
    """Seconds before the next try (§3): what `Retry-After` says; after a 429 without one, 5 to 10 s; else a
    random part of 0.5 s doubling, at most 30 s. Random so that processes that failed together do not come
    back together."""
    if isinstance(outcome, Answer):
        named = seconds_named(outcome.retry_after, now=datetime.now(UTC))
        if named is not None:
            return named
        if outcome.status == TOO_MANY_REQUESTS:
            base = configuration.number("PLATFORM_RATE_LIMIT_SECONDS")
            return _jitter.uniform(base, 2 * base)
    doubled = configuration.number("PLATFORM_RETRY_BASE_SECONDS") * 2 ** (tried - 1)
    return _jitter.uniform(0.0, min(doubled, configuration.number("PLATFORM_RETRY_CAP_SECONDS")))


def _authorised(
    endpoint: Endpoint,
    *,
    caller: Caller,
    path: str,
    query: Mapping[str, object] | None,
    body: Mapping[str, object] | None,
    until: float,
    reads: Reads,
) -> Answer | Lost:
    """One try, and after a 401 another with a newer token (§2). A token that was issued after the call began and is
    refused too is the last: the 401 is then either this call's own refusal, when it says "not authorized" (§6), or a
    dead account: SignInFailed. In between may come one that another process got earlier, which may be as dead as the
    first. Never loops."""
    began = time.time()
    refused: tuple[str, ...] = ()
    place = (caller.account.id, caller.partner_id, endpoint.name)
    while True:
        token = tokens.current(caller.account, until=until, refused=refused)
        budget.spend(
            partner_id=caller.partner_id,
            kind="read" if endpoint.method == "GET" else "write",
            lane=caller.lane,
            endpoint=endpoint.name,
            until=until,
        )
        outcome = transport.exchange(
            endpoint,
            path=path,
            until=until,
            reads=reads,
            query=query,
            body=body,
            headers={"Authorization": f"Bearer {token.access}", "X-Preferred-Partner-Id": caller.partner_id},
            lane=caller.lane,
        )
        if isinstance(outcome, Lost):
            return outcome
        if outcome.status != 401:
            if outcome.status < 500:
                _proofs[caller.account.id] = (token.access, time.monotonic())
            return outcome
        is_last = len(refused) == 2 or bool(refused and token.issued_at >= began)
        if says_not_authorized(outcome):
            if is_last or (_barred.get(place, 0.0) > time.monotonic() and _works(caller.account.id, token)):
                _barred[place] = time.monotonic() + BARRED_SECONDS
                return outcome
        elif is_last:
            raise SignInFailed(
                "a new token is refused",
                endpoint=endpoint.name,
                status=outcome.status,
                request_id=outcome.request_id,
            )
        refused += (token.access,)


def _works(account_id: str, token: Tokens) -> bool:
    """Whether the token was alive a moment ago: just issued, or good enough for another call. Dead ones are answered
    "not authorized" too, and who only calls what is barred would never learn that it has one."""
    access, at = _proofs.get(account_id, ("", 0.0))
    proved = access == token.access and time.monotonic() - at < PROOF_SECONDS
    return proved or time.time() - token.issued_at < PROOF_SECONDS
