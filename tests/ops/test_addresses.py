"""Which address a visitor has, behind our own proxies and behind nobody's."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from attribution_portal.ops.addresses import ClientAddressMiddleware


def address(settings: Settings, proxies: int, forwarded: str | None) -> str:
    settings.TRUSTED_PROXIES = proxies
    seen: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    ClientAddressMiddleware(answer)(RequestFactory(REMOTE_ADDR="10.0.0.1").get("/", headers=headers))
    return str(seen[0].META["REMOTE_ADDR"])


@pytest.mark.parametrize("forwarded", [None, "", "203.0.113.9", "203.0.113.9, 198.51.100.7"])
def test_without_a_proxy_of_ours_nobody_is_believed(settings: Settings, forwarded: str | None) -> None:
    assert address(settings, 0, forwarded) == "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        (1, "1.2.3.4,203.0.113.9", "203.0.113.9"),
        (2, "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (1, "203.0.113.9:4711", "203.0.113.9"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "[2001:DB8:0::1]", "2001:db8::1"),
    ],
)
def test_our_proxies_say_who_called_the_first_of_them(
    settings: Settings, proxies: int, forwarded: str, expected: str
) -> None:
    assert address(settings, proxies, forwarded) == expected


@pytest.mark.parametrize("proxies", [1, 2])
@pytest.mark.parametrize("forwarded", [None, "", "unknown", ", ", "<script>, <script>", "[::1", "1.2.3.4.5, x"])
def test_what_says_nothing_leaves_the_address_of_the_connection(
    settings: Settings, proxies: int, forwarded: str | None
) -> None:
    assert address(settings, proxies, forwarded) == "10.0.0.1"


def test_somebody_who_came_past_the_outer_proxy_cannot_choose_an_address(settings: Settings) -> None:
    assert address(settings, 2, "203.0.113.9") == "10.0.0.1"
