"""A package's evaluation by cluster: revenue as bars, the whole as a table, and what the rates can and cannot
tell.

A rate is customers over the people in the segment, the only base the platform documents for it (contract §8).
Where the base is missing, or smaller than the customers, there is no rate and the table says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from attribution_portal.charts import Cell, Chart, Column, Figure, Row, Table, plotly_text, wilson
from attribution_portal.formats import UNKNOWN, Reader, raw

_MOST_BARS = 16
_LONGEST_LABEL = 28
_PLACES = 6
_BAR_PX, _FRAME_PX, _LEAST_PX = 32, 24, 160


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """One cluster's result. `tc` is its id, `label` its name where the platform gives one; `base` counts the
    people in the segment, None when not known; `revenue` is money, `customers` and `items` are counts."""

    tc: str
    label: str | None
    customers: int
    items: int
    revenue: Decimal
    base: int | None
    href: str | None = None

    @property
    def name(self) -> str:
        return self.label or self.tc

    @property
    def rate(self) -> Decimal | None:
        """Customers of the people in the segment, a fraction to four places; None where no rate may be
        given."""
        if not self.base or not 0 <= self.customers <= self.base:
            return None
        return Decimal(self.customers) / self.base

    @property
    def interval(self) -> tuple[float, float] | None:
        """The rate's 95 % Wilson interval."""
        return None if self.rate is None or self.base is None else wilson.interval(self.customers, self.base)


def chart(*, clusters: Sequence[ClusterRow], currency: str | None, reader: Reader) -> Chart:
    """Bars, table and sentence, clusters with the most revenue first. Customers summed over clusters are an
    upper bound: one person may be in two."""
    ranked = tuple(sorted(clusters, key=lambda each: (-each.revenue, each.name, each.tc)))
    return Chart(
        "clusters",
        _figure(ranked, currency, reader),
        _table(ranked, currency, reader),
        _summary(ranked, currency, reader),
    )


def comparison_note(clusters: Sequence[ClusterRow], reader: Reader) -> str:
    """Whether the highest rate is really the highest, in words; "" when fewer than two clusters have a
    rate."""
    rated = sorted(
        (
            (rate, each.name, wilson.interval(each.customers, each.base))
            for each in clusters
            if (rate := each.rate) is not None and each.base is not None
        ),
        key=lambda entry: (-entry[0], entry[1]),
    )
    if len(rated) < 2:
        return ""
    (rate, best, span), *rest = rated
    alike = [name for _, name, other in rest if wilson.overlap(span, other)]
    said = {"best": best, "rate": reader.percent(rate), "others": reader.listing(alike)}
    if alike:
        return (
            reader.gettext(
                "%(best)s has the highest rate, %(rate)s, but it cannot be told apart from %(others)s: "
                "the 95%% intervals overlap."
            )
            % said
        )
    return (
        reader.gettext("%(best)s has the highest rate, %(rate)s: its 95%% interval overlaps no other cluster's.") % said
    )


def _total(clusters: Sequence[ClusterRow]) -> Decimal:
    return sum((each.revenue for each in clusters), Decimal(0))


def _figure(ranked: tuple[ClusterRow, ...], currency: str | None, reader: Reader) -> Figure:
    """One bar a cluster; more than fit are one last bar, so the bars still sum to the total. Categories are
    ids, because two clusters may have the same name once it is shortened."""
    single = ranked if len(ranked) <= _MOST_BARS else ranked[: _MOST_BARS - 1]
    rest = ranked[len(single) :]
    bars = [(each.tc, each.name, each.revenue) for each in single]
    if rest:
        text = reader.ngettext("%(n)s more cluster", "%(n)s more clusters", len(rest)) % {"n": reader.count(len(rest))}
        # A blank cannot be an id of the platform's.
        bars.append((" ", text, _total(rest)))
    name = plotly_text(reader.gettext("Revenue"))
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "meta": {"role": "cluster"},
                "x": [float(revenue) for _, _, revenue in bars],
                "y": [tc for tc, _, _ in bars],
                "customdata": [[plotly_text(label), reader.money(revenue, currency)] for _, label, revenue in bars],
                "text": [reader.money(revenue, currency, trim=True) for _, _, revenue in bars],
                "textposition": "auto",
                "hovertemplate": f"%{{customdata[0]}}<br>{name}: %{{customdata[1]}}<extra></extra>",
            }
        ],
        "layout": {
            "separators": reader.separators,
            "showlegend": False,
            "height": max(_LEAST_PX, _FRAME_PX + _BAR_PX * len(bars)),
            # Every bar says its amount, so the axis says nothing; it begins at zero.
            "xaxis": {"rangemode": "tozero", "showticklabels": False, "zeroline": True},
            "yaxis": {
                "type": "category",
                "autorange": "reversed",
                "showgrid": False,
                "zeroline": False,
                "tickmode": "array",
                "tickvals": [tc for tc, _, _ in bars],
                "ticktext": [plotly_text(_short(label)) for _, label, _ in bars],
            },
        },
    }


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1].rstrip() + "…"


