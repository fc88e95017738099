"""What stands in the log instead of an address."""

from __future__ import annotations

import logging

import pytest
from django.test import Client

from attribution_portal.ops.logs import RouteFilter


@pytest.mark.django_db
@pytest.mark.parametrize("sign", ["", "\u201d", "\x00", "\n", "%5C"])
def test_an_address_that_opens_something_is_told_by_its_route(caplog: pytest.LogCaptureFixture, sign: str) -> None:
    """A sign that slipped in with the address as it was copied changes nothing."""
    with caplog.at_level(logging.WARNING, logger="django.request"):
        assert Client().get(f"/invitation/of-somebody{sign}/").status_code == 404
    (record,) = caplog.records
    assert RouteFilter().filter(record)
    assert record.getMessage() == "Not Found: /invitation/<str:token>/"
