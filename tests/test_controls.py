"""Controls written without templates say to the letter what Django's templates say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from attribution_portal import controls

CHOICES = [("", "---"), ("a<b", 'Say "hello" & go'), ("2", gettext_lazy("Log in")), (3, "three")]
GROUPS = [("One & two", [("1", "one"), ("2", "<two>")]), ("3", "three")]
NASTY = "<script>\"x\" & 'y'</script>"
WIDGETS = (
    forms.TextInput(),
    forms.TextInput(attrs={"class": "form-control is-invalid", "required": True, "autofocus": False, "maxlength": 500}),
    forms.TextInput(attrs={"placeholder": gettext_lazy("Log in"), "data-x": NASTY, "title": mark_safe("a&amp;b")}),
    forms.NumberInput(attrs={"step": "any", "min": 0}),
    forms.EmailInput(),
    forms.URLInput(),
    forms.PasswordInput(),
    forms.PasswordInput(render_value=True),
    forms.HiddenInput(),
    forms.DateInput(attrs={"type": "date"}),
    forms.CheckboxInput(),
    forms.Textarea(attrs={"rows": 3}),
    forms.Select(choices=CHOICES),
    forms.Select(choices=GROUPS, attrs={"class": "form-select", "required": True}),
    forms.RadioSelect(choices=CHOICES),
    forms.CheckboxSelectMultiple(choices=CHOICES),
    forms.SelectMultiple(choices=CHOICES),
)
VALUES = (
    None,
    "",
    "a<b",
    "2",
    3,
    1234567,
    Decimal("0.50"),
    date(2026, 6, 1),
    NASTY,
    mark_safe("<b>"),
    True,
    ("1", "2"),
)


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
@pytest.mark.parametrize("identity", [{}, {"id": "id_name"}], ids=["nameless", "with an id"])
def test_every_control_is_what_its_template_says(widget: forms.Widget, identity: dict[str, str]) -> None:
    for value in VALUES:
        drawn = [
            widget.render("a&name", value, identity, renderer()) for renderer in (controls.Renderer, TemplatesSetting)
        ]
        assert drawn[0] == drawn[1]


@pytest.mark.parametrize("widget", [forms.RadioSelect, forms.CheckboxSelectMultiple])
def test_a_choice_drawn_by_itself_is_what_its_template_says(widget: type[forms.RadioSelect]) -> None:
    def tags(renderer: TemplatesSetting) -> list[tuple[str, str]]:
        class Asking(forms.Form):
            name: Any = forms.MultipleChoiceField(choices=CHOICES, widget=widget, initial=["2"])

        Asking.default_renderer = renderer
        return [(choice.tag(), choice.tag(wrap_label=True)) for choice in Asking()["name"]]

    drawn = tags(controls.Renderer())
    assert drawn == tags(TemplatesSetting())
    assert len(drawn) == len(CHOICES)


def test_the_portal_draws_its_controls_so() -> None:
    class Asking(forms.Form):
        name = forms.CharField()

    assert isinstance(Asking().renderer, controls.Renderer)
