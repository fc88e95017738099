"""Request budgets (contract §3): so many reads and writes a minute for each partner, so many sign-ins an address."""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import datetime, timedelta

from attribution_portal.sandbox.refusals import Refusal

MINUTE = timedelta(minutes=1)
SIGN_INS_PER_MINUTE = 10


class Budget:
    """Sliding minutes by the sandbox's clock. Not safe by itself: the sandbox calls it under its lock."""

    def __init__(self, *, reads_per_minute: int | None, writes_per_minute: int | None) -> None:
        self._limits = {"read": reads_per_minute, "write": writes_per_minute}
        if reads_per_minute is not None or writes_per_minute is not None:
            self._limits["sign in"] = SIGN_INS_PER_MINUTE
        self._spent: defaultdict[tuple[str, str], deque[datetime]] = defaultdict(deque)

    def spend(self, kind: str, who: str, now: datetime) -> None:
        """Raises Refusal 429 when the minute's budget is gone; that request is not counted."""
        limit = self._limits.get(kind)
        if limit is None:
            return
        spent = self._spent[kind, who]
        while spent and spent[0] <= now - MINUTE:
            spent.popleft()
        if len(spent) >= limit:
            raise Refusal(429, "error.request.too_many", "TOO_MANY_REQUESTS")
        spent.append(now)
