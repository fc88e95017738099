"""The event page's demand panel: the curve against comparable events, and what is expected to be sold."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from attribution_portal.charts import Chart, demand
from attribution_portal.formats import Reader
from attribution_portal.lookout.answers import Answers, value
from attribution_portal.panels import Panel
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import Benchmark, Reading


@dataclass(frozen=True, slots=True)
class Demand:
    """`sentence`: sold and expected, "" where neither is known. `chart`: None without a curve. `missing`: which half
    could not be read."""

    sentence: str
    chart: Chart | None
    missing: str


def panel(read: Answers, *, reader: Reader, retry: str) -> Panel[Demand]:
    """Fails only when neither the curve nor the benchmark could be read."""
    curve, benchmark = read.demand, read.benchmark
    known = [outcome for outcome in (curve, benchmark) if isinstance(outcome, Reading)]
    shown: Reading[Demand] | PlatformError
    if isinstance(curve, PlatformError) and isinstance(benchmark, PlatformError):
        shown = curve
    else:
        points = value(curve)
        data = Demand(
            sentence=_sentence(value(benchmark), reader),
            chart=demand.chart(points, reader=reader) if points else None,
            missing=_missing(curve, benchmark),
        )
        shown = Reading(data, min(each.read_at for each in known), any(each.stale for each in known))
    return Panel.of(
        "demand",
        shown,
        caption=_(
            "Shares are of the capacity. The curve has no unit: the platform does not say what it is a share of."
        ),
        empty=_("The platform has no demand curve for this event. It begins when tickets are on sale."),
        is_empty=lambda data: not data.sentence and data.chart is None and not data.missing,
        retry=retry,
    )


def _sentence(found: Benchmark | None, reader: Reader) -> str:
    if found is None or (found.now is None and found.prediction is None):
        return ""
    said = {"now": _share(found.now, reader), "prediction": _share(found.prediction, reader)}
    if found.now is None:
        text = _("%(prediction)s is expected to be sold in the end.")
    elif found.prediction is None:
        text = _("%(now)s is sold.")
    else:
        text = _("%(now)s is sold, %(prediction)s is expected in the end.")
    return " ".join(part for part in (text % said, _state(found.state)) if part)


def _share(percent: Decimal | None, reader: Reader) -> str:
    return reader.percent(None if percent is None else percent / 100)


def _state(word: str | None) -> str:
    """An open word: one that is not known is shown as it came."""
    if not word:
        return ""
    known = {
        "above": _("That is above the benchmark."),
        "at": _("That is at the benchmark."),
        "below": _("That is below the benchmark."),
    }
    return known.get(word.lower()) or _("The platform's word for it: “%(word)s”.") % {"word": word}


def _missing(curve: object, benchmark: object) -> str:
    if isinstance(curve, PlatformError):
        return _("The demand curve could not be read: %(why)s") % {"why": curve.sentence}
    if isinstance(benchmark, PlatformError):
        return _("What is sold and expected could not be read: %(why)s") % {"why": benchmark.sentence}
    return ""
