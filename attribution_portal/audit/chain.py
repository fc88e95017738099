"""How events are chained: each one's hash covers all of its columns and the hash of the event before it.

The hash is plain SHA-256, without a key. A keyed one would stop somebody who may write to the database but not read
the portal's secrets; but whoever owns the tables usually has those too, and a key that is rotated or lost would make
an honest trail look forged. What a plain chain proves is this: as long as one hash of a chain is known from outside
(`verify_audit --heads`, written down or sent away from time to time), nothing up to it was changed, removed or put in
another order. Without such a hash, somebody who may switch off the triggers can rebuild a whole chain with its head.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC
from typing import Final

from attribution_portal.audit.models import AuditEvent

# What stands before the first event.
BEGINNING: Final = ""


def digest(event: AuditEvent) -> str:
    """The event's hash, from its columns as they are: 64 hexadecimal digits over canonical JSON (keys sorted, no
    spaces, ASCII). Everything is in it but the hash itself."""
    content = {
        "id": str(event.id),
        "partner": event.partner_id,
        "position": event.position,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "kind": event.kind,
        "outcome": event.outcome,
        "user": event.user_id,
        "email": event.email,
        "address": event.address,
        "session": event.session,
        "target": event.target,
        "title": event.title,
        "before": event.before,
        "after": event.after,
        "reason": event.reason,
        "platform_request": event.platform_request,
        "of": None if event.of_id is None else str(event.of_id),
        "previous_hash": event.previous_hash,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
