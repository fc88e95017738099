"""How much of a result is usually in by a day of the window, from this partner's own finished packages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import DataError, connection

from attribution_portal.backhaul.models import Package
from attribution_portal.formats import Reader
from attribution_portal.partners.models import Partner

# Fewer finished packages than these tell nothing that could be called usual.
FEWEST: Final = 8
# The newest of them tell enough, however many there are.
MOST: Final = 200

# What was known of each package at the end of that day of its window, as a share of its final revenue. A package whose
# results belonged to other settings then is left out; one that the portal knew and that had none yet counts with zero.
SHARES: Final = """
WITH finished AS (
    SELECT s.package_id, s.email_sent_date, e.settings_fingerprint, e.revenue,
           ((s.email_sent_date + %(day)s + 1)::timestamp AT TIME ZONE %(zone)s) AS day_end
    FROM backhaul_pollstate s
    JOIN backhaul_evaluation e ON e.id = s.latest_id
    WHERE s.partner_id = %(partner)s AND s."window" = %(window)s AND s.package_id <> %(package)s
      AND s.email_sent_date BETWEEN DATE '1900-01-01' AND DATE '2200-01-01'
      AND s.pending_changes = 0 AND e.revenue > 0
      AND (e.last_confirmed AT TIME ZONE %(zone)s)::date > s.email_sent_date + %(window)s
    ORDER BY s.email_sent_date DESC
    LIMIT %(most)s
)
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY COALESCE(known.revenue, 0) / finished.revenue)
FROM finished
JOIN backhaul_package p ON p.id = finished.package_id AND p.first_seen < finished.day_end
LEFT JOIN LATERAL (
    SELECT e.revenue, e.settings_fingerprint
    FROM backhaul_evaluation e
    WHERE e.package_id = finished.package_id AND e.first_seen < finished.day_end
    ORDER BY e.number DESC
    LIMIT 1
) known ON true
WHERE known.settings_fingerprint IS NULL OR known.settings_fingerprint = finished.settings_fingerprint
"""


@dataclass(frozen=True, slots=True)
class Usual:
    """`share`: the median part of the final revenue that was in by the end of `day`; `packages`: of how many."""

    day: int
    window: int
    share: Decimal
    packages: int


def usual(*, partner: Partner, package: Package, window: int, day: int) -> Usual | None:
    """None where too few packages with such a window are finished. One query over at most `MOST` of them. Nothing can
    be told either where the database does not know the partner's zone, as one with older tables of zones may not."""
    values: dict[str, int | str] = {
        "partner": partner.pk,
        "package": package.pk,
        "zone": partner.timezone,
        "window": window,
        "day": day,
        "most": MOST,
    }
    with connection.cursor() as cursor:
        try:
            cursor.execute(SHARES, values)
        except DataError:
            return None
        packages, share = cursor.fetchone()
    if packages < FEWEST or share is None:
        return None
    return Usual(day=day, window=window, share=Decimal(str(share)), packages=packages)


def words(usual: Usual | None, reader: Reader) -> str:
    if usual is None:
        return ""
    return reader.gettext(
        "Usually %(share)s of the revenue is in by day %(day)s for this partner: the median of %(n)s finished packages "
        "with a window of %(window)s days."
    ) % {
        "share": reader.percent(usual.share, 0),
        "day": reader.count(usual.day),
        "n": reader.count(usual.packages),
        "window": reader.count(usual.window),
    }
