"""Words for what the platform says in capitals."""

from __future__ import annotations

import gettext
from zoneinfo import ZoneInfo

import pytest

from attribution_portal.backhaul import wording
from attribution_portal.formats import Reader

NONE = gettext.NullTranslations()
READER = Reader(locale="en", zone=ZoneInfo("Europe/Berlin"), gettext=NONE.gettext, ngettext=NONE.ngettext)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("INITIALIZING", "Package being started"),
        ("INPROGRESS", "Package being built"),
        ("DONE", "Package ready"),
        ("FAILED", "Package failed"),
        ("EXPIRED", "Package expired"),
        ("PAUSED_BY_US", "PAUSED_BY_US"),
        ("", ""),
    ],
)
def test_a_status_is_said_in_words_and_an_unknown_one_as_it_came(status: str, words: str) -> None:
    assert wording.package_status(status, READER) == words
