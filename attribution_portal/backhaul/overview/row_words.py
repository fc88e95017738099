"""What a list of packages says of each: words and raw values, ready to be drawn or to become a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import BooleanField, ExpressionWrapper, QuerySet

from attribution_portal.backhaul import wording
from attribution_portal.backhaul.ledger.reading import package_url
from attribution_portal.backhaul.models import Package, PollState, Summary
from attribution_portal.backhaul.overview import selection
from attribution_portal.backhaul.overview.selection import NEW, Reason
from attribution_portal.backhaul.sign_off.reviews import Kind
from attribution_portal.backhaul.state import State, window_end
from attribution_portal.formats import Reader, raw
from attribution_portal.panels import Badge
from attribution_portal.partners.models import Partner


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a list. Amounts are the raw value and what is shown. `remarks` are about the package itself: its
    status, that it is new, gone or merged; `merged_into` the package that it went into, as title and address ("" where
    the portal does not know it). `moved`: what changed last, and when. `zone`: why its days are not the partner's."""

    id: str
    url: str
    title: str
    partner: Partner
    badges: tuple[Badge, ...]
    state: State
    remarks: tuple[str, ...]
    merged_into: tuple[str, str] | None
    signed: str
    reasons: tuple[str, ...]
    settings: str
    clock: str
    customers: tuple[str, str]
    items: tuple[str, str]
    revenue: tuple[str, str]
    moved: tuple[str, datetime | None]
    zone: str


def read(found: QuerySet[Summary], now: datetime) -> QuerySet[Summary]:
    """With everything that a line is made of, and `why_REASON` for each reason. Documents nobody draws stay where they
    are."""
    flags = {
        f"why_{reason.value}": ExpressionWrapper(selection.condition(reason, now), output_field=BooleanField())
        for reason in Reason
    }
    rows = found.annotate(**flags).select_related("partner__poll", "package__poll__latest")
    return rows.defer("search", "package__events", "package__clusters", "package__poll__latest__clusters")


def lines(rows: Iterable[Summary], *, merges: dict[tuple[int, str], str], reader: Reader, now: datetime) -> list[Line]:
    """`merges`: titles of the packages that others went into, by partner and platform id."""
    return [_line(row, merges, reader, now) for row in rows]


def _line(row: Summary, merges: dict[tuple[int, str], str], reader: Reader, now: datetime) -> Line:
    partner, package, poll, state = row.partner, row.package, row.package.poll, state_of(row)
    badges = [Badge(wording.state_name(state, reader), state.value)]
    if is_new(row, now):
        badges.append(Badge(reader.gettext("New"), "notice"))
    return Line(
        id=package.package_id,
        url=package_url(partner, package),
        title=row.title,
        partner=partner,
        badges=tuple(badges),
        state=state,
        remarks=remarks(row, reader),
        merged_into=_merged_into(row, merges),
        signed=signed(row, reader),
        reasons=reasons(row, reader),
        settings=wording.settings_short(poll.settings, reader),
        clock=clock(poll, row, now.astimezone(partner.zone).date(), reader),
        customers=(raw(row.customers), reader.count(row.customers)),
        items=(raw(row.items), reader.count(row.items)),
        revenue=(raw(row.revenue), reader.money(row.revenue, partner.currency)),
        moved=(moved(row, reader), row.moved_at),
        zone=zone_note(partner, reader),
    )


def state_of(row: Summary) -> State:
    return State(row.state)  # type: ignore[attr-defined]  # annotated by `selection.of_partners`


def kind_of(row: Summary) -> Kind:
    return Kind(row.signed)


def is_new(row: Summary, now: datetime) -> bool:
    """Read for the first time today, and not merely because the partner has just been connected."""
    young = row.created_at is None or now - row.created_at < 7 * NEW
    return young and now - row.first_seen < NEW


def zone_note(partner: Partner, reader: Reader) -> str:
    """For lists across partners: a page of one partner says it once, at its top."""
    if partner.known_zone is not None:
        return ""
    words = reader.gettext("Days are those of UTC: the time zone set for this partner, %(zone)s, is not known")
    return words % {"zone": partner.timezone}


def remarks(row: Summary, reader: Reader) -> tuple[str, ...]:
    found = []
    if row.status == "EXPIRED":
        found.append(reader.gettext("Package expired: its customer lists are gone, the last results are kept"))
    elif row.status:
        found.append(wording.package_status(row.status, reader))
    if row.vanished:
        found.append(reader.gettext("No longer listed by the platform: the last results are kept"))
    return tuple(found)


