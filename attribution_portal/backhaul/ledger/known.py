"""What is known of packages when readings of them are to be recorded, locked and stored again: plain rows instead of
models, and no column that recording does not ask for. A ledger of thousands of results is never read to write one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from attribution_portal.backhaul import bulk
from attribution_portal.backhaul.models import SettingsChange
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.payloads import AttributionSettings

# Of a package that is still to be read.
UNREAD: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Latest:
    """The newest row of a package's ledger. `pk` is 0 until it is stored."""

    pk: int
    number: int
    fingerprint: str
    settings_fingerprint: str
    first_seen: datetime
    last_confirmed: datetime


@dataclass(slots=True)
class Known:
    """A package's poll state, which recording moves, and what it follows from. `last_change` is at hand while changes
    are pending. `events`: as stored, read only with `packages_too`."""

    pk: int
    settings: AttributionSettings
    inherited: tuple[str, ...]
    failures: int
    failing_since: datetime | None
    last_error: str
    last_read_at: datetime | None
    last_ok_at: datetime | None
    watched_until: datetime | None
    settings_changed_at: datetime | None
    pending_changes: int
    last_change_id: int | None
    latest_id: int | None
    next_due: datetime | None
    status: str = ""
    vanished: bool = False
    first_seen: datetime = UNREAD
    events: list[dict[str, str]] | None = None
    latest: Latest | None = None
    last_change: SettingsChange | None = None


# Instants as text: Django's own way of reading them costs more than all the rest. It is ISO on each connection
# (settings, section 5).
_STATES: Final = """
SELECT package_id, model, "window", email_sent_date::text, inherited::text, failures, failing_since::text, last_error,
    last_read_at::text, last_ok_at::text, watched_until::text, settings_changed_at::text, pending_changes,
    last_change_id, latest_id, next_due::text
FROM backhaul_pollstate
WHERE partner_id = %s AND package_id = ANY(%s::bigint[]) AND (%s::uuid IS NULL OR lease = %s::uuid)
ORDER BY package_id
FOR UPDATE
"""
_PACKAGES: Final = """
SELECT p.id, p.status, p.vanished_at IS NOT NULL, p.first_seen::text, {events}, e.id, e.number, e.fingerprint,
    e.settings_fingerprint, e.first_seen::text, e.last_confirmed::text
FROM backhaul_package p
JOIN backhaul_pollstate s ON s.package_id = p.id
LEFT JOIN backhaul_evaluation e ON e.id = s.latest_id
WHERE p.id = ANY(%s::bigint[])
ORDER BY p.id
"""
_IN_DOUBT: Final = "SELECT id FROM backhaul_settingschange WHERE package_id = ANY(%s::bigint[]) AND outcome = %s"

_STORED: Final = {
    "package_id": "bigint",
    "model": "text",
    "window": "bigint",
    "email_sent_date": "date",
    "inherited": "jsonb",
    "settings_changed_at": "timestamptz",
    "pending_changes": "integer",
    "last_change_id": "bigint",
    "latest_id": "bigint",
    "failures": "integer",
    "failing_since": "timestamptz",
    "last_error": "text",
    "last_read_at": "timestamptz",
    "last_ok_at": "timestamptz",
    "next_due": "timestamptz",
}


def lock(
    *, partner: Partner, packages: Iterable[int], lease: UUID | None = None, packages_too: bool = False
) -> list[Known]:
    """The partner's packages by their keys, those held under the `lease` if one is given, locked in the order of their
    keys: poll states first, then with `packages_too` the packages, as `polling.listing` locks them. Inside a
    transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_STATES, [partner.pk, bulk.array(packages), lease, lease])
        found = [_known(row) for row in cursor.fetchall()]
        if not found:
            return found
        # Only now: what was waited for has moved which row of the ledger is the newest.
        sql = _PACKAGES.format(events="p.events::text" if packages_too else "NULL")
        cursor.execute(
            sql + "FOR NO KEY UPDATE OF p" if packages_too else sql, [bulk.array([known.pk for known in found])]
        )
        for known, row in zip(found, cursor.fetchall(), strict=True):
            known.status, known.vanished, known.first_seen = row[1], row[2], datetime.fromisoformat(row[3])
            known.events = json.loads(row[4]) if packages_too else None
            if row[5] is not None:
                pk, number, fingerprint, settings, first_seen, confirmed = row[5:]
                known.latest = Latest(
                    pk,
                    number,
                    fingerprint,
                    settings,
                    datetime.fromisoformat(first_seen),
                    datetime.fromisoformat(confirmed),
                )
    return found


def open_changes(found: Sequence[Known]) -> dict[int, list[SettingsChange]]:
    """Changes that nobody has heard of again, oldest first, by package. The last change of each package whose results
    are still to answer one is put at hand on the way."""
    with connection.cursor() as cursor:
        keys = bulk.array([known.pk for known in found])
        cursor.execute(_IN_DOUBT, [keys, SettingsChange.Outcome.UNKNOWN])
        in_doubt = {key for (key,) in cursor.fetchall()}
    last = {known.last_change_id: known for known in found if known.pending_changes and known.last_change_id}
    by_package: dict[int, list[SettingsChange]] = {}
    if in_doubt or last:
        changes = SettingsChange.objects.filter(pk__in=[*in_doubt, *last])
        for change in changes.select_related("partner", "package", "intent").order_by("made_at", "pk"):
            if change.pk in in_doubt:
                by_package.setdefault(change.package_id, []).append(change)
            if change.pk in last:
                last[change.pk].last_change = change
    return by_package


def save(states: Sequence[Known], *, let_go: bool) -> None:
    """Store poll states. `let_go`: whoever held them has done with them."""
    rows = []
    for state in states:
        model, window, day = state.settings.model, state.settings.window, state.settings.email_sent_date
        rows.append(
            (
                state.pk,
                model or "",
                window,
                day,
                json.dumps(state.inherited) if state.inherited else "[]",
                state.settings_changed_at,
                state.pending_changes,
                state.last_change.pk if state.last_change is not None else state.last_change_id,
                state.latest.pk if state.latest is not None else state.latest_id,
                state.failures,
                state.failing_since,
                state.last_error,
                state.last_read_at,
                state.last_ok_at,
                state.next_due,
            )
        )
    bulk.update("backhaul_pollstate", _STORED, rows, also="lease = NULL, lease_until = NULL" if let_go else "")


def _known(row: Any) -> Known:
    return Known(
        pk=row[0],
        settings=AttributionSettings(row[1] or None, row[2], None if row[3] is None else date.fromisoformat(row[3])),
        inherited=() if row[4] == "[]" else tuple(json.loads(row[4])),
        failures=row[5],
        failing_since=_instant(row[6]),
        last_error=row[7],
        last_read_at=_instant(row[8]),
        last_ok_at=_instant(row[9]),
        watched_until=_instant(row[10]),
        settings_changed_at=_instant(row[11]),
        pending_changes=row[12],
        last_change_id=row[13],
        latest_id=row[14],
        next_due=_instant(row[15]),
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
