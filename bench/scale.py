"""The packages list, the evaluation page and the review board over 200 packages and over 20,000 with 400,000 ledger
rows: the same pages on the same server, one database each, read in turn."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

from bench import world
from bench.measure import Result, milliseconds, seconds

SMALL = world.Size("small", partners=3, packages=200, first=100)
LARGE = world.Size("large", partners=300, packages=20_000, first=5_000)
BAR = 1.5
MOST_QUERIES = 12
ROUNDS = 25
LIST = f"/p/{world.partner_id(0)}/packages/"
# What is read over both: each has a whole page of rows.
PAGES = {
    "packages list": LIST,
    "packages list, filtered": f"{LIST}?state=final&state=provisional&q=tour&sort=-revenue",
    "evaluation page": f"{LIST}{world.package_id(31)}/",
    "review board": "/review/",
    "review board, filtered": "/review/?why=unsigned&why=deviates&q=tour&sort=-changed",
    "review board, last page of 4": "/review/?page=4",
}


def pages() -> Iterator[Result]:
    with world.servers():
        for size in (SMALL, LARGE):
            world.build(size)
        clients = {size.database: _client(size) for size in (SMALL, LARGE)}
        for name, path in PAGES.items():
            for size in (SMALL, LARGE):
                world.use(size.database)
                _read(clients[size.database], path)
            yield _compared(name, path, clients)
            world.use(LARGE.database)
            yield Result(f"{name}: queries", _queries(clients[LARGE.database], path), MOST_QUERIES, path, unit="")


def _compared(name: str, path: str, clients: dict[str, Any]) -> Result:
    def over(size: world.Size) -> float:
        # Connecting is not measured: who answers a request in production has a connection.
        world.use(size.database)
        return seconds(lambda: _read(clients[size.database], path))

    rounds = [(over(LARGE), over(SMALL)) for _ in range(ROUNDS)]
    ratio = median(one / other for one, other in rounds)
    large, small = (median(each) for each in zip(*rounds, strict=True))
    detail = (
        f"{milliseconds(large)} over {LARGE.packages:,} packages with {LARGE.packages * LARGE.results:,} results, "
        f"{milliseconds(small)} over {SMALL.packages}"
    )
    return Result(name, ratio, BAR, detail)


def _client(size: world.Size) -> Any:
    from django.test import Client

    from attribution_portal.accounts.models import User

    world.use(size.database)
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(email=world.MANAGER))
    return client


def _read(client: Any, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"GET {path} answered {answer.status_code}")


def _queries(client: Any, path: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as found:
        _read(client, path)
    return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")) for query in found)


ALONE = (pages,)
