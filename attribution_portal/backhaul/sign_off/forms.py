"""The forms by which a result is signed off and a sign-off is taken back."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from attribution_portal.backhaul.models import PollState, Review
from attribution_portal.backhaul.sign_off.reviews import Seen

LONGEST_NOTE: Final = 1000
INCOMPLETE: Final = _("This form is incomplete. Look at the result and send it again.")


class ReviewForm(forms.Form):
    """`token` admits it once, however often it is sent; `seen` is the result that it showed."""

    note = forms.CharField(
        label=_("Note (optional)"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Everybody who may see this package reads it."),
    )
    token = forms.UUIDField(widget=forms.HiddenInput, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE})
    seen = forms.CharField(widget=forms.HiddenInput, error_messages={"required": INCOMPLETE})

    def __init__(self, data: QueryDict | None = None, *, poll: PollState) -> None:
        """`poll`: what is there now, which an unbound form shows."""
        super().__init__(data, initial={"token": uuid4(), "seen": Seen.of(poll) or ""}, auto_id="review_%s")
        self._now = Seen.of(poll)

    def clean_seen(self) -> Seen:
        try:
            return Seen.parse(self.cleaned_data["seen"])
        except ValueError as error:
            raise ValidationError(INCOMPLETE) from error

    def is_whole(self) -> bool:
        """Valid; or what is wrong with its hidden parts is told at the top."""
        if self.is_valid():
            return True
        if "token" in self.errors or "seen" in self.errors:
            self.add_error(None, INCOMPLETE)
        return False

    def renew(self) -> None:
        """A new intent, about what is there now; the note stays as it was typed."""
        renewed = QueryDict(mutable=True)
        renewed.update(self.data)
        renewed["token"], renewed["seen"] = str(uuid4()), str(self._now or "")
        self.data = renewed


class WithdrawForm(forms.Form):
    """`review` names the sign-off, which can be taken back once: sent twice it changes nothing."""

    review = forms.IntegerField(
        min_value=1,
        max_value=2**63 - 1,
        widget=forms.HiddenInput,
        error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE},
    )
    note = forms.CharField(
        label=_("Why is it taken back?"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why the sign-off is taken back.")},
    )

    def __init__(self, data: QueryDict | None = None, *, review: Review | None) -> None:
        super().__init__(data, initial={"review": review.pk if review else None}, auto_id="withdraw_%s")

    def is_whole(self) -> bool:
        if self.is_valid():
            return True
        if "review" in self.errors:
            self.add_error(None, INCOMPLETE)
        return False
