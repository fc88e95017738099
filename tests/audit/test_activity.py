"""The activity page: who did what at a partner, and at the portal for those who operate it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.utils.translation import override

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Actor, Kind, Outcome, record
from attribution_portal.partners.models import Partner, Role
from tests.conftest import Partners
from tests.pages import Shown, read

ClientFor = Callable[..., Client]
AT = datetime(2026, 6, 15, 21, 30, tzinfo=UTC)
ACME = "/p/partner-id-acme/activity/"


@pytest.fixture
def clock() -> time_machine.Coordinates:
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


def person(user: User) -> Actor:
    return Actor(user, user.email, "203.0.113.7", "0123456789abcdef")


def activity(client: Client, query: str = "", path: str = ACME) -> Shown:
    answer = client.get(path + query)
    assert answer.status_code == 200
    return read(answer)


def cells(page: Shown, event: AuditEvent) -> dict[str, str]:
    row = page.table("activity").one("tr", data_id=str(event.pk))
    return {cell["data-label"]: cell.text for cell in row.children if not isinstance(cell, str)}


def test_an_entry_says_who_did_what_on_what_and_how_it_went(
    alice: User, partners: Partners, client_for: ClientFor, clock: object
) -> None:
    made = record(
        kind=Kind.ADJUSTMENT_CREATED,
        actor=person(alice),
        partner=partners.acme,
        target="evt_closed",
        title="Concert at Olympiahalle",
        before={"purchases": 0, "revenue": "0"},
        after={"purchases": 1470, "revenue": "6615.5", "currency": "EUR", "source": None},
        reason="Box office",
        outcome=Outcome.UNKNOWN,
        platform_request="req-77",
    )
    page = activity(client_for(alice))
    assert page.states() == {"activity": "ready"}
    assert cells(page, made) == {
        "What": "New adjustment Concert at Olympiahalle evt_closed",
        "Values and reason": (
            "Purchases: 0 →becomes 1,470Revenue: €0.00 →becomes €6,615.50Currency: EURsource: —Box office"
        ),
        "Who": "alice@acme.example203.0.113.7 · session 0123456789abcdef",
        "Outcome": "not knownPlatform's request req-77",
        "When": "15 Jun 2026, 23:30",
    }
    link = page.table("activity").one("tbody").one("a")
    assert link["href"] == "/p/partner-id-acme/events/evt_closed/"
    assert "Europe/Berlin" in page.panel("activity").text


def test_an_intent_says_what_became_of_it(
    alice: User, partners: Partners, client_for: ClientFor, clock: time_machine.Coordinates
) -> None:
    def intend() -> AuditEvent:
        return record(
            kind=Kind.SETTINGS_CHANGED,
            actor=person(alice),
            partner=partners.acme,
            target="pkg_main",
            outcome=Outcome.INTENDED,
        )

    done, lost = intend(), intend()
    record(kind=Kind.SETTINGS_CHANGED, actor=person(alice), partner=partners.acme, target="pkg_main", of=done)
    page = activity(client_for(alice))
    assert cells(page, done)["Outcome"] == "intendedOutcome: done"
    assert cells(page, lost)["Outcome"] == "intendedNo outcome on record yet"
    assert {link["href"] for link in page.table("activity").one("tbody").all("a")} == {
        "/p/partner-id-acme/packages/pkg_main/"
    }


def test_who_did_it_has_words_also_where_it_was_no_person(
    alice: User, partners: Partners, client_for: ClientFor
) -> None:
    actors = {
        "manage.py add_member": Actor.command("add_member"),
        "The portal itself": Actor.portal(),
        "Somebody signed out198.51.100.1": Actor(None, "", "198.51.100.1"),
    }
    made = {
        who: record(kind=Kind.MEMBER_ADDED, actor=actor, partner=partners.acme, target="new@acme.example")
        for who, actor in actors.items()
    }
    page = activity(client_for(alice))
    assert {who: cells(page, event)["Who"] for who, event in made.items()} == {who: who for who in actors}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"role": "viewer"}, {"role": "editor"}, "Role: Viewer →becomes Editor"),
        ({"role": "viewer"}, {}, "Role: Viewer (before)"),
        ({}, {"role": "account_manager"}, "Role: Account manager"),
        ({"role": "emperor"}, {"role": None}, "Role: emperor →becomes —"),
        ({"model": "FD"}, {"model": "META"}, "Model: Future Demand →becomes Meta"),
        ({"model": None}, {"model": "EVENT_SERIES"}, "Model: — →becomes Event series"),
        ({"model": "FD"}, {"model": "FD"}, "Model: Future Demand"),
        ({"window": 14}, {"window": 1400}, "Window in days: 14 →becomes 1,400"),
        ({"email_sent_date": None}, {"email_sent_date": "2026-06-01"}, "E-mail date: — →becomes 1 June 2026"),
        ({}, {"email_sent_date": "soon"}, "E-mail date: soon"),
        ({"members_need_mfa": False}, {"members_need_mfa": True}, "Members need a second factor: no →becomes yes"),
        ({}, {"method": "password+totp"}, "By: password and code from an app"),
        ({}, {"revenue": "-12.5"}, "Revenue: −€12.50"),
        ({}, {"revenue": "12.5", "currency": "JPY"}, "Revenue: ¥12Currency: JPY"),
        ({}, {"revenue": "a lot"}, "Revenue: a lot"),
        ({}, {"revenue": "NaN"}, "Revenue: NaN"),
        ({}, {"some_new_name": "x"}, "some new name: x"),
    ],
)
def test_values_are_in_words(
    alice: User,
    partners: Partners,
    client_for: ClientFor,
    before: dict[str, str],
    after: dict[str, str],
    words: str,
) -> None:
    made = record(kind=Kind.ROLE_CHANGED, actor=Actor.portal(), partner=partners.acme, before=before, after=after)
    assert cells(activity(client_for(alice)), made)["Values and reason"] == words


def test_a_german_reader_reads_german_values(alice: User, partners: Partners, client_for: ClientFor) -> None:
    made = record(
        kind=Kind.ROLE_CHANGED,
        actor=Actor.portal(),
        partner=partners.acme,
        after={"role": "viewer", "revenue": "6615.5", "email_sent_date": "2026-06-01"},
    )
    client = client_for(alice)
    answer = client.get(ACME, headers={"accept-language": "de"})
    words = cells(read(answer), made)["Werte und Begründung"]
    with override("de"):
        assert f": {Role.VIEWER.label}" in words
    assert "6.615,50\xa0€" in words.replace(" €", "\xa0€")
    assert "1. Juni 2026" in words


def test_foreign_texts_are_escaped_and_keep_their_direction(
    alice: User, partners: Partners, client_for: ClientFor
) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    record(
        kind=Kind.EVENT_MODEL_CHANGED,
        actor=Actor(None, evil, evil),
        partner=partners.acme,
        target="evt/../<b>",
        title=evil,
        before={evil: evil},
        after={"model": evil, "role": "حفل موسيقي"},
        reason=evil + "x" * 1500,
        platform_request=evil,
    )
    page = client_for(alice).get(ACME + "?person=" + "%3Cscript%3E").content.decode()
    page += client_for(alice).get(ACME).content.decode()
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert '<bdi dir="auto">حفل موسيقي</bdi>' in page
    assert "evt/../" in page


@pytest.fixture
def history(partners: Partners, alice: User, mara: User, clock: time_machine.Coordinates) -> dict[str, AuditEvent]:
    """One entry a day, from 15 June on; a second partner has its own."""
    made = {}

    def add(name: str, actor: Actor, kind: Kind, partner: Partner = partners.acme, **more: str) -> None:
        made[name] = record(kind=kind, actor=actor, partner=partner, **more)
        clock.shift(timedelta(days=1))

    add("role", person(mara), Kind.ROLE_CHANGED, target="alice@acme.example")
    add("adjustment", person(alice), Kind.ADJUSTMENT_CREATED, target="evt_1", title="Jazz 100% live", reason="late")
    add("model", person(alice), Kind.EVENT_MODEL_CHANGED, target="evt_2", platform_request="req-9")
    add("left", Actor.portal(), Kind.PARTNER_DISCONNECTED)
    add("other", person(mara), Kind.ROLE_CHANGED, partners.sakura, target="alice@acme.example", title="Jazz")
    record(kind=Kind.SIGNED_IN, actor=person(alice), target="alice@acme.example")
    return made


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "left model adjustment role"),
        ("?q=jazz", "adjustment"),
        ("?q=100%25", "adjustment"),
        ("?q=LATE", "adjustment"),
        ("?q=req-9", "model"),
        ("?q=evt_", "model adjustment"),
        ("?q=++", "left model adjustment role"),
        ("?person=mara@portal.example", "role"),
        ("?person=alice@acme.example", "model adjustment role"),
        ("?person=-", "left"),
        ("?kind=adjustments", "adjustment"),
        ("?kind=people&person=mara@portal.example", "role"),
        # The first was at 23:30 in Berlin, the partner's zone.
        ("?from=2026-06-15&to=2026-06-15", "role"),
        ("?from=2026-06-16", "left model adjustment"),
        ("?to=2026-06-16", "adjustment role"),
        ("?from=1900-01-01&to=2100-01-01", "left model adjustment role"),
    ],
)
def test_filters_in_the_address_choose_entries(
    history: dict[str, AuditEvent], alice: User, client_for: ClientFor, query: str, names: str
) -> None:
    page = activity(client_for(alice), query)
    assert page.rows("activity") == [str(history[name].pk) for name in names.split()]
    assert page.panel("activity")["data-found"] == str(len(names.split()))
    assert not [note.text for note in page.root.all("p", class_="field-error") if note.text]


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("?from=yesterday", "from", "This is not a date: write it as 2026-06-15."),
        ("?to=2026-02-30", "to", "This is not a date: write it as 2026-06-15."),
        ("?from=0001-01-01", "from", "Choose a day between 1900 and 2100."),
        ("?to=9999-12-31", "to", "Choose a day between 1900 and 2100."),
        ("?from=2026-06-16&to=2026-06-15", "to", "The last day is before the first, so it is not used."),
        ("?kind=everything", "kind", "There is no such kind of entry, so all kinds are shown."),
        ("?q=%00", "q", "This holds characters that no entry has, so it is not used."),
        ("?person=a%00b", "person", "This holds characters that no address has, so it is not used."),
        ("?q=" + "x" * 201, "q", "At most 200 characters can be searched for, so this is not used."),
        ("?before=abc", "before", "There is no such entry, so these are the newest."),
        ("?after=%00", "before", "There is no such entry, so these are the newest."),
        ("?before=6f1c2f0e-7a55-4d1b-9d0e-3f6a1c1d9b11", "before", "There is no such entry, so these are the newest."),
    ],
)
def test_what_cannot_be_used_is_said_and_left_out(
    history: dict[str, AuditEvent], alice: User, client_for: ClientFor, query: str, field: str, words: str
) -> None:
    page = activity(client_for(alice), query)
    assert page.root.one("p", data_field=field).text == words
    if field == "to" and "from=" in query:
        assert len(page.rows("activity")) == 3
    else:
        assert len(page.rows("activity")) == 4


def test_no_match_and_nothing_yet_look_different(
    partners: Partners, alice: User, charlie: User, client_for: ClientFor
) -> None:
    nothing = activity(client_for(alice))
    assert nothing.states() == {"activity": "empty"}
    assert "Nothing is on record yet." in nothing.panel("activity").text
    record(kind=Kind.EXPORTED, actor=Actor.portal(), partner=partners.acme)
    none = activity(client_for(alice), "?q=nowhere")
    assert "No entries match these filters." in none.panel("activity").text
    assert none.panel("activity").one("a", class_="btn")["href"] == ACME
    assert "Nothing is on record yet." in activity(client_for(charlie), path="/p/partner-id-sakura/activity/").root.text


def test_entries_are_paged_without_a_gap_also_where_times_are_equal(
    alice: User, partners: Partners, client_for: ClientFor, clock: object
) -> None:
    made = [
        str(record(kind=Kind.EXPORTED, actor=person(alice), partner=partners.acme, target=f"evt_{n}").pk)
        for n in range(120)
    ][::-1]
    client = client_for(alice)

    def follow(page: Shown, rel: str) -> Shown | None:
        links = page.panel("activity").all("a", rel=rel)
        assert all("q=evt" in link["href"] for link in links)
        return activity(client, links[0]["href"].removeprefix(ACME)) if links else None

    first = activity(client, "?q=evt")
    second = follow(first, "next")
    assert second
    third = follow(second, "next")
    assert third
    assert [first.rows("activity"), second.rows("activity"), third.rows("activity")] == [
        made[:50],
        made[50:100],
        made[100:],
    ]
    assert follow(third, "next") is None
    assert follow(first, "prev") is None
    back = follow(third, "prev")
    assert back
    assert back.rows("activity") == made[50:100]
    newest = follow(back, "prev")
    assert newest
    assert newest.rows("activity") == made[:50]
    assert follow(newest, "prev") is None
    assert first.panel("activity")["data-found"] == "120"


def test_without_the_page_around_it_the_list_says_its_address_and_how_many_it_found(
    history: dict[str, AuditEvent], alice: User, client_for: ClientFor
) -> None:
    headers = {"hx-request": "true", "hx-target": "found"}
    answer: HttpResponse = client_for(alice).get(ACME + "?kind=adjustments&from=", headers=headers)  # type: ignore[assignment]
    assert answer["HX-Push-Url"] == ACME + "?kind=adjustments"
    assert answer["HX-Trigger"] == '{"announce": {"value": "1 entry"}}'
    page = read(answer)
    assert not page.root.all("main")
    assert not page.root.all("form")
    assert page.rows("activity") == [str(history["adjustment"].pk)]
    assert all(note["hx-swap-oob"] == "true" for note in page.root.all("p", class_="field-error"))


def test_the_form_offers_who_is_on_record_and_keeps_what_was_chosen(
    history: dict[str, AuditEvent], alice: User, client_for: ClientFor
) -> None:
    page = activity(client_for(alice), "?person=gone@acme.example&kind=people&q=x&from=2026-06-01")
    form = page.root.one("form", data_form="filters")
    people = {
        option["value"]: "selected" in option.attributes for option in form.one("select", id="person").all("option")
    }
    assert people == {
        "": False,
        "alice@acme.example": False,
        "mara@portal.example": False,
        "gone@acme.example": True,
        "-": False,
    }
    kinds = [option["value"] for option in form.one("select", id="kind").all("option")]
    assert kinds == ["", "people", "connection", "adjustments", "settings", "exports"]
    assert (form.one("input", id="q")["value"], form.one("input", id="from")["value"]) == ("x", "2026-06-01")


def test_viewers_and_strangers_have_no_activity(
    history: dict[str, AuditEvent], bob: User, charlie: User, client_for: ClientFor
) -> None:
    events = AuditEvent.objects.count()
    for path in (ACME, "/p/partner-id-acme/activity.csv", "/p/partner-id-acme/activity.xlsx"):
        for user in (bob, charlie):
            assert client_for(user).get(path).status_code == 404
        assert Client().get(path)["Location"] == f"/account/login/?next={path}"
    assert AuditEvent.objects.count() == events


def test_the_way_to_it_is_shown_to_those_who_may_read_it(
    history: dict[str, AuditEvent], alice: User, bob: User, client_for: ClientFor
) -> None:
    links = activity(client_for(alice)).root.all("a", href=ACME)
    assert [link.get("aria-current") for link in links if "room-aside" in link.get("class")] == ["true", "true"]
    assert ACME.encode() not in client_for(bob).get("/p/partner-id-acme/").content


def test_operators_read_of_the_portal_what_holds_no_partners_numbers(
    history: dict[str, AuditEvent], partners: Partners, olga: User, alice: User, client_for: ClientFor
) -> None:
    page = activity(client_for(olga), path="/operate/activity/")
    signed_in = AuditEvent.objects.get(kind="signed_in")
    shown = [str(event.pk) for event in (signed_in, history["other"], history["left"], history["role"])]
    assert page.rows("activity") == shown
    assert cells(page, history["left"])["Partner"] == "Acme Concerts (demo)"
    assert cells(page, signed_in)["Partner"] == ""
    only = activity(client_for(olga), "?kind=sign-in", path="/operate/activity/")
    assert only.rows("activity") == shown[:1]
    assert "evt_1" not in page.root.text
    assert activity(client_for(olga), "?kind=adjustments", path="/operate/activity/").states() == {"activity": "empty"}
    for path in ("/operate/activity/", "/operate/activity.csv"):
        assert client_for(alice).get(path).status_code == 404
        assert Client().get(path).status_code == 302