def _merged_into(row: Summary, merges: dict[tuple[int, str], str]) -> tuple[str, str] | None:
    """A package that is not known here is named by the platform's id."""
    target = row.package.merge_id
    if not target or target == row.package.package_id:
        return None
    title = merges.get((row.partner_id, target))
    if title is None:
        return target, ""
    return title, package_url(row.partner, Package(package_id=target))


def signed(row: Summary, reader: Reader) -> str:
    if row.signed == Kind.UNSIGNED or row.signed_at is None:
        return ""
    said = {"who": row.signed_by, "day": reader.day(row.signed_at.astimezone(row.partner.zone).date(), short=True)}
    if row.signed == Kind.SIGNED:
        return reader.gettext("Signed off by %(who)s on %(day)s") % said
    return reader.gettext("Changed since %(who)s signed off on %(day)s") % said


def reasons(row: Summary, reader: Reader) -> tuple[str, ...]:
    """Why somebody should look, the most urgent first; what the state and the sign-off say already is not repeated."""
    found = [reason for reason in Reason if getattr(row, f"why_{reason.value}")]
    return tuple(_reason(reason, row, reader) for reason in found)


def _reason(reason: Reason, row: Summary, reader: Reader) -> str:
    since = row.failing_since if reason is Reason.FAILING else row.settings_at or row.first_seen
    if since is None:
        poll = getattr(row.partner, "poll", None)
        since = poll.failing_since if poll is not None else None
    said = {"since": reader.instant(since), "n": reader.count(row.changes)}
    if reason is Reason.WAITING and state_of(row) is State.UNCHANGED:
        return reader.gettext("Same results since the settings changed on %(since)s") % said
    text = {
        Reason.FAILING: reader.gettext("Not readable since %(since)s"),
        Reason.WAITING: reader.gettext("Waiting for new results since %(since)s"),
        Reason.CHANGED: reader.gettext("Changed since its sign-off"),
        Reason.UNSIGNED: reader.gettext("Final and not signed off"),
        Reason.LATE: reader.gettext("Settings changed after the window had closed"),
        Reason.OFTEN: reader.ngettext("Settings changed %(n)s time", "Settings changed %(n)s times", row.changes),
        Reason.DEVIATES: reader.gettext("Settings differ from the partner's default"),
    }[reason]
    return text % said


def reason_name(reason: Reason, reader: Reader) -> str:
    """As filters name it."""
    return {
        Reason.FAILING: reader.gettext("Cannot be read"),
        Reason.WAITING: reader.gettext("Waiting long"),
        Reason.CHANGED: reader.gettext("Changed since sign-off"),
        Reason.UNSIGNED: reader.gettext("Final, not signed off"),
        Reason.LATE: reader.gettext("Changed after its window"),
        Reason.OFTEN: reader.gettext("Changed often"),
        Reason.DEVIATES: reader.gettext("Differs from the default"),
    }[reason]


def signed_name(kind: Kind, reader: Reader) -> str:
    return {
        Kind.SIGNED: reader.gettext("Signed off"),
        Kind.UNSIGNED_BY_CHANGE: reader.gettext("Changed since sign-off"),
        Kind.UNSIGNED: reader.gettext("Not signed off"),
    }[kind]


def clock(poll: PollState, row: Summary, today: date, reader: Reader) -> str:
    """Where today is in the window; "" without one."""
    sent, window = poll.email_sent_date, poll.window
    end = window_end(window=window, email_sent_date=sent)
    if end is None or sent is None or window is None:
        return ""
    said = {
        "begin": reader.day(sent, short=True),
        "end": reader.day(end, short=True),
        "day": reader.count((today - sent).days),
        "window": reader.count(window),
    }
    if today < sent:
        text = reader.gettext("Window from %(begin)s to %(end)s: not begun")
    elif today <= end:
        text = reader.gettext("Day %(day)s of %(window)s, provisional until %(end)s")
    elif row.is_final or row.pending:
        text = reader.gettext("Window closed on %(end)s")
    else:
        text = reader.gettext("Window closed on %(end)s, still provisional")
    return text % said


def moved(row: Summary, reader: Reader) -> str:
    if row.moved_at is None:
        return ""
    if row.moved_at == row.settings_at:
        return reader.gettext("Settings changed")
    return reader.gettext("New result")
