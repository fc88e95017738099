"""What a page is made of: panels, each in one of five designed states, and headline numbers.

A report builds them from readings and errors; the template library `portal` draws them.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from attribution_portal.platform_api.errors import NotPermitted, PlatformError
from attribution_portal.platform_api.payloads import Reading

T = TypeVar("T")
Text = str | Promise
State = Literal["ready", "empty", "failed", "loading", "not-permitted"]

logger = logging.getLogger(__name__)

NOTHING_YET = _("There is nothing here yet.")


@dataclass(frozen=True, slots=True)
class Panel(Generic[T]):
    """One `<section data-panel>`. `data` is set when the state is `ready` or `empty`, None otherwise.

    caption: what is counted and in which zone; the template adds as of when, from `read_at`.
    stale: the value is past its age, or the last one known while the platform is away.
    failing: it is the last one known, and reading it anew fails.
    sentence: what a person reads instead of the body; reference: what they quote to support; retry: URL or
    "".
    """

    name: str
    state: State
    data: T | None = None
    caption: Text = ""
    read_at: datetime | None = None
    stale: bool = False
    failing: bool = False
    sentence: Text = ""
    reference: str = ""
    retry: str = ""

    @classmethod
    def of(
        cls,
        name: str,
        outcome: Reading[T] | PlatformError,
        *,
        caption: Text = "",
        empty: Text = "",
        is_empty: Callable[[T], bool] | None = None,
        retry: str = "",
    ) -> Panel[T]:
        """The panel that tells how a call went.

        A reading is `empty` when `is_empty` says so or, without it, when its value is None or an empty tuple;
        `empty` is the sentence then. An error that is not a lack of permission fails the panel, with the
        platform's request id as the reference, or one made up here and written to the log beside the error.
        """
        if isinstance(outcome, NotPermitted):
            return cls(name, "not-permitted", caption=caption, sentence=outcome.sentence)
        if isinstance(outcome, PlatformError):
            reference = outcome.request_id or secrets.token_hex(4)
            logger.warning("panel %s failed, reference %s: %s", name, reference, outcome)
            return cls(name, "failed", caption=caption, sentence=outcome.sentence, reference=reference, retry=retry)
        value = outcome.value
        nothing = is_empty(value) if is_empty is not None else value is None or value == ()
        return cls(
            name,
            "empty" if nothing else "ready",
            data=value,
            caption=caption,
            read_at=outcome.read_at,
            stale=outcome.stale,
            sentence=(empty or NOTHING_YET) if nothing else "",
        )


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in a word. `kind` is one of the kinds that `{% badge %}` draws."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Kpi:
    """A headline number. `raw` is the plain decimal, "" when unknown; `shown` is in the reader's locale, "—" when
    unknown, and `note` then says why. `term` is its key in the glossary, the name when empty; `measure` is what the
    number is, as `formats` tells measures apart."""

    name: str
    label: Text
    raw: str
    shown: str
    unit: Text = ""
    note: Text = ""
    term: str = ""
    measure: str = ""
