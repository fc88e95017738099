"""What must not reach the log: addresses that open something, and rows that an error message quotes."""

from __future__ import annotations

import logging
import re

from django.http import HttpRequest

# PostgreSQL says which values were refused: "DETAIL:  Key (email)=(ada@example.org) already exists.", "Failing row
# contains (…)", and for a broken statement the text around the fault. The class and the first line say enough.
_QUOTED = re.compile(r"^(DETAIL|CONTEXT|LINE \d+|QUERY|HINT): .*(\n\s+\^)?", re.MULTILINE)
LEFT_OUT = "left out"


class RouteFilter(logging.Filter):
    """Django names the path of a request that failed. A path may hold what opens an invitation or resets a password, so
    that the route stands in the log instead: `/invitation/<token>/`."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            route, paths = _route(request), [request.path, request.path_info]
            # Django writes what is not plain ASCII down like this.
            paths += [path.encode("unicode_escape").decode("ascii") for path in paths]
            record.args = tuple(route if arg in paths else arg for arg in record.args)
        return True


def _route(request: HttpRequest) -> str:
    matched = request.resolver_match
    return f"/{matched.route}" if matched else "an unknown address"


class LineFormatter(logging.Formatter):
    """Time, level, logger, message; a traceback follows without the values that PostgreSQL quotes."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return _QUOTED.sub(rf"\1: {LEFT_OUT}", super().format(record))
