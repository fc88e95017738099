"""A package's evaluation by cluster: revenue as bars, the whole as a table, and what the rates can and cannot
tell.

A rate is customers over the people in the segment, the only base the platform documents for it (contract §8).
Where the base is missing, or smaller than the customers, there is no rate and the table says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from attribution_portal.charts import Cell, Chart, Column, Figure, Row, Table, plotly_text, wilson
from attribution_portal.formats import UNKNOWN, Reader, raw

_MOST_BARS = 16
_LONGEST_LABEL = 28
_LINE = 16
_PLACES = 6
_BAR_PX, _FRAME_PX, _LEAST_PX = 36, 24, 160


SORTS: Final = ("cluster", "customers", "items", "revenue", "revenue_per_customer", "share", "rate")


@dataclass(frozen=True, slots=True)
class Order:
    """By which column the table is sorted. What is not known comes last either way."""

    key: str = "revenue"
    descending: bool = True

    @classmethod
    def parse(cls, text: str) -> Order:
        """`revenue` or `-revenue`; the usual order for anything else."""
        key = text.removeprefix("-")
        return cls(key, text.startswith("-")) if key in SORTS else cls()

    def __str__(self) -> str:
        return f"-{self.key}" if self.descending else self.key

    def by(self, key: str) -> Order:
        """What a click on a column's head asks for: numbers from the largest, and the other way when sorted so."""
        return Order(key, not self.descending if key == self.key else key != "cluster")


USUAL: Final = Order()


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """One cluster's result. `tc` is its id, `label` its name where the platform gives one; `base` counts the
    people in the segment, None when not known; `revenue` is money, `customers` and `items` are counts. `listed`: False
    where the package names its clusters, and not this one."""

    tc: str
    label: str | None
    customers: int
    items: int
    revenue: Decimal
    base: int | None
    listed: bool = True

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
    def revenue_per_customer(self) -> Decimal | None:
        return self.revenue / self.customers if self.customers else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The rate's 95 % Wilson interval."""
        return None if self.rate is None or self.base is None else wilson.interval(self.customers, self.base)


def chart(
    *,
    clusters: Sequence[ClusterRow],
    currency: str | None,
    reader: Reader,
    order: Order = USUAL,
    link: Callable[[Order], str] | None = None,
) -> Chart:
    """Bars, table and sentence. The bars begin with the most revenue, the table is in `order`, to which `link` leads.
    Customers summed over clusters are an upper bound: one person may be in two."""
    ranked = ranked_by(clusters, USUAL)
    return Chart(
        "clusters",
        _figure(ranked, currency, reader),
        _table(ranked_by(clusters, order), currency, reader, order, link),
        _summary(ranked, currency, reader),
    )


def ranked_by(clusters: Sequence[ClusterRow], order: Order) -> tuple[ClusterRow, ...]:
    by_name = sorted(clusters, key=lambda each: (each.name.casefold(), each.tc))
    if order.key == "cluster":
        return tuple(reversed(by_name) if order.descending else by_name)
    values = {id(each): _value(each, order.key) for each in by_name}
    known = [each for each in by_name if values[id(each)] is not None]
    sign = -1 if order.descending else 1
    known.sort(key=lambda each: sign * (values[id(each)] or Decimal(0)))
    return (*known, *(each for each in by_name if values[id(each)] is None))


def _value(row: ClusterRow, key: str) -> Decimal | None:
    if key == "rate":
        return row.rate
    if key == "revenue_per_customer":
        return row.revenue_per_customer
    # Of one total, shares stand in the order of the revenues.
    return Decimal({"customers": row.customers, "items": row.items}.get(key, row.revenue))


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
                "ticktext": ["<br>".join(map(plotly_text, _lines(_short(label)))) for _, label, _ in bars],
            },
        },
    }


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1].rstrip() + "…"


def _lines(label: str) -> tuple[str, ...]:
    """Two lines where one is long, as even as its words allow: on a phone the bars and their amounts need the room."""
    if len(label) <= _LINE:
        return (label,)
    breaks = [at for at in range(1, len(label)) if label[at - 1] in " _-/"]
    splits = [(label[:at].rstrip(), label[at:]) for at in breaks]
    return min(splits, key=lambda two: max(map(len, two)), default=(label,))


def labels(reader: Reader) -> dict[str, str]:
    """The table's columns, in order."""
    return {
        "cluster": reader.gettext("Cluster"),
        "customers": reader.gettext("Customers"),
        "items": reader.gettext("Items"),
        "revenue": reader.gettext("Revenue"),
        "revenue_per_customer": reader.gettext("Revenue per customer"),
        "share": reader.gettext("Share of revenue"),
        "rate": reader.gettext("Rate"),
        "interval": reader.gettext("Interval (95%)"),
    }


def _table(
    ranked: tuple[ClusterRow, ...],
    currency: str | None,
    reader: Reader,
    order: Order,
    link: Callable[[Order], str] | None,
) -> Table:
    columns = tuple(
        Column(
            key,
            label,
            numeric=key not in ("cluster", "interval"),
            href=link(order.by(key)) if link is not None and key in SORTS else None,
            sorted=("descending" if order.descending else "ascending") if link and key == order.key else None,
        )
        for key, label in labels(reader).items()
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
    each = row.revenue_per_customer
    rate, span = row.rate, row.interval
    return Row(
        row.tc,
        (
            Cell(row.name, note="" if row.listed else reader.gettext("not among the clusters that the package lists")),
            Cell(reader.count(row.customers), raw(row.customers)),
            Cell(reader.count(row.items), raw(row.items)),
            Cell(reader.money(row.revenue, currency), raw(row.revenue)),
            Cell(reader.money(each, currency), raw(each and round(each, 2))),
            _share(row.revenue, total, reader),
            Cell(reader.percent(rate), raw(rate and round(rate, _PLACES)), note=withheld(row, reader)),
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


def withheld(row: ClusterRow, reader: Reader) -> str:
    """Why there is no rate."""
    if row.rate is not None:
        return ""
    if row.base is None:
        return reader.gettext("size of the cluster not known")
    if row.base <= 0:
        return reader.gettext("nobody is in the cluster")
    if row.customers < 0:
        return reader.gettext("the platform counts fewer than no customers")
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
