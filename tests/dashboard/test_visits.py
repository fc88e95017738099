"""Where one visit ends and the next begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from attribution_portal.accounts.models import User
from attribution_portal.dashboard import visits
from attribution_portal.dashboard.models import Visit
from tests.conftest import Partners

pytestmark = pytest.mark.django_db

START = datetime(2026, 6, 15, 10, tzinfo=UTC)


def minutes(number: float) -> datetime:
    return START + timedelta(minutes=number)


def test_the_first_visit_has_none_before_it_however_often_somebody_looks(partners: Partners, alice: User) -> None:
    for at in (0, 10, 39, 60):
        assert visits.look(user=alice, partner=partners.acme, now=minutes(at)) is None


def test_a_pause_of_half_an_hour_ends_a_visit_at_its_last_look(partners: Partners, alice: User) -> None:
    visits.look(user=alice, partner=partners.acme, now=minutes(0))
    visits.look(user=alice, partner=partners.acme, now=minutes(29))
    assert visits.look(user=alice, partner=partners.acme, now=minutes(59)) == minutes(29)
    # A reload goes on with the same visit, and so does a long look round.
    assert visits.look(user=alice, partner=partners.acme, now=minutes(60)) == minutes(29)
    assert visits.look(user=alice, partner=partners.acme, now=minutes(89.9)) == minutes(29)
    assert visits.look(user=alice, partner=partners.acme, now=minutes(120)) == minutes(89.9)


def test_a_clock_that_goes_back_moves_nothing(partners: Partners, alice: User) -> None:
    visits.look(user=alice, partner=partners.acme, now=minutes(0))
    assert visits.look(user=alice, partner=partners.acme, now=minutes(-50)) is None
    assert Visit.objects.get().seen_at == minutes(0)


def test_each_person_has_a_visit_of_their_own_at_each_partner(partners: Partners, alice: User, mara: User) -> None:
    visits.look(user=mara, partner=partners.acme, now=minutes(0))
    visits.look(user=mara, partner=partners.sakura, now=minutes(10))
    visits.look(user=alice, partner=partners.acme, now=minutes(20))
    assert visits.look(user=mara, partner=partners.acme, now=minutes(100)) == minutes(0)
    assert visits.look(user=mara, partner=partners.sakura, now=minutes(100)) == minutes(10)
    assert visits.look(user=alice, partner=partners.acme, now=minutes(100)) == minutes(20)
