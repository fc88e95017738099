from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.sandbox.app import Sandbox
from tests.lookout.pages import Shown, read


@pytest.fixture(autouse=True)
def plain_static_files(settings: Settings) -> None:
    """Names of static files without their hashes, which only a deployment has collected."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


Open = Callable[..., Shown]


@pytest.fixture
def campaign_page(sandbox: Sandbox, client_for: Callable[[User], Client]) -> Open:
    """Opens an event's campaign page as somebody and reads it."""

    def open_page(user: User, partner_id: str, eid: str, query: str = "") -> Shown:
        response = client_for(user).get(f"/p/{partner_id}/campaigns/{eid}/{query}")
        assert response.status_code == 200
        return read(response.content.decode())

    return open_page
