"""Form controls without templates: what Django's widget templates say, written at once.

A page with four forms holds dozens of controls, of which Django draws each with two to five templates. A control that
is not known here is drawn by its template as before. `tests/test_controls.py` holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any, Final

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.safestring import SafeData

Widget = Mapping[str, Any]

INPUTS: Final = ("input", "text", "number", "email", "url", "password", "hidden", "checkbox", "date")


class Renderer(TemplatesSetting):
    """Django's, with short cuts."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        write = WRITERS.get(template_name)
        if write is None or request is not None:
            return super().render(template_name, context, request)
        return write(context["widget"])


def _input(widget: Widget) -> str:
    value = widget["value"]
    said = "" if value is None else f' value="{_text(value)}"'
    return f'<input type="{_text(widget["type"])}" name="{_text(widget["name"])}"{said}{_attributes(widget)}>'


def _input_option(widget: Widget) -> str:
    """One radio button or box of several, with its label around it where the widget wants one."""
    if not widget.get("wrap_label"):
        return _input(widget)
    identity = widget["attrs"].get("id")
    naming = f' for="{_text(identity)}"' if identity else ""
    return f"<label{naming}>{_input(widget)}\n {_text(widget['label'])}</label>"


def _select(widget: Widget) -> str:
    groups = "".join(
        f'\n  <optgroup label="{_text(name)}">{_options(options)}\n  </optgroup>' if name else _options(options)
        for name, options, _index in widget["optgroups"]
    )
    return f'<select name="{_text(widget["name"])}"{_attributes(widget)}>{groups}\n</select>'


def _options(options: list[Widget]) -> str:
    return "".join(
        f'\n  <option value="{_text(option["value"])}"{_attributes(option)}>{_text(option["label"])}</option>\n'
        for option in options
    )


def _textarea(widget: Widget) -> str:
    value = _text(widget["value"]) if widget["value"] else ""
    return f'<textarea name="{_text(widget["name"])}"{_attributes(widget)}>\n{value}</textarea>'


def _attributes(widget: Widget) -> str:
    return "".join(
        f" {_text(name)}" if value is True else f' {_text(name)}="{_text(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def _text(value: object) -> str:
    return str(value) if isinstance(value, SafeData) else escape(str(value))


WRITERS: Final[dict[str, Callable[[Widget], str]]] = {
    **{f"django/forms/widgets/{name}.html": _input for name in INPUTS},
    "django/forms/widgets/radio_option.html": _input_option,
    "django/forms/widgets/checkbox_option.html": _input_option,
    "django/forms/widgets/select.html": _select,
    "django/forms/widgets/textarea.html": _textarea,
}
