"""The windows of an event's packages, as bands behind its daily sales (pages.md, "The daily revenue chart")."""

from __future__ import annotations

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from attribution_portal.backhaul.models import PollState
from attribution_portal.backhaul.state import window_end
from attribution_portal.bands import Band
from attribution_portal.partners.models import Partner

# A label stands in the picture, and may be as wide as a phone.
LONGEST_TITLE = 28


def of_event(partner: Partner, eid: str) -> tuple[Band, ...]:
    """One band for each package that contains the event, from the e-mail date to the last day that counts, by the
    settings in force when they were last read. A package whose window is not anchored has none. One look at Postgres.
    """
    found = PollState.objects.filter(
        partner=partner,
        package__partner=partner,
        package__vanished_at=None,
        package__events__contains=[{"id": eid}],
        window__isnull=False,
        email_sent_date__isnull=False,
    ).values_list("package__title", "package__package_id", "window", "email_sent_date")
    return tuple(
        Band(_label(title or package_id), sent, end, "package")
        for title, package_id, window, sent in found
        if sent is not None and (end := window_end(window=window, email_sent_date=sent)) is not None
    )


def _label(title: str) -> str:
    named = Truncator(" ".join(title.split())).chars(LONGEST_TITLE)
    return _("Package: %(title)s") % {"title": named}
