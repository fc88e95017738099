"""What the daily revenue chart says in words: its summary, its total line, the caveats for its caption, its
names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from attribution_portal.charts.sales import Kind, Measure, Metric, Totals
from attribution_portal.charts.scene import Band, Scene, visible_kinds
from attribution_portal.formats import UNKNOWN, Reader
from attribution_portal.periods import Period

# More of them would drown the sentence; the panels of campaigns and packages list them all.
_BANDS_TOLD: Final = 6


def kind_names(reader: Reader) -> dict[Kind, str]:
    """The legend's words for the sources of adjustments."""
    return {
        "automated": reader.gettext("Automated adjustments"),
        "manual": reader.gettext("Manual adjustments"),
        "other": reader.gettext("Other adjustments"),
    }


def purchases(count: int, reader: Reader) -> str:
    return reader.ngettext("%(n)s purchase", "%(n)s purchases", count) % {"n": reader.count(count)}


def summary(scene: Scene, *, bands: Sequence[Band] = (), event_day: date | None = None) -> str:
    """The chart for people who do not see it; every number is the sum of what is drawn."""
    sentences = [_measured(scene) if scene.measured else _unmeasured(scene)]
    if scene.compared:
        sentences.append(_compared(scene, scene.compared.name))
    if scene.kinds:
        sentences.append(_adjusted(scene))
    if scene.measured:
        sentences += [
            scene.reader.gettext("%(days)s: not over yet.") % {"days": label}
            for piece, label in zip(scene.slices, scene.labels, strict=True)
            if piece.provisional
        ]
    sentences += _marked(scene, bands, event_day)
    return " ".join(sentences)


def _marked(scene: Scene, bands: Sequence[Band], event_day: date | None) -> list[str]:
    """What stands behind the bars: each band with all of its days, also those outside the period."""
    reader, period = scene.reader, scene.period
    found = [
        reader.gettext("%(label)s, %(days)s") % {"label": band.label, "days": reader.day_range(band.start, band.end)}
        for band in sorted(bands, key=lambda each: (each.start, each.end))
        if band.start <= period.end and period.start <= band.end
    ]
    sentences = []
    if event_day is not None and event_day in period:
        sentences.append(reader.gettext("Event day: %(day)s.") % {"day": reader.day(event_day)})
    if (more := len(found) - _BANDS_TOLD) > 0:
        found[_BANDS_TOLD:] = [reader.ngettext("%(n)s more", "%(n)s more", more) % {"n": reader.count(more)}]
    if found:
        sentences.append(reader.gettext("Marked behind the bars: %(bands)s.") % {"bands": "; ".join(found)})
    return sentences


def _measured(scene: Scene) -> str:
    reader, sums = scene.reader, scene.totals
    said = {"range": reader.day_range(scene.period.start, scene.period.end), "split": _split(scene)}
    if not sums.days:
        return reader.gettext("%(range)s: the platform has no measured sales.") % said
    count = sums.purchases
    if scene.metric == "purchases":
        if count is None:
            return reader.gettext("%(range)s: the number of purchases is not known for every day.") % said
        text = reader.ngettext(
            "%(range)s: %(n)s purchase measured%(split)s.", "%(range)s: %(n)s purchases measured%(split)s.", count
        )
        return text % {**said, "n": reader.count(count)}
    said["revenue"] = reader.money(sums.revenue, scene.currency, trim=True)
    if count is None:
        return reader.gettext("%(range)s: %(revenue)s measured%(split)s.") % said
    text = reader.ngettext(
        "%(range)s: %(revenue)s measured in %(n)s purchase%(split)s.",
        "%(range)s: %(revenue)s measured in %(n)s purchases%(split)s.",
        count,
    )
    return text % {**said, "n": reader.count(count)}


def _unmeasured(scene: Scene) -> str:
    return scene.reader.gettext("%(range)s: measured sales are not shown.") % {
        "range": scene.reader.day_range(scene.period.start, scene.period.end)
    }


def _split(scene: Scene) -> str:
    """How much of it campaigns brought, as far as the platform says; continues the sentence."""
    reader, whole, counted = scene.reader, scene.whole, scene.metric == "purchases"
    if whole.campaign is None:
        return reader.gettext("; not split into campaigns and organic by the platform")
    said = {"campaign": scene.amount(whole.campaign, trim=True), "unsplit": scene.amount(whole.unsplit, trim=True)}
    if whole.unsplit is None:
        text = (
            reader.gettext("; %(campaign)s of them from campaigns")
            if counted
            else reader.gettext("; %(campaign)s of it from campaigns")
        )
    elif counted:
        text = reader.gettext(
            "; %(campaign)s of them from campaigns, %(unsplit)s of them on days that the platform did not split"
        )
    else:
        text = reader.gettext(
            "; %(campaign)s of it from campaigns, %(unsplit)s of it on days that the platform did not split"
        )
    return text % said


