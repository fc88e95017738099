from __future__ import annotations

import gzip
import time
import tracemalloc
from collections.abc import Callable
from decimal import Decimal

import pytest
from pytest_django import Settings

from attribution_portal.platform_api import adjustments, campaigns, events, packages, status
from attribution_portal.platform_api.errors import (
    BadPayload,
    Conflict,
    FieldError,
    NotFound,
    NotPermitted,
    PlatformError,
    Rejected,
    Unavailable,
    Unknown,
)
from attribution_portal.platform_api.events import EventQuery
from attribution_portal.platform_api.outcomes import Lost, failure_of_lost, said
from attribution_portal.platform_api.payloads import AttributionSettings, MetaResults
from attribution_portal.platform_api.transport import Caller, Endpoint, exchange
from tests.platform_api.scripted import Scripted, answer, cut, drip, hang, reset

EVENT = {"id": "evt_1", "title": "A concert"}
GET = "GET /events/evt_1"
PUT = "PUT /package_builder/packages/pkg_1/backhaul_evaluation_details"
SETTINGS = AttributionSettings(model="EVENT_SERIES", window=14, email_sent_date=None)


def get(caller: Caller) -> object:
    return events.get(caller=caller, eid="evt_1").value


def put(caller: Caller) -> None:
    packages.put_settings(caller=caller, package_id="pkg_1", settings=SETTINGS)


def test_it_sends_the_token_and_the_partner(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, answer(200, EVENT))
    get(caller)
    (request,) = platform.to(GET)
    assert request.headers["authorization"] == "Bearer access-1"
    assert request.headers["x-preferred-partner-id"] == "partner-id-acme"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (301, BadPayload),
        (400, Rejected),
        (403, NotPermitted),
        (404, NotFound),
        (405, BadPayload),
        (409, Conflict),
        (410, NotFound),
        (422, Rejected),
        (408, Unavailable),
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_a_status_decides_the_error_of_a_read(
    platform: Scripted, caller: Caller, code: int, error: type[PlatformError]
) -> None:
    body = {"message": "error.event.not_found", "validation_errors": [{"code": "TOO_LONG", "field": "q"}]}
    platform.on(GET, answer(code, body, headers={"x-request-id": "req-7"}))
    with pytest.raises(error) as raised:
        get(caller)
    assert type(raised.value) is error
    assert (raised.value.status, raised.value.request_id) == (code, "req-7")
    assert raised.value.endpoint == "GET /events/{eid}"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (400, Rejected),
        (403, NotPermitted),
        (404, NotFound),
        (405, BadPayload),
        (409, Conflict),
        (422, Rejected),
        # It may have been carried out, with the result to be seen elsewhere.
        (303, Unknown),
        (408, Unknown),
        (429, Unavailable),
        (500, Unknown),
        (503, Unknown),
    ],
)
def test_a_status_decides_the_error_of_a_write_and_it_is_sent_once(
    platform: Scripted, caller: Caller, code: int, error: type[PlatformError]
) -> None:
    platform.on(PUT, answer(code, {}))
    with pytest.raises(error) as raised:
        put(caller)
    assert type(raised.value) is error
    assert len(platform.to(PUT)) == 1


@pytest.mark.parametrize("code", [200, 400, 422])
def test_field_errors_reach_the_form_even_from_a_success(platform: Scripted, caller: Caller, code: int) -> None:
    errors = [{"code": "OUT_OF_RANGE", "field": "backhaul_evaluation_attribution_window"}, "odd", {"field": None}]
    platform.on(PUT, answer(code, {"validation_errors": errors}))
    with pytest.raises(Rejected) as raised:
        put(caller)
    assert raised.value.fields == (
        FieldError("backhaul_evaluation_attribution_window", "OUT_OF_RANGE"),
        FieldError("", "odd"),
        FieldError("", ""),
    )


def test_an_empty_list_of_field_errors_is_a_success(platform: Scripted, caller: Caller) -> None:
    platform.on(PUT, answer(200, {"validation_errors": []}))
    put(caller)


@pytest.mark.parametrize("act", [answer(204), answer(200), answer(200, {"anything": 1}), answer(201, [])])
def test_a_write_succeeds_with_or_without_a_body(platform: Scripted, caller: Caller, act: object) -> None:
    platform.on(PUT, act)  # type: ignore[arg-type]
    put(caller)
    assert platform.to(PUT)[0].body == (
        b'{"backhaul_evaluation_attribution_window": 14, "backhaul_evaluation_model": "EVENT_SERIES"}'
    )


