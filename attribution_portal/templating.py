"""The template library `portal` and its context processor.

Blocks and tags that draw what `panels`, `charts` and `glossary` describe, so that every page shows a number,
a state or an error in the same way. Tags that turn values into text use the page's `reader` (locale and
zone), which the context processor puts into every context.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from html import escape, unescape
from typing import TYPE_CHECKING

from django import template
from django.conf import settings
from django.forms import BoundField
from django.http import HttpRequest
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy

from attribution_portal import glossary, http
from attribution_portal.charts import theme
from attribution_portal.panels import Kpi, Panel, Text

if TYPE_CHECKING:
    from attribution_portal.charts import Cell, Chart, Column, Figure, Row, Table
    from attribution_portal.formats import Reader

register = template.Library()

ICON_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
ATTRIBUTE_NAME = re.compile(r"[a-z][a-z0-9_]*")

# Every badge has a sign of its own, so that none is told apart by colour alone.
BADGES = {
    "neutral": "",
    "active": "broadcast",
    "waiting": "hourglass-split",
    "provisional": "circle-half",
    "final": "check-circle-fill",
    "current": "check-circle",
    "failing": "exclamation-octagon-fill",
    "unknown": "question-circle-fill",
    "unchanged": "question-circle-fill",
    "none": "circle",
    "ended": "archive",
    "notice": "info-circle-fill",
}


def reader(request: HttpRequest) -> dict[str, object]:
    """Context processor: `reader`, made on first use because error and signed-out pages may need none."""
    return {"reader": SimpleLazyObject(lambda: http.reader(request))}


def _reader(context: Context) -> Reader:
    found: Reader = context["reader"]
    return found


def _render(context: Context, name: str, **values: object) -> SafeString:
    """An include's text. The current template knows its engine; outside of rendering there is no context to
    draw in."""
    assert context.template is not None  # noqa: S101
    with context.push(**values):
        return context.template.engine.get_template(name).render(context)


@register.simple_tag(takes_context=True)
def money(context: Context, value: Decimal | None, currency: str | None = None, *, trim: bool = False) -> str:
    return _reader(context).money(value, currency, trim=trim)


@register.simple_tag(takes_context=True)
def count(context: Context, value: int | Decimal | None) -> str:
    return _reader(context).count(value)


@register.simple_tag(takes_context=True)
def ratio(context: Context, value: Decimal | None) -> str:
    return _reader(context).ratio(value)


@register.simple_tag(takes_context=True)
def percent(context: Context, fraction: Decimal | None, digits: int = 1) -> str:
    return _reader(context).percent(fraction, digits)


@register.simple_tag(takes_context=True)
def change(context: Context, value: Decimal | None, currency: str | None = None) -> str:
    return _reader(context).change(value, currency)


@register.simple_tag(takes_context=True)
def day(context: Context, value: date | None, *, short: bool = False) -> SafeString | str:
    """A calendar day as `<time>`, or "—"."""
    if value is None:
        return "—"
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), _reader(context).day(value, short=short))


@register.simple_tag(takes_context=True)
def instant(context: Context, value: datetime | None) -> SafeString | str:
    """A moment in the reader's zone as `<time>`, or "—"."""
    if value is None:
        return "—"
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), _reader(context).instant(value))


@register.simple_tag(takes_context=True)
def ago(context: Context, value: datetime | None) -> SafeString | str:
    """How long ago, with the moment itself in the title; "—" when there is none."""
    if value is None:
        return "—"
    read = _reader(context)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        read.instant(value),
        read.ago(value, timezone.now()),
    )


