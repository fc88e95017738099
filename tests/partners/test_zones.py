"""A partner's time zone: what nobody can store, and what a page does with one that is stored and not known any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from django.core.checks import Tags, run_checks
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from attribution_portal import zones
from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor, Kind, record
from attribution_portal.environment import Environment
from attribution_portal.members import invitations
from attribution_portal.partners.models import Membership, Partner, Role
from attribution_portal.partners.zones import offered
from attribution_portal.sandbox.app import Sandbox
from tests.addresses import ACME, PARTNER, Ids, whole
from tests.conftest import Partners
from tests.pages import Element, read
from tests.partners.lost_zone import lose

pytestmark = pytest.mark.django_db

ClientFor = Callable[..., Client]
GONE = "Asia/Atlantis"
NOTE = (
    "Days, dates and times are those of UTC. The portal does not know the time zone that was set for this partner, "
    f"{GONE}. Those who operate the portal can set another one."
)


# What neither knows, what PostgreSQL computes with although it is no name, what would climb out of the folder of zones.
NO_NAMES = (GONE, "europe/berlin", "UTC+1", "", "../../etc/passwd", "Europe", "localtime")
TOKEN = "a-token-of-twenty-letters"


@pytest.fixture
def mara_s(client_for: ClientFor, mara: User) -> Client:
    return client_for(mara)


@pytest.fixture
def ids(partners: Partners, bob: User, mara: User) -> Ids:
    invitation, _token = invitations.invite(
        partner=partners.acme,
        email="new@acme.example",
        role=Role.VIEWER,
        note="",
        language="en",
        user=mara,
        actor=Actor.portal(),
    )
    return {**ACME, "membership": Membership.objects.get(user=bob).pk, "invitation": invitation.pk}


def leave_out(name: str) -> None:
    """From the database's list of zones, as a machine without names of former times does; until the test is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE pg_timezone_names AS SELECT * FROM pg_catalog.pg_timezone_names WHERE name <> %s",
            [name],
        )


def metrics(settings: Settings) -> dict[str, float]:
    settings.METRICS_TOKEN = TOKEN
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    families = text_string_to_metric_families(answer.content.decode())
    return {each.name: each.value for family in families for each in family.samples}


def test_every_page_and_file_of_a_partner_whose_zone_nobody_knows_is_there_and_says_so(
    sandbox: Sandbox, partners: Partners, mara_s: Client, bob: User, ids: Ids
) -> None:
    lose(partners.acme)
    pages = 0
    for address in PARTNER:
        if address.get != 200:
            continue
        answer = whole(mara_s.get(address.at(ids)))
        assert answer.status_code == 200, address.name
        if answer["Content-Type"].startswith("text/html"):
            pages += 1
            page = read(answer).root
            assert page.one("div", class_="note-warning", role="status").text == NOTE, address.name
            # Nothing else is said to be of a zone that it is not of.
            assert answer.content.decode().count(GONE) == 1, address.name
    assert pages > 10


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_page_is_there_whatever_stands_in_place_of_a_zone(
    sandbox: Sandbox, partners: Partners, mara_s: Client, name: str
) -> None:
    lose(partners.acme, name)
    for path in ("/p/partner-id-acme/", "/p/partner-id-acme/packages/pkg_main/"):
        answer = mara_s.get(path)
        assert answer.status_code == 200
        assert read(answer).root.one("div", class_="note-warning").text == NOTE.replace(GONE, name)


def test_a_zone_that_is_known_is_not_spoken_of(sandbox: Sandbox, partners: Partners, mara_s: Client) -> None:
    assert read(mara_s.get("/p/partner-id-acme/")).root.all("div", class_="note-warning") == []


def test_times_are_those_of_utc_and_are_called_so(partners: Partners, mara_s: Client) -> None:
    """An entry of the trail at half past ten in the evening of UTC is of the next day in Berlin."""
    with time_machine.travel("2026-06-14T22:30:00Z", tick=False):
        record(kind=Kind.PARTNER_CONNECTED, actor=Actor.portal(), partner=partners.acme, target="x", title="x")

    def panel() -> Element:
        return read(mara_s.get("/p/partner-id-acme/activity/")).panel("activity")

    assert "15 Jun 2026, 00:30" in panel().text
    assert "Times are in the zone Europe/Berlin." in panel().text
    lose(partners.acme)
    assert "14 Jun 2026, 22:30" in panel().text
    assert "Times are in the zone UTC." in panel().text
    answer = mara_s.get("/p/partner-id-acme/activity.csv")
    file = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "2026-06-14T22:30:00+00:00" in file


def test_operators_see_it_in_the_list_on_the_page_and_among_the_metrics(
    partners: Partners, olga: User, client_for: ClientFor, settings: Settings
) -> None:
    operator = client_for(olga)
    assert metrics(settings)["portal_partners_without_zone"] == 0
    lose(partners.acme)
    lose(partners.sakura)
    said = "The portal does not know this time zone. Days, dates and times of this partner are those of UTC."
    rows = read(operator.get("/operate/partners/")).panel("partners")
    assert rows.one("tr", data_id="partner-id-acme").one("td", data_label="Time zone").text == (
        f"{GONE} Not known{said}"
    )
    assert rows.one("tr", data_id="fd4711").one("td", data_label="Time zone").text == "Europe/Berlin"
    page = read(operator.get("/operate/partners/partner-id-acme/")).root
    assert page.one("div", class_="note-failing").text == f"{GONE} {said}"
    assert metrics(settings)["portal_partners_without_zone"] == 2


