"""What a reader of the audit trail asks for: the query string parsed, as a link, and as a condition on events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from attribution_portal.audit.kinds import GROUPS, Group
from attribution_portal.query import DAYS, DaysForm

if TYPE_CHECKING:
    from uuid import UUID

    from django_stubs_ext import StrOrPromise

LONGEST_TEXT: Final = 200
# The person of an event that nobody signed in did.
NOBODY: Final = "-"
NO_SUCH_ENTRY: Final = _("There is no such entry, so these are the newest.")


@dataclass(frozen=True, slots=True)
class Filters:
    """Days are whole ones of `zone`, both included. `person`: an e-mail address, who did it or whom it is about, or
    NOBODY. Nothing set means everything."""

    zone: ZoneInfo
    q: str = ""
    person: str = ""
    group: Group | None = None
    start: date | None = None
    end: date | None = None

    @property
    def set(self) -> dict[str, str]:
        """The filters in force, by query parameter."""
        given = {
            "q": self.q,
            "person": self.person,
            "kind": self.group.value if self.group else "",
            "from": self.start.isoformat() if self.start else "",
            "to": self.end.isoformat() if self.end else "",
        }
        return {name: value for name, value in given.items() if value}

    @property
    def text(self) -> str:
        """The filters in force in one line, for the record."""
        return " ".join(f"{name}={value}" for name, value in self.set.items())

    def address(self, path: str, **cursor: str) -> str:
        query = urlencode(self.set | cursor)
        return f"{path}?{query}" if query else path

    @property
    def condition(self) -> Q:
        found = Q()
        if self.q:
            for column in ("target", "title", "reason", "platform_request"):
                found |= Q(**{f"{column}__icontains": self.q})
        if self.person == NOBODY:
            found &= Q(email="")
        elif self.person:
            found &= Q(email=self.person) | Q(target=self.person)
        if self.group:
            found &= Q(kind__in=GROUPS[self.group])
        if self.start:
            found &= Q(at__gte=self._midnight(self.start))
        if self.end:
            found &= Q(at__lt=self._midnight(self.end + timedelta(days=1)))
        return found

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)


def _text(refusal: StrOrPromise) -> forms.CharField:
    return forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        error_messages={
            "max_length": _("At most 200 characters can be searched for, so this is not used."),
            "null_characters_not_allowed": refusal,
        },
    )


def _cursor() -> forms.UUIDField:
    return forms.UUIDField(required=False, error_messages={"invalid": NO_SUCH_ENTRY})


class FiltersForm(DaysForm):
    """Never refuses a page: what cannot be used is left out of `filters`, with words in `notes`."""

    parameters = {**DAYS, "group": "kind"}

    q = _text(_("This holds characters that no entry has, so it is not used."))
    person = _text(_("This holds characters that no address has, so it is not used."))
    group = forms.ChoiceField(
        required=False,
        choices=Group.choices,
        error_messages={"invalid_choice": _("There is no such kind of entry, so all kinds are shown.")},
    )
    # The entry that the page begins after, going back in time or forward.
    before = _cursor()
    after = _cursor()

    def __init__(self, query: QueryDict, *, zone: ZoneInfo) -> None:
        super().__init__(query)
        self.zone = zone

    @property
    def filters(self) -> Filters:
        self.is_valid()
        cleaned = self.cleaned_data
        group = cleaned.get("group")
        return Filters(
            zone=self.zone,
            q=cleaned.get("q") or "",
            person=cleaned.get("person") or "",
            group=Group(group) if group else None,
            start=cleaned.get("start"),
            end=cleaned.get("end"),
        )

    @property
    def cursor(self) -> tuple[Literal["before", "after"], UUID] | None:
        self.is_valid()
        if before := self.cleaned_data.get("before"):
            return "before", before
        if after := self.cleaned_data.get("after"):
            return "after", after
        return None
