"""The one clock that says what is due, whose lease is over and what came first: the database's.

Web servers and workers run on machines of their own, whose clocks differ. A change that one has sent and results that
another has read can be put in order only by a clock that both ask.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone


def of_database() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (instant,) = cursor.fetchone()
    assert isinstance(instant, datetime)  # noqa: S101
    return instant


# Where time is moved by hand, this is too.
source: Callable[[], datetime] = of_database


def now() -> datetime:
    return source()


def ahead(now: datetime) -> timedelta:
    """How far the database, which has just said that it is `now`, is ahead of this process: what the platform client
    has dated is so much later by the database's clock."""
    return now - timezone.now()