def _compared(scene: Scene, name: str) -> str:
    """Its sum alone: whether the two may be compared is said elsewhere."""
    reader, total = scene.reader, scene.others[1]
    if not any(value is not None for value in scene.others[0]):
        return reader.gettext("Beside it: %(name)s, no measured sales.") % {"name": name}
    amount = scene.amount(total, trim=True)
    if scene.metric == "purchases" and total is not None:
        amount = purchases(int(total), reader)
    return reader.gettext("Beside it: %(name)s, %(amount)s.") % {"name": name, "amount": amount}


def _adjusted(scene: Scene) -> str:
    reader, sums = scene.reader, scene.adjusted
    if not sums.count:
        return reader.gettext("No adjustments are shown.")
    amount = reader.money(sums.revenue, scene.currency, trim=True)
    if scene.metric == "purchases":
        amount = purchases(sums.purchases, reader)
    if scene.measured:
        text = reader.ngettext(
            "%(n)s adjustment, %(amount)s, is shown beside it and not included.",
            "%(n)s adjustments, %(amount)s, are shown beside it and not included.",
            sums.count,
        )
    else:
        text = reader.ngettext(
            "%(n)s adjustment, %(amount)s, is shown.", "%(n)s adjustments, %(amount)s, are shown.", sums.count
        )
    return text % {"n": reader.count(sums.count), "amount": amount}


def total_line(*, totals: Totals, metric: Metric, layers: frozenset[str], currency: str | None, reader: Reader) -> str:
    """The sum of the layers a reader asked for, naming each. The one place where measured and adjusted are
    added, so it says what that sum may count twice."""
    names = {
        "automated": reader.gettext("automated adjustments"),
        "manual": reader.gettext("manual adjustments"),
        "other": reader.gettext("other adjustments"),
    }
    kinds = [kind for kind in visible_kinds(layers) if kind != "other" or totals.other.count]
    parts: list[Decimal | None] = [totals.adjusted((kind,)).amount(metric) for kind in kinds]
    included = [names[kind] for kind in kinds]
    if "measured" in layers:
        parts.insert(0, totals.measured(metric).value)
        included.insert(0, reader.gettext("measured sales"))
    if not included:
        return reader.gettext("Nothing is included.")
    known = [part for part in parts if part is not None]
    total = sum(known, Decimal(0)) if len(known) == len(parts) else None
    if total is None:
        amount = UNKNOWN
    elif metric == "revenue":
        amount = reader.money(total, currency, trim=True)
    else:
        amount = purchases(int(total), reader)
    line = reader.gettext("%(amount)s: %(included)s.") % {"amount": amount, "included": reader.listing(included)}
    if "measured" not in layers or not totals.adjusted(kinds).count:
        return line
    doubt = reader.gettext(
        "The platform does not say whether an automated result is already part of the measured sales."
    )
    return f"{line} {doubt}"


def notes(*, totals: Totals, period: Period, metric: Metric, layers: frozenset[str], reader: Reader) -> tuple[str, ...]:
    """What a reader must know about this picture, a sentence each, for the panel's caption."""
    found = []
    if "measured" in layers:
        found += _gaps(totals, totals.measured(metric), period, reader)
    if totals.adjusted(visible_kinds(layers)).count:
        found.append(
            reader.gettext("Adjustments stand at the day they were recorded: the platform gives no sales date.")
        )
    if visible_kinds(layers) and totals.undated:
        text = reader.ngettext(
            "%(n)s adjustment has no date and is not shown.",
            "%(n)s adjustments have no date and are not shown.",
            totals.undated,
        )
        found.append(text % {"n": reader.count(totals.undated)})
    return tuple(found)


def _gaps(totals: Totals, whole: Measure, period: Period, reader: Reader) -> list[str]:
    found = []
    if whole.unsplit_days and whole.split_days:
        text = reader.ngettext(
            "The platform did not split %(n)s day into campaigns and organic.",
            "The platform did not split %(n)s days into campaigns and organic.",
            whole.unsplit_days,
        )
        found.append(text % {"n": reader.count(whole.unsplit_days)})
    elif whole.unsplit_days:
        found.append(reader.gettext("The platform does not split these sales into campaigns and organic."))
    unknown = totals.measured_purchases.unknown_days
    if unknown:
        text = reader.ngettext(
            "The number of purchases is not known for %(n)s day.",
            "The number of purchases is not known for %(n)s days.",
            unknown,
        )
        found.append(text % {"n": reader.count(unknown)})
    if totals.days < period.days:
        found.append(reader.gettext("Where there is no bar, the platform has no row for the day."))
    return found
