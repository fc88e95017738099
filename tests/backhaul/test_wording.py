"""Words for what the platform says in capitals."""

from __future__ import annotations

import gettext
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from attribution_portal.backhaul import wording
from attribution_portal.formats import Reader
from attribution_portal.platform_api.payloads import AttributionSettings

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


@pytest.mark.parametrize(
    ("window", "sentence"),
    [
        (
            14,
            "Counts, from 1 June to 15 June 2026, what the model “BY_MOON” counts, which this portal does not know.",
        ),
        (0, "Counts, on 1 June 2026, what the model “BY_MOON” counts, which this portal does not know."),
        (
            None,
            "Counts what the model “BY_MOON” counts, which this portal does not know. The length of the window is not "
            "set.",
        ),
    ],
)
def test_a_model_that_is_not_known_is_said_with_its_window(window: int | None, sentence: str) -> None:
    settings = AttributionSettings(model="BY_MOON", window=window, email_sent_date=date(2026, 6, 1))
    assert wording.settings_sentence(settings, events=6, reader=READER) == sentence