@cache
def _drawing(name: str) -> str:
    """The inside of an icon's `<svg>`; the name is checked first, because it becomes part of a path."""
    if not ICON_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not an icon's name")
    path = settings.NODE_MODULES / "bootstrap-icons" / "icons" / f"{name}.svg"
    try:
        svg = path.read_text("utf-8")
    except FileNotFoundError:
        raise ValueError(f"there is no icon {name!r}") from None
    return re.sub(r"\s*\n\s*", "", svg[svg.index(">") + 1 : svg.rindex("</svg>")])


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A bootstrap icon, inlined. Decoration unless it has a label."""
    return _icon(name, f'role="img" aria-label="{escape(label)}"') if label else _decoration(name)


@cache
def _decoration(name: str) -> SafeString:
    """A page holds dozens of them."""
    return _icon(name, 'aria-hidden="true"')


def _icon(name: str, naming: str) -> SafeString:
    return mark_safe(  # noqa: S308 the icon set's own file, and an escaped label
        f'<svg class="icon" viewBox="0 0 16 16" width="16" height="16" fill="currentColor" {naming}>'
        f"{_drawing(name)}</svg>"
    )


@register.simple_tag
def badge(text: Text, kind: str = "neutral") -> SafeString:
    """A state in a word with its sign. A kind that is not known, such as a new word of the platform, is
    neutral."""
    if kind not in BADGES:
        kind = "neutral"
    sign = icon(BADGES[kind]) if BADGES[kind] else ""
    return format_html('<span class="state state-{}">{}<bdi>{}</bdi></span>', kind, sign, text)


CAMPAIGN_STATES: dict[str, tuple[Text, str]] = {
    "RUNNING": (gettext_lazy("Running"), "active"),
    "OPEN": (gettext_lazy("Open"), "none"),
    "PAUSED": (gettext_lazy("Paused"), "neutral"),
    "COMPLETED": (gettext_lazy("Completed"), "final"),
    "CLOSED": (gettext_lazy("Closed"), "final"),
    "IGNORED": (gettext_lazy("Ignored"), "neutral"),
}


@register.simple_tag
def campaign_badge(status: str) -> SafeString:
    """The platform's word for a campaign's state (§5, §7); a word that is not known stands as it came."""
    return badge(*CAMPAIGN_STATES.get(status.upper(), (status, "neutral")))


# A number that is read anew behind the page is nothing to worry about. Older than this, it could not be.
OLD = timedelta(minutes=15)


def _is_old(panel: Panel[object]) -> bool:
    return panel.stale and (panel.read_at is None or timezone.now() - panel.read_at > OLD)


class PanelNode(template.Node):
    child_nodelists = ("body", "otherwise")

    def __init__(
        self,
        panel: FilterExpression,
        options: dict[str, FilterExpression],
        body: NodeList,
        otherwise: NodeList,
    ) -> None:
        self.panel = panel
        self.options = options
        self.body = body
        self.otherwise = otherwise

    def render(self, context: Context) -> SafeString:
        panel: Panel[object] = self.panel.resolve(context)
        options = {name: value.resolve(context) for name, value in self.options.items()}
        title, level = options.pop("title"), options.pop("level", 2)
        attributes = [(name.replace("_", "-"), value) for name, value in options.items() if value not in (None, "")]
        with context.push(panel=panel, data=panel.data, definitions=Counter[str]()):
            inner = self.body if panel.state == "ready" else self.otherwise
            body = "" if panel.state == "loading" else inner.render(context)
            return _render(
                context,
                "includes/panel.html",
                title=title,
                level=level,
                attributes=attributes,
                body=body,
                old=_is_old(panel),
            )


@register.tag("panel")
def do_panel(parser: Parser, token: Token) -> PanelNode:
    """`{% panel p title=_("…") %} ready {% otherwise %} any other state {% endpanel %}`

    The body is rendered only when the panel is ready, with `data` and `panel` in its context; what follows
    `{% otherwise %}` stands under the sentence of an empty, failed or not-permitted panel. `level` is the
    heading's level; every other keyword becomes an attribute of the section (`data_evaluation`, `hx_get`, …).
    """
    name, *bits = token.split_contents()
    if not bits:
        raise template.TemplateSyntaxError("panel needs a Panel: {% panel p title=… %}")
    panel = parser.compile_filter(bits.pop(0))
    options = token_kwargs(bits, parser)
    if bits or "title" not in options or not all(map(ATTRIBUTE_NAME.fullmatch, options)):
        raise template.TemplateSyntaxError(f"{name} takes one Panel, title=… and keyword attributes")
    body = parser.parse(("otherwise", "endpanel"))
    otherwise = NodeList()
    if parser.next_token().contents == "otherwise":
        otherwise = parser.parse(("endpanel",))
        parser.delete_first_token()
    return PanelNode(panel, options, body, otherwise)


@register.simple_tag(takes_context=True)
def define(context: Context, key: str, label: str = "") -> SafeString:
    """The small "i" that opens the definition of a glossary term, without script, by click, key or touch.

    Written without a template, as are headline numbers: a page holds dozens."""
    entry = glossary.term(key)
    panel: Panel[object] | None = context.get("panel")
    place = f"{panel.name}-{key}" if panel else f"page-{key}"
    used: Counter[str] | None = context.get("definitions")
    if used is not None:
        used[place] += 1
        if used[place] > 1:
            place = f"{place}-{used[place]}"
    place = escape(place)
    question = gettext("What is “%(label)s”?") % {"label": label or entry.label}
    formula = f" <em>{escape(str(entry.formula))}</em>" if entry.formula else ""
    return mark_safe(  # noqa: S308 every text goes through escape
        f'<button type="button" class="define" popovertarget="define-{place}" aria-label="{escape(question)}">'
        f"{icon('info-circle')}</button>"
        f'<span class="definition" id="define-{place}" popover><strong>{escape(str(entry.label))}</strong> '
        f"<span>{escape(str(entry.definition))}</span>{formula}</span>"
    )


@register.simple_tag(takes_context=True)
def kpi(context: Context, number: Kpi) -> SafeString:
    """One headline number with its label, definition and note. The sign of the definition stays with the label's last
    word."""
    words, _space, last = str(number.label).rpartition(" ")
    sign = define(context, number.term or number.name, str(number.label))
    unit = f' <span class="kpi-unit">{escape(str(number.unit))}</span>' if number.unit else ""
    note = f'<dd class="kpi-note">{escape(str(number.note))}</dd>' if number.note else ""
    return mark_safe(  # noqa: S308 every text goes through escape
        f'<dl class="kpi-box"><dt>{escape(words)}{" " if words else ""}'
        f'<span class="unbroken">{escape(last)} {sign}</span></dt>'
        f'<dd class="kpi-number"><data class="kpi" data-kpi="{escape(number.name)}" value="{escape(number.raw)}">'
        f"{escape(number.shown)}</data>{unit}</dd>{note}</dl>"
    )


@register.simple_tag(takes_context=True)
def kpis(context: Context, numbers: Iterable[Kpi]) -> SafeString:
    """A strip of headline numbers."""
    boxes = mark_safe("".join(kpi(context, number) for number in numbers))  # noqa: S308 rendered above
    return format_html('<div class="kpis">{}</div>', boxes)


CHART_HEIGHTS = range(160, 961, 40)


@cache
def _templates() -> SafeString:
    """Both themes as JSON; they never change while the process lives."""
    return json_script(theme.templates(), "chart-templates", json.JSONEncoder)


@register.simple_tag
def chart_assets() -> SafeString:
    """For the `head` block of a page with charts: the library, run as soon as it is there, beside style sheets that
    are still on their way, and the colours that figures refer to."""
    return format_html(
        '<script async src="{}" fetchpriority="high" data-library></script>{}',
        static("vendor/plotly/plotly-basic.min.js"),
        _templates(),
    )


def _legend(figure: Figure) -> list[tuple[str, str]]:
    """Role and name of each series, for a legend in HTML: it wraps on a phone and is there before the picture.

    Empty when the figure wants none, or when a series has no role and only the library knows its colour."""
    if figure["layout"].get("showlegend") is False:
        return []
    named: list[tuple[str, str]] = []
    for trace in figure["data"]:
        match trace:
            case {"name": str(name), "meta": {"role": str(role)}}:
                named.append((role, unescape(name)))
            case _:
                return []
    return named


@register.simple_tag(takes_context=True)
def chart(context: Context, drawing: Chart, table: bool = True) -> SafeString:
    """A figure with its sentence, its place kept free, and, unless `table` is False, its numbers as a table.

    A figure with `layout.height` gets a place of that height (steps of 40 px); others 320 px, 240 px on a
    phone.
    """
    asked = drawing.figure["layout"].get("height")
    height = "" if asked is None else next((step for step in CHART_HEIGHTS if step >= asked), CHART_HEIGHTS[-1])
    return _render(
        context,
        "includes/chart.html",
        chart=drawing,
        height=height,
        legend=_legend(drawing.figure),
        figure=json_script(drawing.figure, f"chart-{drawing.id}-figure", json.JSONEncoder),
        table=data_table(context, drawing.table) if table else "",
    )


def _cell(cell: Cell, *, label: str, numeric: bool, heads: bool, provisional: str) -> str:
    shown = f'<bdi dir="auto">{escape(cell.shown)}</bdi>' if not numeric else escape(cell.shown)
    if cell.href:
        shown = f'<a href="{escape(cell.href)}">{shown}</a>'
    for remark in (cell.note, provisional):
        if remark:
            shown += f' <small class="remark">{escape(remark)}</small>'
    if numeric:
        return f'<td class="num" data-label="{label}" data-value="{escape(cell.raw or "")}">{shown}</td>'
    if heads:
        return f'<th scope="row" data-label="{label}">{shown}</th>'
    value = "" if cell.raw is None else f' data-value="{escape(cell.raw)}"'
    return f'<td data-label="{label}"{value}>{shown}</td>'


def _head(column: Column) -> str:
    label = escape(column.label)
    if column.href is not None:
        label = f'<a href="{escape(column.href)}">{label}</a>'
    number = ' class="num"' if column.numeric else ""
    order = f' aria-sort="{column.sorted}"' if column.sorted else ""
    return f'<th scope="col"{number}{order}>{label}</th>'


def _row(row: Row, columns: list[tuple[str, bool]], provisional: str, anchor: str = "") -> str:
    cells = "".join(
        _cell(
            cell,
            label=label,
            numeric=numeric,
            heads=index == 0,
            provisional=provisional if index == 0 else "",
        )
        for index, (cell, (label, numeric)) in enumerate(zip(row.cells, columns, strict=True))
    )
    css = ' class="is-provisional"' if row.provisional else ""
    address = f' id="{escape(anchor + row.id)}"' if anchor else ""
    return f'<tr{address} data-id="{escape(row.id)}"{css}>{cells}</tr>'


@register.simple_tag(takes_context=True)
def data_table(context: Context, table: Table, caption: str = "", *, anchors: bool = False) -> SafeString:
    """A `<table data-table>`; its rows become cards where the panel is narrow.

    Written without templates: a year of days is two thousand cells, and the page waits for them. Its name is
    the caption or, without one, the title of the panel around it. With `anchors` a row can be linked to, at
    `#NAME-ID`.
    """
    panel: Panel[object] | None = context.get("panel")
    columns = [(escape(column.label), column.numeric) for column in table.columns]
    naming = f' aria-labelledby="panel-{escape(panel.name)}-title"' if panel and not caption else ""
    title = f'<caption class="visually-hidden">{escape(caption)}</caption>' if caption else ""
    heads = "".join(_head(column) for column in table.columns)
    word = gettext("provisional")
    anchor = f"{table.name}-" if anchors else ""
    rows = "".join(_row(row, columns, word if row.provisional else "", anchor) for row in table.rows)
    totals = f"<tfoot>{_row(table.totals, columns, '')}</tfoot>" if table.totals else ""
    return mark_safe(  # noqa: S308 every text above went through escape
        f'<table class="data" data-table="{escape(table.name)}"{naming}>'
        f"{title}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>{totals}</table>"
    )


WIDGET_CLASSES = {"checkbox": "form-check-input", "select": "form-select"}


@register.simple_tag(takes_context=True)
def field(context: Context, bound: BoundField, label: str = "") -> SafeString:
    """A form field: label, control, help and errors, the last two tied to the control for those who cannot
    see them."""
    kind = getattr(bound.field.widget, "input_type", "text")
    identity = bound.auto_id or bound.html_name
    described = [f"{identity}_{part}" for part in ("help", "error") if _has(bound, part)]
    css = WIDGET_CLASSES.get(kind, "form-control")
    attributes: dict[str, str | bool] = {"class": f"{css} is-invalid" if bound.errors else css}
    # The label is always in sight; a placeholder would only repeat it, and vanish at the first letter.
    attributes["placeholder"] = False
    if bound.errors and not bound.form.non_field_errors():
        # The form may lie far down its page: what went wrong is where the reader is.
        attributes["autofocus"] = bound.name == next(each.name for each in bound.form.visible_fields() if each.errors)
    if described:
        attributes["aria-describedby"] = " ".join(described)
    return _render(
        context,
        "includes/field.html",
        field=bound,
        kind=kind,
        label=label or bound.label,
        identity=identity,
        # A group is drawn choice by choice.
        control="" if bound.use_fieldset else bound.as_widget(attrs=attributes),
    )


def _has(bound: BoundField, part: str) -> bool:
    return bool(bound.help_text if part == "help" else bound.errors)