def _table(ranked: tuple[ClusterRow, ...], currency: str | None, reader: Reader) -> Table:
    columns = (
        Column("cluster", reader.gettext("Cluster"), numeric=False),
        Column("customers", reader.gettext("Customers"), numeric=True),
        Column("items", reader.gettext("Items"), numeric=True),
        Column("revenue", reader.gettext("Revenue"), numeric=True),
        Column("revenue_per_customer", reader.gettext("Revenue per customer"), numeric=True),
        Column("share", reader.gettext("Share of revenue"), numeric=True),
        Column("rate", reader.gettext("Rate"), numeric=True),
        Column("interval", reader.gettext("Interval (95%)"), numeric=False),
    )
    total = _total(ranked)
    rows = tuple(_row(each, total, currency, reader) for each in ranked)
    customers, items = sum(each.customers for each in ranked), sum(each.items for each in ranked)
    sums = (
        Cell(reader.gettext("Total")),
        Cell(reader.count(customers), raw(customers), note=reader.gettext("at most: a person may be in two clusters")),
        Cell(reader.count(items), raw(items)),
        Cell(reader.money(total, currency), raw(total)),
        Cell(UNKNOWN, ""),
        _share(total, total, reader),
        Cell(UNKNOWN, ""),
        Cell(UNKNOWN),
    )
    return Table("clusters", columns, rows, Row("totals", sums) if ranked else None)


def _row(row: ClusterRow, total: Decimal, currency: str | None, reader: Reader) -> Row:
    each = row.revenue / row.customers if row.customers else None
    rate, span = row.rate, row.interval
    return Row(
        row.tc,
        (
            Cell(row.name, href=row.href),
            Cell(reader.count(row.customers), raw(row.customers)),
            Cell(reader.count(row.items), raw(row.items)),
            Cell(reader.money(row.revenue, currency), raw(row.revenue)),
            Cell(reader.money(each, currency), raw(each and round(each, 2))),
            _share(row.revenue, total, reader),
            Cell(reader.percent(rate), raw(rate and round(rate, _PLACES)), note=_withheld(row, reader)),
            Cell(
                UNKNOWN
                if span is None
                else reader.gettext("%(low)s to %(high)s")
                % {"low": reader.percent(span[0]), "high": reader.percent(span[1])}
            ),
        ),
    )


def _share(part: Decimal, total: Decimal, reader: Reader) -> Cell:
    """A share exists only of a total above zero."""
    share = part / total if total > 0 else None
    return Cell(reader.percent(share), raw(share and round(share, _PLACES)))


def _withheld(row: ClusterRow, reader: Reader) -> str:
    """Why there is no rate."""
    if row.rate is not None:
        return ""
    if row.base is None:
        return reader.gettext("size of the cluster not known")
    if row.base <= 0:
        return reader.gettext("nobody is in the cluster")
    return reader.gettext("more customers than people in the cluster")


def _summary(ranked: tuple[ClusterRow, ...], currency: str | None, reader: Reader) -> str:
    if not ranked:
        return reader.gettext("There are no results by cluster yet.")
    total, best = _total(ranked), ranked[0]
    said = {
        "n": reader.count(len(ranked)),
        "customers": reader.count(sum(each.customers for each in ranked)),
        "items": reader.count(sum(each.items for each in ranked)),
        "revenue": reader.money(total, currency, trim=True),
        "best": best.name,
        "most": reader.money(best.revenue, currency, trim=True),
    }
    text = (
        reader.ngettext(
            "%(n)s cluster: at most %(customers)s customers, %(items)s items, %(revenue)s.",
            "%(n)s clusters: at most %(customers)s customers, %(items)s items, %(revenue)s.",
            len(ranked),
        )
        % said
    )
    if len(ranked) > 1 and total > 0:
        said["share"] = reader.percent(best.revenue / total)
        text += " " + reader.gettext("%(best)s brought the most, %(most)s (%(share)s of it).") % said
    return text
