"""Probes ask plainly: over http, at an address that no person uses."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

PROBE = {"host": "127.0.0.1:8000"}


@pytest.fixture
def production(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["portal.example.org"]
    settings.SECURE_SSL_REDIRECT = True


@pytest.mark.usefixtures("production")
def test_a_probe_needs_neither_the_public_name_nor_https(db: None) -> None:
    live, ready = (Client().get(path, headers=PROBE) for path in ("/livez", "/readyz"))
    assert (live.status_code, live.json()) == (200, {"live": True})
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "database": "ok", "redis": "ok"})


@pytest.mark.usefixtures("production")
def test_nothing_else_is_answered_there(db: None) -> None:
    assert Client().get("/", headers=PROBE).status_code == 400
    assert Client().get("/", headers={"host": "portal.example.org"})["Location"] == "https://portal.example.org/"


def test_a_lost_redis_is_told_and_leaves_the_portal_ready(db: None, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    ready = Client().get("/readyz")
    assert (ready.status_code, ready.json()["redis"]) == (200, "unreachable")
