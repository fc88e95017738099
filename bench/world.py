"""A portal's database by the thousand, loaded with COPY: partners, packages in many states, their ledgers."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

MANAGER: Final = "manager@bench.example"
NOW: Final = datetime.now(UTC).replace(microsecond=0)
MODELS: Final = ("EVENTS_FROM_PACKAGE", "ALL_PURCHASES", "EVENT_SERIES")
CURRENCIES: Final = ("EUR", "EUR", "USD", "JPY")
EMPTY: Final = "portal"
STATUSES: Final = ("DONE", "DONE", "DONE", "DONE", "EXPIRED", "INPROGRESS")


@dataclass(frozen=True, slots=True)
class Size:
    """The first partner has `first` packages, the others share the rest."""

    database: str
    partners: int
    packages: int
    first: int
    results: int = 20

    def of_partner(self, number: int) -> int:
        if number == 0:
            return self.first
        share, rest = divmod(self.packages - self.first, self.partners - 1)
        return share + (number <= rest)


def _address(database: str) -> str:
    """The server's own, with this database."""
    address = urlsplit(os.environ["DATABASE_URL"])
    return address._replace(path=f"/{database}").geturl()


def use(database: str) -> None:
    """Let everything that follows in this process read this database."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = database
    connection.ensure_connection()


@contextmanager
def servers() -> Iterator[None]:
    """Postgres and Redis of their own and a Django that reads them, gone afterwards."""
    from attribution_portal.ops import embedded

    folder = Path(tempfile.mkdtemp(prefix="portal-bench-"))
    folder.chmod(0o755)
    os.environ.update(
        PORTAL_ENV="local",
        SECRET_KEY="only-for-the-bench-and-nowhere-else-0123456789",  # noqa: S106
        FIELD_ENCRYPTION_KEYS="M2Zt2nV0kZbq1O0p0b0m3v1xN5yqk0m1cJb9w8u7t6s=",
        PLATFORM_BASE_URL="http://127.0.0.1:9/api/v3",
        MFA_REQUIRED_ROLES="",
        DATABASE_URL=embedded.postgres(folder / "postgres"),
        REDIS_URL=embedded.redis(folder / "redis"),
        DJANGO_SETTINGS_MODULE="attribution_portal.settings",
    )
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def build(size: Size) -> None:
    """Make the database, as a copy of the empty one, and fill it."""
    import psycopg
    from django.db import connection

    connection.close()
    with psycopg.connect(_address("postgres"), autocommit=True) as maker:
        maker.execute(f'CREATE DATABASE "{size.database}" TEMPLATE "{EMPTY}"')
    use(size.database)
    _people(size)
    _packages(size)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def partner_id(number: int) -> str:
    return f"partner-{number:04d}"


def package_id(number: int) -> str:
    return f"pkg_{number:06d}"


def _people(size: Size) -> None:
    from attribution_portal.accounts.models import User
    from attribution_portal.backhaul.models import KnownDefaults, PartnerPoll
    from attribution_portal.partners.models import Membership, Partner, Role, ServiceAccount

    account = ServiceAccount(username="portal@bench.example")
    account.set_password("bench")
    account.save()
    user = User.objects.create_user(MANAGER, "bench-password")
    partners = Partner.objects.bulk_create(
        Partner(
            partner_id=partner_id(number),
            name=f"Partner {number:04d}",
            currency=CURRENCIES[number % len(CURRENCIES)],
            service_account=account,
        )
        for number in range(size.partners)
    )
    Membership.objects.bulk_create(Membership(user=user, partner=each, role=Role.ACCOUNT_MANAGER) for each in partners)
    PartnerPoll.objects.bulk_create(PartnerPoll(partner=each, listed_at=NOW) for each in partners)
    KnownDefaults.objects.bulk_create(
        KnownDefaults(partner=each, model="EVENTS_FROM_PACKAGE", window=14, read_at=NOW) for each in partners
    )


def _packages(size: Size) -> None:
    from attribution_portal.partners.models import Partner

    keys = list(Partner.objects.order_by("pk").values_list("pk", flat=True))
    owners = [key for number, key in enumerate(keys) for _ in range(size.of_partner(number))]
    numbered = list(enumerate(owners, start=1))
    _copy(
        "backhaul_package",
        "id partner_id package_id title status created_at events clusters clusters_read_at first_seen last_seen "
        "merge_id",
        ((n, owner, package_id(n), *_package(n)) for n, owner in numbered),
    )
    _copy(
        "backhaul_evaluation",
        "id partner_id package_id number model window email_sent_date inherited settings_fingerprint fingerprint "
        "clusters customers items revenue first_seen last_confirmed certainty",
        (row for n, owner in numbered for row in _results(n, owner, size.results)),
    )
    _copy(
        "backhaul_pollstate",
        "package_id partner_id model window email_sent_date inherited failures failing_since last_error last_read_at "
        "last_ok_at settings_changed_at pending_changes latest_id",
        ((n, owner, *_poll(n, size.results)) for n, owner in numbered),
    )


def _copy(table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    from django.db import connection

    names = ", ".join(f'"{name}"' for name in columns.split())
    with connection.cursor() as cursor:
        with cursor.cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for count, row in enumerate(rows, start=1):  # noqa: B007 - the keys count from one
                copy.write_row(row)
        if "id" in columns.split():
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, count])


def _package(n: int) -> tuple[Any, ...]:
    events = json.dumps([{"id": f"evt_{n * 7 + day}", "title": f"Concert {n % 900} night {day}"} for day in range(6)])
    clusters = json.dumps([{"tc": tc, "label": tc.title(), "customers": 900 + n % 300} for tc in _CLUSTERS])
    created = NOW - timedelta(days=n % 90, hours=n % 23)
    return (
        f"Lookalikes {n % 977} of tour {n}", STATUSES[n % len(STATUSES)], created, events, clusters, NOW,
        created, NOW, "",
    )  # fmt: skip


_CLUSTERS: Final = ("families", "metalheads", "students", "regulars")


def _sent(n: int) -> date | None:
    return None if n % 17 == 0 else (NOW - timedelta(days=n % 40)).date()


def _results(n: int, owner: int, results: int) -> Iterator[tuple[Any, ...]]:
    for number in range(1, results + 1):
        seen = NOW - timedelta(hours=(results - number) * 12 + n % 12)
        clusters = json.dumps(
            [{"tc": tc, "customers": str(9 + number), "items": str(20 + number), "revenue": f"{900 + n % 500}.5"}
             for tc in _CLUSTERS]
        )  # fmt: skip
        yield (
            (n - 1) * results + number, owner, n, number, MODELS[n % 3], 14, _sent(n), "[]",
            f"{n % 3:064x}", f"{n * 100 + number:064x}", clusters, 4 * (9 + number), 4 * (20 + number),
            f"{4 * (900 + n % 500) + 2}", seen, seen if number < results else NOW, "presumed",
        )  # fmt: skip


def _poll(n: int, results: int) -> tuple[Any, ...]:
    failing = n % 29 == 0
    waiting = n % 13 == 0
    return (
        MODELS[n % 3], 14, _sent(n), '["window"]' if n % 2 else "[]",
        3 if failing else 0, NOW - timedelta(hours=5) if failing else None, "Unavailable" if failing else "",
        NOW, NOW, NOW - timedelta(hours=n % 60) if waiting else None, int(waiting), n * results,
    )  # fmt: skip
