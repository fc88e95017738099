"""The time zones that a partner may have: those that the portal and its database both know under that very name.

Either may have older tables than the other, and a machine that leaves out names of former times knows no `US/Pacific`.
PostgreSQL also computes with what is no name (`europe/berlin`, `UTC+1`): it is asked for its names, not tried out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import connection
from django.utils.translation import gettext as _

from attribution_portal import zones


@cache
def offered() -> tuple[str, ...]:
    """Sorted; as they were when this process first asked."""
    return tuple(sorted(known_to_database(zones.names())))


def known_to_database(names: Iterable[str]) -> set[str]:
    """Reads the server's whole folder of zones, about 15 ms: for operators, not for partners' pages."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names WHERE name = ANY(%s)", [sorted(names)])
        return {name for (name,) in cursor.fetchall()}


def refusal(name: str) -> str:
    """Why a partner cannot have this zone; "" when it can."""
    if name not in zones.names():
        if (spelled := zones.spelled(name)) is not None:
            return _("Time zones are written exactly as in the list: %(zone)s.") % {"zone": spelled}
        return _("There is no time zone of this name. Enter one such as Europe/Berlin.")
    if not known_to_database([name]):
        return _(
            "The portal's database does not know the time zone %(zone)s. Old names are left out on some machines: "
            "enter the one in use today."
        ) % {"zone": name}
    return ""


def faults(names: Iterable[str]) -> dict[str, str]:
    """What does not work with zones that partners have, by name; those that work are left out."""
    had = set(names)
    here = {name for name in had if name not in zones.NO_ZONES and zones.zone(name) is not None}
    there = known_to_database(here)
    unknown = _("The portal does not know this time zone. Days, dates and times of this partner are those of UTC.")
    half = _(
        "The database does not know this time zone. The partner's pages show its days, but whether results are final "
        "goes by those of UTC."
    )
    return dict.fromkeys(had - here, unknown) | dict.fromkeys(here - there, half)


def default_is_known(*, databases: Sequence[str] | None = None, **_of: object) -> list[CheckMessage]:
    """A check that `migrate` makes before a new version starts: partners are connected with this zone. Others, such as
    a worker's own at its start, name no database and must not need one."""
    why = refusal(settings.PARTNER_TIME_ZONE) if databases else ""
    return [Error(f"PARTNER_TIME_ZONE: {why}", id="partners.E001")] if why else []