def test_an_operator_heals_it(partners: Partners, olga: User, client_for: ClientFor, mara_s: Client) -> None:
    lose(partners.acme)
    operator = client_for(olga)
    form = {"zone": "Asia/Tokyo", "seen": GONE}
    assert operator.post("/operate/partners/partner-id-acme/zone/", form).status_code == 303
    assert read(operator.get("/operate/partners/partner-id-acme/")).root.all("div", class_="note-failing") == []
    assert read(mara_s.get("/p/partner-id-acme/activity/")).root.all("div", class_="note-warning") == []


def test_a_zone_that_only_the_database_does_not_know_keeps_its_days_and_operators_see_it(
    sandbox: Sandbox, partners: Partners, olga: User, client_for: ClientFor, mara_s: Client, settings: Settings
) -> None:
    Partner.objects.filter(pk=partners.acme.pk).update(timezone="US/Pacific")
    leave_out("US/Pacific")
    page = read(mara_s.get("/p/partner-id-acme/activity/"))
    assert page.root.all("div", class_="note-warning") == []
    assert "Times are in the zone US/Pacific." in page.panel("activity").text
    said = (
        "US/Pacific The database does not know this time zone. The partner's pages show its days, but whether results "
        "are final goes by those of UTC."
    )
    assert (
        read(client_for(olga).get("/operate/partners/partner-id-acme/")).root.one("div", class_="note-failing").text
        == said
    )
    assert metrics(settings)["portal_partners_without_zone"] == 1


def test_a_name_that_the_database_does_not_know_is_refused(
    partners: Partners, olga: User, client_for: ClientFor
) -> None:
    leave_out("US/Pacific")
    answer = client_for(olga).post(
        "/operate/partners/partner-id-acme/zone/", {"zone": "US/Pacific", "seen": "Europe/Berlin"}
    )
    assert answer.status_code == 422
    assert read(answer).root.one("form", data_form="zone").one(class_="field-error").text == (
        "The portal's database does not know the time zone US/Pacific. Old names are left out on some machines: enter "
        "the one in use today."
    )
    assert Partner.objects.get(pk=partners.acme.pk).timezone == "Europe/Berlin"


def test_a_name_in_other_capitals_is_refused_with_the_right_ones(
    partners: Partners, olga: User, client_for: ClientFor
) -> None:
    answer = client_for(olga).post(
        "/operate/partners/partner-id-acme/zone/", {"zone": "asia/tokyo", "seen": "Europe/Berlin"}
    )
    assert read(answer).root.one("form", data_form="zone").one(class_="field-error").text == (
        "Time zones are written exactly as in the list: Asia/Tokyo."
    )
    assert Partner.objects.get(pk=partners.acme.pk).timezone == "Europe/Berlin"


def test_every_name_that_is_offered_can_be_stored(partners: Partners) -> None:
    names = offered()
    assert len(names) > 400
    assert {"UTC", "Europe/Berlin", "Asia/Tokyo", "America/Argentina/Buenos_Aires"} <= set(names)
    for name in names:
        assert zones.zone(name) is not None
    for name in ("Asia/Kathmandu", "US/Pacific", "UTC", "Etc/GMT+5"):
        Partner.objects.filter(pk=partners.acme.pk).update(timezone=name)
        assert Partner.objects.get(pk=partners.acme.pk).zone.key == name


@pytest.mark.parametrize("name", [*NO_NAMES, "Factory", "posix/Europe/Berlin", "CEST", "Foo5"])
def test_the_database_stores_nothing_else(partners: Partners, name: str) -> None:
    with pytest.raises(IntegrityError, match="no time zone"), transaction.atomic():
        Partner.objects.filter(pk=partners.acme.pk).update(timezone=name)
    with pytest.raises(IntegrityError, match="no time zone"), transaction.atomic():
        Partner.objects.create(partner_id="partner-id-new", name="New", timezone=name)
    assert Partner.objects.get(pk=partners.acme.pk).timezone == "Europe/Berlin"
    assert not Partner.objects.filter(partner_id="partner-id-new").exists()


def test_a_partner_with_a_lost_zone_can_still_be_changed_otherwise(partners: Partners) -> None:
    lose(partners.acme)
    stored = Partner.objects.get(pk=partners.acme.pk)
    stored.name = "Another"
    stored.save()
    assert Partner.objects.values_list("name", "timezone").get(pk=stored.pk) == ("Another", GONE)


def test_a_default_that_the_database_does_not_know_is_told_before_anything_is_connected(
    sandbox: Sandbox, settings: Settings
) -> None:
    assert run_checks(tags=[Tags.database], databases=["default"]) == []
    settings.PLATFORM_USERNAME, settings.PLATFORM_PASSWORD = "portal@sandbox.example", "sandbox-demo-only"
    settings.PARTNER_TIME_ZONE = "US/Pacific"
    leave_out("US/Pacific")
    why = "PARTNER_TIME_ZONE: The portal's database does not know the time zone US/Pacific."
    (problem,) = run_checks(tags=[Tags.database], databases=["default"])
    assert problem.msg.startswith(why)
    assert problem.is_serious()
    with pytest.raises(CommandError, match=why):
        call_command("connect_partners")
    assert sandbox.log.all() == ()
    assert not Partner.objects.exists()


def test_a_worker_that_starts_asks_no_database_about_zones(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        assert run_checks() == []


@pytest.mark.parametrize(
    "name", ["Europe/Atlantis", "europe/berlin", "localtime", "Factory", "right/Europe/Berlin", ""]
)
def test_a_default_that_is_no_name_keeps_the_portal_from_starting(name: str) -> None:
    env = Environment({})
    env.check_zone("PARTNER_TIME_ZONE", name)
    assert env.problems == ["PARTNER_TIME_ZONE must be a time zone such as Europe/Berlin"]
