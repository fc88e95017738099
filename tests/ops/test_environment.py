"""What a deployer hears when the environment is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cryptography.fernet import Fernet

from attribution_portal.environment import Environment

ROOT = Path(__file__).parents[2]
COMPLETE = {
    "SECRET_KEY": "s" * 50,
    "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "ALLOWED_HOSTS": "portal.example.org",
    "DATABASE_URL": "postgresql://portal@db/portal",
    "REDIS_URL": "redis://cache:6379/0",
    "PLATFORM_BASE_URL": "https://platform.example.org/api/v3",
    "EMAIL_URL": "smtp+tls://portal:secret@mail.example.org:587",
    "DEFAULT_FROM_EMAIL": "Attribution Portal <portal@example.org>",
}


def load_settings(values: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own with nothing but `values` in its environment."""
    code = (
        "from attribution_portal import settings as s; print(s.DEBUG, s.LOCAL, s.SECURE_SSL_REDIRECT, s.ALLOWED_HOSTS)"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **values},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_production_starts_when_everything_is_given() -> None:
    loaded = load_settings(COMPLETE)
    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout == "False False True ['portal.example.org']\n"


def test_production_names_everything_that_is_missing_at_once() -> None:
    loaded = load_settings({})
    assert loaded.returncode != 0
    for name in COMPLETE:
        assert f"  - {name} is missing\n" in loaded.stderr


def test_a_message_about_a_bad_value_never_repeats_it() -> None:
    secret = "not-a-fernet-key-but-somebodys-secret"
    loaded = load_settings(COMPLETE | {"FIELD_ENCRYPTION_KEYS": secret, "PLATFORM_READS_PER_MINUTE": "many"})
    assert loaded.returncode != 0
    assert "FIELD_ENCRYPTION_KEYS: key 1 is not 32 url-safe base64 bytes" in loaded.stderr
    assert "PLATFORM_READS_PER_MINUTE must be a whole number from 1" in loaded.stderr
    assert secret not in loaded.stderr


def test_production_does_not_answer_to_any_host() -> None:
    loaded = load_settings(COMPLETE | {"ALLOWED_HOSTS": "portal.example.org, *"})
    assert loaded.returncode != 0
    assert "  - ALLOWED_HOSTS: host 2 is *, which is any host: name those of the portal\n" in loaded.stderr


def test_a_value_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("from-a-file\n", encoding="utf-8")
    env = Environment({"SECRET_KEY_FILE": str(path)})
    assert env.required("SECRET_KEY") == "from-a-file"
    assert env.problems == []


def test_a_value_beats_its_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("from-a-file", encoding="utf-8")
    assert Environment({"SECRET_KEY": "given", "SECRET_KEY_FILE": str(path)}).text("SECRET_KEY") == "given"


def test_a_file_that_cannot_be_read_is_named_once(tmp_path: Path) -> None:
    env = Environment({"SECRET_KEY_FILE": str(tmp_path / "absent")})
    assert env.required("SECRET_KEY") == ""
    assert env.problems == ["SECRET_KEY_FILE cannot be read (FileNotFoundError)"]


def test_flags_words_and_numbers() -> None:
    env = Environment({"A": "yes", "B": "0", "C": "perhaps", "W": " a, ,b ", "N": "7", "Z": "0"})
    assert (env.flag("A"), env.flag("B"), env.flag("absent"), env.flag("C")) == (True, False, False, False)
    assert env.words("W") == ["a", "b"]
    assert (env.number("N", 3, at_least=1), env.number("absent", 3, at_least=1), env.number("Z", 3, at_least=1)) == (
        7,
        3,
        3,
    )
    assert env.problems == ["C must be 1 or 0", "Z must be a whole number from 1"]


def test_addresses_and_zones_are_checked() -> None:
    env = Environment({})
    env.check_url("REDIS_URL", "http://cache", schemes=("redis", "rediss"))
    env.check_zone("PARTNER_TIME_ZONE", "Europe/Atlantis")
    env.check_zone("PARTNER_TIME_ZONE", "Europe/Berlin")
    assert env.problems == [
        "REDIS_URL must be an address that starts with redis:// or rediss://",
        "PARTNER_TIME_ZONE must be a time zone such as Europe/Berlin",
    ]
