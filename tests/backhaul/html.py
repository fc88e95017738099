"""What the tests read from a package's page."""

from __future__ import annotations

import html
import re
from decimal import Decimal


def panel(page: str, name: str) -> str:
    """One panel's markup."""
    found = re.search(rf'<section[^>]*data-panel="{name}".*?</section>', page, re.DOTALL)
    assert found is not None, name
    return found[0]


def text(markup: str) -> str:
    """Markup as it is read, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def evaluation(page: str) -> str:
    """The state that the evaluation panel names."""
    found = re.search(r'data-evaluation="(\w+)"', panel(page, "evaluation"))
    assert found is not None
    return found[1]


def kpis(markup: str) -> dict[str, str]:
    return dict(re.findall(r'data-kpi="(\w+)" value="([^"]*)"', markup))


def rows(page: str, table: str) -> list[str]:
    """The markup of a table's body rows."""
    body = re.search(rf'data-table="{table}".*?<tbody>(.*?)</tbody>', page, re.DOTALL)
    assert body is not None, table
    return re.findall(r"<tr.*?</tr>", body[1], re.DOTALL)


def numbers(page: str, table: str, column: int) -> list[Decimal]:
    """The raw values of one of a table's numeric columns."""
    return [Decimal(re.findall(r'class="num"[^>]*data-value="([^"]*)"', row)[column]) for row in rows(page, table)]


def token(page: str) -> str:
    """The one-time token of the settings form."""
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def field_error(page: str, name: str) -> str:
    """The words at a field, tied to it; "" when there are none."""
    found = re.search(rf'<p class="field-error" id="id_{name}_error">(.*?)</p>', page, re.DOTALL)
    if found is None:
        return ""
    control = re.search(rf'<(?:input|select)[^>]*name="{name}"[^>]*>', page)
    assert control is not None
    assert f"id_{name}_error" in control[0]
    return text(found[1])


def news_url(page: str) -> str | None:
    """Where an open page asks for news, None when it expects none."""
    found = re.search(r'hx-get="([^"]+)"', page)
    return html.unescape(found[1]) if found else None


def hidden(page: str, form: str) -> dict[str, str]:
    """The hidden fields of a form, as a browser sends them back."""
    found = re.search(rf'<form[^>]*data-form="{form}".*?</form>', page, re.DOTALL)
    assert found is not None, form
    inputs = re.findall(r'<input[^>]*type="hidden"[^>]*>', found[0])
    fields: dict[str, str] = {}
    for each in inputs:
        name, value = re.search(r'name="([^"]*)"', each), re.search(r'value="([^"]*)"', each)
        assert name is not None
        fields[name[1]] = html.unescape(value[1]) if value else ""
    return fields
