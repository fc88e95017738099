"""The list of packages through the door: rows, states, filters, order, pages, files."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from attribution_portal.backhaul.models import Package
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time


PATH = "/p/partner-id-acme/packages/"


def test_the_list_shows_what_is_stored_and_asks_the_platform_nothing(
    sandbox: Sandbox, acme: Partner, maras: Client
) -> None:
    page = maras.get(PATH)
    assert page.status_code == 200
    assert sandbox.log.all() == ()
    assert page.content.decode().count("<tr data-id=") == 18
