"""Reads the environment and collects everything that is wrong with it, so that a deployer sees all of it at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


class Environment:
    """Values by name, from `NAME` or from the file that `NAME_FILE` names. `problems` holds one sentence per fault and
    never a value."""

    hint = (
        "Give each as an environment variable, or as a file with NAME_FILE.\n"
        "For a local run on this machine, `make serve` and `make demo` set everything up."
    )

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        if value := self._values.get(name, "").strip():
            return value
        path = self._values.get(f"{name}_FILE", "").strip()
        if not path:
            return ""
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f"{name}_FILE cannot be read ({type(error).__name__})")
            return ""

    def required(self, name: str) -> str:
        before = len(self.problems)
        value = self.text(name)
        if not value and len(self.problems) == before:
            self.problems.append(f"{name} is missing")
        return value

    def words(self, name: str, *, required: bool = False) -> list[str]:
        """A comma-separated list without empty entries."""
        value = self.required(name) if required else self.text(name)
        return [word.strip() for word in value.split(",") if word.strip()]

    def flag(self, name: str) -> bool:
        value = self.text(name).lower()
        if value not in TRUE | FALSE:
            self.problems.append(f"{name} must be 1 or 0")
        return value in TRUE

    def number(self, name: str, default: int, *, at_least: int) -> int:
        value = self.text(name)
        if not value:
            return default
        try:
            number = int(value)
        except ValueError:
            number = at_least - 1
        if number < at_least:
            self.problems.append(f"{name} must be a whole number from {at_least}")
            return default
        return number

    def check_url(self, name: str, value: str, *, schemes: tuple[str, ...]) -> None:
        if value and urlsplit(value).scheme not in schemes:
            self.problems.append(
                f"{name} must be an address that starts with {' or '.join(s + '://' for s in schemes)}"
            )

    def check_length(self, name: str, value: str, *, at_least: int) -> None:
        if value and len(value) < at_least:
            self.problems.append(f"{name} must have at least {at_least} characters")

    def check_zone(self, name: str, value: str) -> None:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            self.problems.append(f"{name} must be a time zone such as Europe/Berlin")

    def check_fernet_keys(self, name: str, keys: list[str]) -> None:
        for position, key in enumerate(keys, start=1):
            try:
                Fernet(key)
            except ValueError:
                self.problems.append(f"{name}: key {position} is not 32 url-safe base64 bytes")
