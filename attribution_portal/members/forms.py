"""The forms about members, and the one by which an invited person makes an account."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from attribution_portal.accounts.addresses import AddressField
from attribution_portal.accounts.forms import NEW_PASSWORD_HELP
from attribution_portal.accounts.models import User
from attribution_portal.members.models import NOTE_LENGTH
from attribution_portal.members.typed import check_plain, line
from attribution_portal.partners.models import Role

CHOOSE_ROLE = _("Choose one of the roles in the list.")


class InvitedAddressField(AddressField):
    """Somebody else's address, typed or pasted."""

    def to_python(self, value: object) -> str:
        text = super().to_python(value) or ""
        check_plain(text)
        return text


class LineField(forms.CharField):
    """One line without anything that cannot be seen."""

    def to_python(self, value: object) -> str:
        return line(super().to_python(value) or "")


class InviteForm(forms.Form):
    email = InvitedAddressField(
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Enter the address of the person to invite.")},
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=Role.choices,
        initial=Role.VIEWER,
        error_messages={"required": CHOOSE_ROLE, "invalid_choice": CHOOSE_ROLE},
    )
    language = forms.ChoiceField(
        label=_("Language of the mail"),
        choices=settings.LANGUAGES,
        error_messages={"invalid_choice": _("Choose one of the languages in the list.")},
        required=False,
    )
    note = LineField(
        label=_("Note"),
        required=False,
        max_length=NOTE_LENGTH,
        help_text=_("Stands in the mail. May stay empty."),
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"language": get_language()})
        # The invitation's form stands on a page with others.
        self.auto_id = "invite_%s"

    def clean_language(self) -> str:
        chosen: str = self.cleaned_data["language"]
        return chosen or get_language() or settings.LANGUAGE_CODE


class RoleForm(forms.Form):
    """`seen` is the role that stood there when the person decided."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=Role.choices,
        error_messages={"required": CHOOSE_ROLE, "invalid_choice": CHOOSE_ROLE},
    )
    seen = forms.ChoiceField(choices=Role.choices, widget=forms.HiddenInput)


class RemoveForm(forms.Form):
    seen = forms.ChoiceField(choices=Role.choices, widget=forms.HiddenInput)


class MfaRuleForm(forms.Form):
    """`seen` is "on" or "off", whichever stood there when the person decided; `wanted` is what they decided."""

    STATES = (("on", "on"), ("off", "off"))

    seen = forms.ChoiceField(choices=STATES, widget=forms.HiddenInput)
    wanted = forms.ChoiceField(choices=STATES, widget=forms.HiddenInput)


class JoinForm(forms.Form):
    """An account for the invited address, which is not asked for: the link stands for it."""

    name = LineField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("As your colleagues know you."),
        error_messages={"required": _("Enter your name.")},
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=NEW_PASSWORD_HELP,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("Choose a password.")},
    )
    again = forms.CharField(
        label=_("Password, once more"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("Enter the password again.")},
    )

    def __init__(self, data: QueryDict | None = None, *, email: str) -> None:
        super().__init__(data)
        self.email = email

    def clean(self) -> dict[str, object]:
        password, again = self.cleaned_data.get("password"), self.cleaned_data.get("again")
        if password is None:
            return self.cleaned_data
        if again is not None and again != password:
            self.add_error("again", _("The two passwords differ."))
        try:
            validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
        except ValidationError as error:
            self.add_error("password", error)
        return self.cleaned_data