@pytest.mark.parametrize(
    "act", [hang(), reset(), cut(b'{"id"'), answer(200, b"<html>"), answer(200, b"{"), drip(in_headers=True)]
)
def test_a_write_whose_outcome_is_lost_is_unknown_and_never_repeated(
    platform: Scripted, caller: Caller, settings: Settings, act: object
) -> None:
    platform.on(GET, answer(200, EVENT))
    get(caller)
    settings.PLATFORM_READ_SECONDS = 0.5
    platform.on("POST /campaign_results/", act)  # type: ignore[arg-type]
    with pytest.raises(Unknown):
        adjustments.create(
            caller=Caller(caller.account, caller.partner_id, deadline=time.monotonic() + 4),
            eid="evt_1",
            purchases=1,
            revenue=Decimal("2.50"),
        )
    assert len(platform.to("POST /campaign_results/")) == 1


def test_what_could_not_even_be_sent_is_known_not_to_have_happened(settings: Settings) -> None:
    settings.PLATFORM_BASE_URL = "http://127.0.0.1:9/api/v3"
    lost = exchange(Endpoint("PUT", "/x"), path="/x", until=time.monotonic() + 1, reads=said, body={})
    assert isinstance(lost, Lost)
    assert not lost.sent
    assert type(failure_of_lost(lost, endpoint="PUT /x", writes=True)) is Unavailable


def test_a_write_past_its_deadline_is_not_sent(
    platform: Scripted, caller: Caller, within: Callable[[Caller, float], Caller]
) -> None:
    platform.on(GET, answer(200, EVENT))
    get(caller)
    with pytest.raises(Unavailable) as raised:
        put(within(caller, -1))
    assert type(raised.value) is Unavailable
    assert platform.to(PUT) == []


@pytest.mark.parametrize("act", [answer(500), answer(502, b"<html>"), answer(429), reset(), cut(b"{")])
def test_a_read_is_tried_five_times(platform: Scripted, caller: Caller, act: object) -> None:
    platform.on(GET, act)  # type: ignore[arg-type]
    with pytest.raises(PlatformError):
        get(caller)
    assert len(platform.to(GET)) == 5


def test_a_read_recovers_on_a_later_try(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, answer(503), reset(), answer(429), cut(b"{"), answer(200, EVENT))
    assert get(caller).id == "evt_1"  # type: ignore[attr-defined]


def test_a_read_that_is_refused_is_not_tried_again(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, answer(422, {}))
    with pytest.raises(Rejected):
        get(caller)
    assert len(platform.to(GET)) == 1


def test_an_answer_cut_off_on_every_try_is_a_bad_payload_with_its_request_id(
    platform: Scripted, caller: Caller
) -> None:
    platform.on(GET, cut(b'{"id": "evt'))
    with pytest.raises(BadPayload) as raised:
        get(caller)
    assert raised.value.request_id == "req-cut"


