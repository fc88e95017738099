"""The rows of the list of adjustments, written without a template: an event may have hundreds, each with a form."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from attribution_portal.adjustments.panel import Line, Listing
from attribution_portal.charts import Cell

register = template.Library()


@register.simple_tag(takes_context=True)
def adjustment_rows(context: Context, listing: Listing) -> SafeString:
    """`<tr>` for each line: its cells and, where the reader may change something, the form that deletes it."""
    labels = [escape(label) for label, _number in listing.labels]
    word = _("Being deleted")
    going = f' <small class="remark">{escape(word)}</small>'
    delete = _DeleteForm(listing, csrf_token=str(context["csrf_token"])) if listing.may_change else None
    return mark_safe(  # noqa: S308 every text above and below goes through escape
        "".join(
            f'<tr id="adjustments-{(identity := escape(line.id))}" data-id="{identity}">'
            f"{_cells(line.cells, labels, going if line.going else '')}"
            f"{delete.cell(number, line, identity) if delete else ''}</tr>\n"
            for number, line in enumerate(listing.lines, start=1)
        )
    )


def _cells(cells: Sequence[tuple[str, bool, Cell]], labels: Sequence[str], going: str) -> str:
    (_label, _number, head), *others = cells
    return f'<th scope="row" data-label="{labels[0]}"><bdi dir="auto">{escape(head.shown)}</bdi>{going}</th>' + "".join(
        f'<td class="num" data-label="{label}" data-value="{escape(cell.raw or "")}">{escape(cell.shown)}</td>'
        if numeric
        else f'<td data-label="{label}"><bdi dir="auto">{escape(cell.shown)}</bdi>{_remark(cell)}</td>'
        for label, (_label, numeric, cell) in zip(labels[1:], others, strict=True)
    )


def _remark(cell: Cell) -> str:
    return f' <small class="remark">{escape(cell.note)}</small>' if cell.note else ""


class _DeleteForm:
    """What is the same in every row's form is put together once."""

    def __init__(self, listing: Listing, *, csrf_token: str) -> None:
        self._word = escape(_("Delete"))
        self._opening = (
            f'<form data-form="delete-adjustment" method="post" action="{escape(listing.address)}delete/">'
            f'<input type="hidden" name="csrfmiddlewaretoken" value="{escape(csrf_token)}">'
            f'<input type="hidden" name="origin" value="{escape(listing.origin)}">'
        )
        self._reason = escape(_("Reason"))
        button = _("Delete adjustment")
        self._closing = f'<button type="submit" class="btn btn-danger">{escape(button)}</button></form>'

    def cell(self, number: int, line: Line, identity: str) -> str:
        if line.token is None:
            return '<td class="row-action full"></td>'
        return (
            '<td class="row-action full"><details class="row-form">'
            f'<summary class="btn btn-quiet" aria-label="{escape(line.named)}">{self._word}</summary>{self._opening}'
            f'<input type="hidden" name="token" value="{line.token}">'
            f'<input type="hidden" name="id" value="{identity}">'
            f'<label for="delete-{number}">{self._reason}</label>'
            f'<input class="form-control" id="delete-{number}" name="reason" maxlength="500" required>'
            f"{self._closing}</details></td>"
        )
