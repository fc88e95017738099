"""What one test leaves behind does not reach the next."""

from __future__ import annotations

import pytest
from django.utils import translation


@pytest.fixture(scope="module", autouse=True)
def _read_in_german() -> None:
    """In place before what is set up for each test: an earlier test's request of a German reader."""
    translation.activate("de")


def test_each_test_starts_in_the_portals_own_language() -> None:
    assert translation.get_language() == "en"