@pytest.mark.parametrize("named", ["30", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_a_retry_after_beyond_the_deadline_ends_the_read_at_once(
    platform: Scripted, caller: Caller, named: str
) -> None:
    platform.on(GET, answer(503, headers={"Retry-After": named}))
    with pytest.raises(Unavailable) as raised:
        get(caller)
    assert len(platform.to(GET)) == 1
    assert raised.value.retry_after is not None
    assert raised.value.retry_after >= 30


def test_a_retry_after_in_time_is_waited_for(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, answer(429, headers={"Retry-After": "1"}), answer(200, EVENT))
    get(caller)
    first, second = platform.to(GET)
    assert second.at - first.at >= 1.0


def test_a_429_without_a_time_says_how_long_the_portal_would_have_waited(
    platform: Scripted, caller: Caller, settings: Settings
) -> None:
    settings.PLATFORM_RATE_LIMIT_SECONDS = 20.0
    platform.on(GET, answer(429))
    with pytest.raises(Unavailable) as raised:
        get(caller)
    assert len(platform.to(GET)) == 1
    assert raised.value.retry_after is not None
    assert 20 <= raised.value.retry_after <= 40


@pytest.mark.parametrize("act", [hang(), drip(in_headers=True), drip(in_headers=False), answer(500)])
def test_a_read_ends_at_its_deadline(
    platform: Scripted,
    caller: Caller,
    within: Callable[[Caller, float], Caller],
    settings: Settings,
    act: object,
) -> None:
    settings.PLATFORM_RETRY_BASE_SECONDS = settings.PLATFORM_READ_SECONDS = 60.0
    platform.on("GET /events/warm", answer(200, EVENT))
    events.get(caller=caller, eid="warm")
    platform.on(GET, act)  # type: ignore[arg-type]
    started = time.monotonic()
    with pytest.raises(Unavailable):
        get(within(caller, 0.4))
    assert time.monotonic() - started < 20


def test_polling_without_a_deadline_ends_too(platform: Scripted, caller: Caller, settings: Settings) -> None:
    settings.PLATFORM_POLLING_SECONDS = 0.3
    settings.PLATFORM_READ_SECONDS = 60.0
    platform.on(GET, drip(in_headers=False))
    started = time.monotonic()
    with pytest.raises(Unavailable):
        get(Caller(caller.account, caller.partner_id, lane="polling"))
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<html><body>502</body></html>",
        b'{"id": "evt_1", "title"',
        b'{"id": "evt_1", "capacity": NaN}',
        b'{"id": "evt_1", "capacity": Infinity}',
        b'{"id": "evt_1", "capacity": 1e9999999999999999999}',
        b'{"id": "evt_1", "title": "\xff"}',
        b"[" * 100_000,
        b'{"id": ' + b"9" * 5000 + b"}",
        b'"text"',
        b"null",
        b"[]",
        b'{"id": {"nested": 1}}',
        b'{"id": true}',
        b'{"title": "without an id"}',
    ],
)
def test_a_body_that_cannot_be_read_is_a_bad_payload_and_nothing_else(
    platform: Scripted, caller: Caller, body: bytes
) -> None:
    platform.on(GET, answer(200, body, headers={"x-request-id": "req-9"}))
    with pytest.raises(BadPayload) as raised:
        get(caller)
    assert (raised.value.endpoint, raised.value.request_id) == ("GET /events/{eid}", "req-9")
    assert len(platform.to(GET)) == 1


def test_an_answer_larger_than_the_cap_is_a_bad_payload(platform: Scripted, caller: Caller, settings: Settings) -> None:
    settings.PLATFORM_MAX_BYTES = 1000
    platform.on(GET, answer(200, {"id": "evt_1", "title": "x" * 2000}))
    with pytest.raises(BadPayload):
        get(caller)


def test_the_cap_counts_what_a_compressed_answer_unpacks_to(
    platform: Scripted, caller: Caller, settings: Settings
) -> None:
    settings.PLATFORM_MAX_BYTES = 1000
    packed = gzip.compress(b'{"id": "evt_1", "title": "' + b"x" * 100_000 + b'"}')
    assert len(packed) < 1000
    platform.on(GET, answer(200, packed, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(BadPayload):
        get(caller)


def test_a_bomb_is_not_unpacked_past_the_cap(platform: Scripted, caller: Caller, settings: Settings) -> None:
    settings.PLATFORM_MAX_BYTES = 100_000
    packed = gzip.compress(b" " * 40_000_000)
    assert len(packed) < 50_000
    platform.on(GET, answer(200, packed, headers={"Content-Encoding": "gzip"}))
    tracemalloc.start()
    try:
        with pytest.raises(BadPayload, match="larger than 100000 bytes"):
            get(caller)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_a_compressed_answer_is_read(platform: Scripted, caller: Caller) -> None:
    packed = gzip.compress(b'{"id": "evt_1", "title": "' + b"x" * 300_000 + b'"}')
    platform.on(GET, answer(200, packed, headers={"Content-Encoding": "gzip"}))
    assert events.get(caller=caller, eid="evt_1").value.title == "x" * 300_000
    assert platform.to(GET)[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"no gzip at all", "gzip"),
        (gzip.compress(b'{"id": "evt_1"}')[:-4], "gzip"),
        (gzip.compress(gzip.compress(b'{"id": "evt_1"}')), "gzip, gzip"),
        (b'{"id": "evt_1"}', "br"),
    ],
    ids=["no gzip", "cut short", "packed twice", "no brotli"],
)
def test_a_body_that_does_not_unpack_is_a_bad_payload(
    platform: Scripted, caller: Caller, body: bytes, coding: str
) -> None:
    platform.on(GET, answer(200, body, headers={"Content-Encoding": coding}))
    with pytest.raises(BadPayload):
        get(caller)


def test_nothing_from_meta_is_no_error_but_a_refusal_is(platform: Scripted, caller: Caller) -> None:
    for call in ("campaign_results", "fb_insights"):
        act = (answer(403), answer(404), answer(200, {}))
        platform.on(f"GET /integrations/facebook/events/evt_1/{call}", *act)
    with pytest.raises(NotPermitted):
        campaigns.meta_results(caller=caller.rereading(), eid="evt_1")
    with pytest.raises(NotPermitted):
        campaigns.meta_insights(caller=caller.rereading(), eid="evt_1")
    for _ in ("404", "{}"):
        assert campaigns.meta_results(caller=caller.rereading(), eid="evt_1").value == MetaResults(None, None)
        assert campaigns.meta_insights(caller=caller.rereading(), eid="evt_1").value.is_empty


