"""The form of an event's attribution model. Nothing is chosen beforehand, so that nobody overwrites by accident a value
that the portal does not know."""

from __future__ import annotations

from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attribution_portal.adjustments.forms import TokenField
from attribution_portal.credit import MODELS, Credit


class ModelForm(forms.Form):
    """`seen`: the event's own model when the form was made, "" for none; what differs by the time it is sent was
    changed by somebody else."""

    model = forms.ChoiceField(
        label=gettext_lazy("Change it to"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose a model."),
            "invalid_choice": gettext_lazy("Choose one of the three models: the portal cannot set this one."),
        },
    )
    seen = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    token = TokenField()

    def __init__(self, data: QueryDict | None = None, *, own: str | None) -> None:
        super().__init__(data, initial={"seen": own or ""}, auto_id="event_model_%s")
        model = self.fields["model"]
        assert isinstance(model, forms.ChoiceField)  # noqa: S101
        model.choices = [(name, _label(name)) for name in MODELS]

    def anew(self, own: str | None) -> None:
        """Another try on what is there now."""
        renewed = QueryDict(mutable=True)
        renewed.update(self.data)
        renewed["seen"], renewed["token"] = own or "", str(uuid4())
        self.data = renewed


def _label(model: str) -> str:
    chosen = Credit(model, "own")
    return _("%(name)s (%(model)s). %(sentence)s") % {
        "name": chosen.name,
        "model": model,
        "sentence": chosen.sentence,
    }
