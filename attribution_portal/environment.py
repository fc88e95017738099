"""Reads the environment and collects everything that is wrong with it, so that a deployer sees all of it at once."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet

from attribution_portal import zones

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


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

    def choices(
        self, name: str, known: tuple[str, ...], *, default: tuple[str, ...], needs_default: bool
    ) -> frozenset[str]:
        """Words out of `known`. Left out, it is `default`. Where `needs_default`, words may be added to the default but
        none of its own be left away; elsewhere an empty list switches off what it names."""
        if name not in self._values and f"{name}_FILE" not in self._values:
            return frozenset(default)
        words = self.words(name)
        if needs_default and not set(default) <= set(words):
            self.problems.append(f"{name} must contain {' and '.join(default)}, except in a local run")
        for position, word in enumerate(words, start=1):
            if word not in known:
                self.problems.append(f"{name}: word {position} is none of {', '.join(known)}")
        return frozenset(words)

    def mail(self, name: str, *, required: bool) -> dict[str, Any]:
        """Django's settings for outgoing mail from one address, `smtp+tls://user:password@host:587`. Unless that is
        `required`, mail may be written to the console: its links open something, which no log may hold."""
        url = self.required(name) if required else self.text(name)
        if not url or (url == "consolemail://" and not required):
            return {"EMAIL_BACKEND": environ.Env.EMAIL_SCHEMES["consolemail"]}
        ports = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
        try:
            address = urlsplit(url)
            if address.scheme not in ports or not address.hostname:
                raise ValueError
            found: dict[str, Any] = environ.Env.email_url_config(url)
        except ValueError:
            console = "" if required else ", or consolemail://"
            self.problems.append(f"{name} must be smtp+tls://user:password@host:587, smtp+ssl://… or smtp://…{console}")
            return {}
        kept = ("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD")
        settings = {key: found[key] or "" for key in kept} | {
            "EMAIL_PORT": found["EMAIL_PORT"] or ports[address.scheme]
        }
        secured = {"EMAIL_USE_TLS": address.scheme == "smtp+tls", "EMAIL_USE_SSL": address.scheme == "smtp+ssl"}
        return settings | secured

    def check_sender(self, name: str, value: str) -> None:
        """An address with or without a name, as it stands in a mail's From."""
        address = parseaddr(value)[1]
        if value and (not address.isascii() or "@" not in address.strip("@") or "\n" in value):
            self.problems.append(f"{name} must be an address such as Attribution Portal <portal@example.org>")

    def single_sign_on(self, *, allow_loopback: bool) -> dict[str, str]:
        """An OpenID Connect provider: all three of issuer, client and secret, or none. Empty when there is none."""
        issuer, client, secret = (self.text(f"OIDC_{part}") for part in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET"))
        if not (issuer or client or secret):
            return {}
        for part, value in (("ISSUER", issuer), ("CLIENT_ID", client), ("CLIENT_SECRET", secret)):
            if not value:
                self.problems.append(f"OIDC_{part} is missing, although single sign-on is set up")
        where = urlsplit(issuer)
        is_local = where.scheme == "http" and where.hostname in LOOPBACK and allow_loopback
        if issuer and not is_local and (where.scheme != "https" or not where.hostname):
            self.problems.append("OIDC_ISSUER must be an address that starts with https://")
        return {"issuer": issuer, "client_id": client, "secret": secret, "name": self.text("OIDC_NAME")}

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

    def check_hosts(self, name: str, hosts: list[str]) -> None:
        """Links in mails lead to the host that was asked, so that "any" would let a stranger choose where to."""
        for position, host in enumerate(hosts, start=1):
            if host == "*":
                self.problems.append(f"{name}: host {position} is *, which is any host: name those of the portal")

    def check_length(self, name: str, value: str, *, at_least: int) -> None:
        if value and len(value) < at_least:
            self.problems.append(f"{name} must have at least {at_least} characters")

    def check_zone(self, name: str, value: str) -> None:
        if value not in zones.names():
            self.problems.append(f"{name} must be a time zone such as Europe/Berlin")

    def check_fernet_keys(self, name: str, keys: list[str]) -> None:
        for position, key in enumerate(keys, start=1):
            try:
                Fernet(key)
            except ValueError:
                self.problems.append(f"{name}: key {position} is not 32 url-safe base64 bytes")