def test_whether_meta_is_connected_may_be_withheld(platform: Scripted, caller: Caller) -> None:
    platform.on("GET /integrations/connect/facebook/status", answer(403), answer(404))
    with pytest.raises(NotPermitted):
        campaigns.meta_connected(caller=caller)
    assert campaigns.meta_connected(caller=caller.rereading()).value is None


def test_money_keeps_every_digit(platform: Scripted, caller: Caller) -> None:
    platform.on("GET /events/evt_1/statistics", answer(200, b'{"revenue": 12345678901.10, "roas": 0.1}'))
    found = events.statistics(caller=caller, eid="evt_1").value
    assert (str(found.revenue), str(found.roas)) == ("12345678901.10", "0.1")


def test_cookies_are_refused(platform: Scripted, caller: Caller) -> None:
    cookie = {"Set-Cookie": "session=of-somebody; Path=/"}
    platform.on("POST /auth", answer(200, {}, headers=cookie))
    platform.on("GET /status/", answer(200, {}, headers=cookie))
    status.get()
    status.get()
    assert [request.headers.get("cookie") for request in platform.to("GET /status/")] == [None, None]


def test_a_redirect_is_not_followed(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, answer(302, headers={"Location": "/api/v3/events/evt_2"}))
    with pytest.raises(BadPayload):
        get(caller)
    assert platform.to("GET /events/evt_2") == []


def test_segments_are_encoded_whole(platform: Scripted, caller: Caller) -> None:
    path = "GET /events/a%2Fb%3Fc%20%C3%BC%23"
    platform.on(path, answer(200, EVENT))
    events.get(caller=caller, eid="a/b?c ü#")
    assert len(platform.to(path)) == 1


@pytest.mark.parametrize("eid", [".", ".."])
def test_a_segment_of_dots_does_not_climb(platform: Scripted, caller: Caller, eid: str) -> None:
    with pytest.raises(NotFound):
        events.statistics(caller=caller, eid=eid)
    (request,) = [request for request in platform.requests if request.method == "GET"]
    assert request.path == f"/events/{eid.replace('.', '%2E')}/statistics"


def test_the_query_repeats_arrays_and_leaves_out_what_is_not_set(platform: Scripted, caller: Caller) -> None:
    platform.on("GET /events/", answer(200, []))
    query = EventQuery(page=2, city=("Berlin", "München"), q="", campaigns=True)
    events.list_events(caller=caller, query=query)
    assert platform.to("GET /events/")[0].query == "page=2&limit=50&city=Berlin&city=M%C3%BCnchen&campaigns=true"


def test_a_request_id_cannot_fake_a_log_line(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, answer(404, headers={"x-request-id": "é" + "a" * 300}))
    with pytest.raises(NotFound) as raised:
        get(caller)
    assert raised.value.request_id is not None
    assert set(raised.value.request_id) == {"a"}
    assert len(raised.value.request_id) < 100


@pytest.mark.parametrize(("act", "there"), [(answer(200), True), (answer(204), True), (answer(503), False)])
def test_status_says_whether_the_platform_is_there(platform: Scripted, act: object, there: bool) -> None:
    platform.on("GET /status/", act)  # type: ignore[arg-type]
    assert status.get() is there
    assert "authorization" not in platform.to("GET /status/")[0].headers


def test_status_is_false_when_nobody_listens(platform: Scripted, settings: Settings) -> None:
    settings.PLATFORM_BASE_URL = "http://127.0.0.1:9/api/v3"
    assert status.get() is False


def test_a_pages_reads_leave_time_to_draw_it(caller: Caller, settings: Settings) -> None:
    settings.PLATFORM_PAGE_SECONDS = 8.0
    before = time.monotonic()
    deadline = Caller.for_page(caller.account, caller.partner_id).deadline
    assert deadline is not None
    assert before + 7.5 < deadline < time.monotonic() + 7.7


@pytest.mark.parametrize("partner_id", ["", " ", "a b", "ü", "a\nb"])
def test_a_caller_needs_a_partner(caller: Caller, partner_id: str) -> None:
    with pytest.raises(ValueError, match="partner"):
        Caller(account=caller.account, partner_id=partner_id)
