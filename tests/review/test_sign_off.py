"""Signing a result off, what ends a sign-off, and taking it back: through the door, as managers and members see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from threading import Barrier, Thread
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul import clock
from attribution_portal.backhaul.models import Package, PollState, Review, SettingsChange
from attribution_portal.backhaul.polling import visits
from attribution_portal.backhaul.sign_off import reviews
from attribution_portal.backhaul.sign_off.reviews import Kind, Seen
from attribution_portal.partners.models import Membership, Role
from tests.backhaul.stored import NOW, made, result
from tests.conftest import Partners
from tests.pages import Shown, read

PATH = "/p/partner-id-acme/packages/pkg_1/"
SIGN_OFF = f"{PATH}sign-off/"
WITHDRAW = f"{PATH}sign-off/withdraw/"

ClientFor = Callable[[User], Client]


@pytest.fixture
def package(partners: Partners) -> Package:
    found = made(partners.acme, "pkg_1", title="Autumn <b>lists</b>", poll={"window": 14})
    result(found)
    return found


@pytest.fixture
def manager(mara: User, client_for: ClientFor) -> Client:
    return client_for(mara)


def shown(client: Client) -> Shown:
    answer = client.get(PATH)
    assert answer.status_code == 200
    return read(answer)


def fields(page: Shown, name: str = "review") -> dict[str, str]:
    """What the form carries by itself."""
    form = page.root.one("form", data_form=name)
    return {each["name"]: each.get("value") for each in form.all("input") if each["name"] != "csrfmiddlewaretoken"}


def said(page: Shown) -> str:
    return page.root.one("section", data_panel="sign-off").text


def standing() -> Kind:
    return reviews.standing(Package.objects.select_related("poll__latest").get(package_id="pkg_1")).kind


def sign(client: Client, note: str = "") -> None:
    assert client.post(SIGN_OFF, {**fields(shown(client)), "note": note}).status_code == 303


def test_a_sign_off_pins_the_result_and_everybody_reads_it(
    package: Package, manager: Client, bob: User, client_for: ClientFor
) -> None:
    page = shown(manager)
    assert "Not signed off yet." in said(page)
    assert "You would sign off result 1 with 10 customers at most, 20 items and €120.50" in said(page)
    answer = manager.post(SIGN_OFF, {**fields(page), "note": "Checked <script>alert(1)</script> with Ann."})
    assert (answer.status_code, answer.headers["Location"]) == (303, PATH)
    review = Review.objects.get()
    assert (review.evaluation.number, review.window, review.reviewer_email) == (1, 14, "mara@portal.example")
    theirs = client_for(bob).get(PATH)
    words = said(read(theirs))
    assert "Signed off by mara@portal.example on" in words
    assert "Checked <script>alert(1)</script> with Ann." in words
    assert b"<script>alert" not in theirs.content
    assert b'data-form="review"' not in theirs.content
    assert b'data-form="withdraw-review"' not in theirs.content
    event = AuditEvent.objects.get(kind="package_reviewed")
    assert (event.target, event.email, event.reason) == ("pkg_1", "mara@portal.example", review.note)
    assert event.after == {
        "signed_off": True, "result": 1, "customers": 10, "items": 20, "revenue": "120.5",
        "model": "EVENTS_FROM_PACKAGE", "window": 14, "email_sent_date": None,
    }  # fmt: skip
    assert "Signed off by mara@portal.example" in manager.get("/p/partner-id-acme/packages/").content.decode()


def test_a_newer_result_ends_a_sign_off_and_says_what_moved(package: Package, manager: Client) -> None:
    sign(manager, "Fine.")
    result(package, NOW + timedelta(hours=1), number=2, revenue="150.00")
    words = said(shown(manager))
    assert "No longer signed off. mara@portal.example signed off on" in words
    assert "a newer result: customers +10 and revenue +€29.50." in words
    assert "Fine." in words
    assert standing() is Kind.UNSIGNED_BY_CHANGE
    sign(manager)
    assert standing() is Kind.SIGNED
    assert Review.objects.count() == 2


def test_settings_that_change_end_a_sign_off_even_when_they_change_back(
    package: Package, manager: Client, alice: User
) -> None:
    sign(manager)
    change = SettingsChange(
        partner=package.partner, package=package, user=alice, made_at=NOW, outcome="done", reason="Longer tail",
        model="EVENTS_FROM_PACKAGE", window=21, email_sent_date="2026-06-01",
        before_model="EVENTS_FROM_PACKAGE", before_window=14, before_email_sent_date="2026-06-01",
    )  # fmt: skip
    change.save()
    PollState.objects.filter(pk=package.pk).update(settings_changed_at=NOW)
    words = said(shown(manager))
    assert "window 14 days → 21 days by alice@acme.example: “Longer tail”." in words
    assert standing() is Kind.UNSIGNED_BY_CHANGE


@pytest.mark.parametrize("moved", ["result", "settings"])
def test_whoever_signs_what_is_no_longer_there_is_asked_again_and_nothing_is_signed(
    package: Package, manager: Client, moved: str
) -> None:
    form = fields(shown(manager))
    if moved == "result":
        result(package, NOW + timedelta(hours=1), number=2)
    else:
        PollState.objects.filter(pk=package.pk).update(window=21, settings_changed_at=NOW)
    answer = manager.post(SIGN_OFF, {**form, "note": "As agreed"})
    assert answer.status_code == 409
    page = read(answer)
    assert (
        f"{'A newer result came' if moved == 'result' else 'The settings changed'} after you opened" in page.root.text
    )
    assert page.root.one("textarea", name="note").text == "As agreed"
    assert not Review.objects.exists()
    assert not AuditEvent.objects.filter(kind="package_reviewed").exists()
    again = fields(page)
    assert again["token"] != form["token"]
    assert manager.post(SIGN_OFF, {**again, "note": "As agreed"}).status_code == 303
    assert Review.objects.get().evaluation.number == (2 if moved == "result" else 1)


def test_a_form_that_is_sent_twice_signs_once(package: Package, manager: Client) -> None:
    form = fields(shown(manager))
    for _ in range(2):
        assert manager.post(SIGN_OFF, form).status_code == 303
    assert "This form was sent before" in manager.get(PATH).content.decode()
    assert Review.objects.count() == 1


@pytest.mark.parametrize(
    "broken",
    [{}, {"token": "x"}, {"seen": ""}, {"seen": "0-"}, {"seen": "٣-x"}, {"seen": "1" * 40 + "-x"}, {"note": "n" * 1001},
     {"note": "\x00"}],
)  # fmt: skip
def test_a_broken_form_is_refused_in_words_and_stores_nothing(
    package: Package, manager: Client, broken: dict[str, str]
) -> None:
    form = {**fields(shown(manager)), **broken} if broken else {}
    answer = manager.post(SIGN_OFF, form)
    assert answer.status_code == 422
    assert re.search(
        "This form is incomplete|at most 1000 characters|Null characters", unescape(answer.content.decode())
    )
    assert not Review.objects.exists()


def test_a_package_without_results_has_nothing_to_sign(partners: Partners, manager: Client) -> None:
    made(partners.acme, "pkg_1")
    assert "There is no result yet that could be signed off." in said(shown(manager))
    answer = manager.post(SIGN_OFF, {"token": str(uuid4()), "seen": "1-x"})
    assert answer.status_code == 409
    assert "There is no result any more" in answer.content.decode()
    assert not Review.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_who_sign_at_once_one_does_and_the_other_is_told(
    package: Package, manager: Client, mara: User
) -> None:
    nina = User.objects.create_user("nina@portal.example")
    Membership.objects.create(user=nina, partner=package.partner, role=Role.ACCOUNT_MANAGER)
    found = Package.objects.select_related("poll__latest", "partner").get(pk=package.pk)
    seen = Seen.of(found.poll)
    assert seen is not None
    barrier, told = Barrier(2), []

    def act(person: User) -> None:
        try:
            barrier.wait()
            reviews.sign_off(
                partner=found.partner, package=found, seen=seen, note="", user=person, actor=Actor.portal(),
                token=uuid4(),
            )  # fmt: skip
            told.append("done")
        except reviews.Signed as signed:
            told.append(signed.review.reviewer_email)
        finally:
            connection.close()

    threads = [Thread(target=act, args=(person,)) for person in (mara, nina)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    review = Review.objects.get()
    assert sorted(told) == sorted(["done", review.reviewer_email])
    # Through the door, whoever comes later reads who was first.
    manager.post(SIGN_OFF, {"token": str(uuid4()), "seen": str(seen)})
    assert f"{review.reviewer_email} signed this result off on" in manager.get(PATH).content.decode()
    assert Review.objects.count() == 1


def test_a_manager_takes_a_sign_off_back_with_a_reason(package: Package, manager: Client) -> None:
    sign(manager)
    form = fields(shown(manager), "withdraw-review")
    assert manager.post(WITHDRAW, form).status_code == 422
    assert standing() is Kind.SIGNED
    for _ in range(2):
        assert manager.post(WITHDRAW, {**form, "note": "Wrong <i>list</i>"}).status_code == 303
    review = Review.objects.get()
    assert (review.withdrawn_by_email, review.withdrawal_note) == ("mara@portal.example", "Wrong <i>list</i>")
    assert standing() is Kind.UNSIGNED
    words = said(shown(manager))
    assert "took the sign-off by mara@portal.example of" in words
    assert "“Wrong <i>list</i>”" in words
    events = AuditEvent.objects.filter(kind="package_reviewed").order_by("position")
    assert [event.after["signed_off"] for event in events] == [True, False]


def test_a_manager_of_another_partner_signs_nothing_here(
    package: Package, partners: Partners, mara: User, client_for: ClientFor
) -> None:
    client = client_for(mara)
    form = fields(shown(client))
    sign(client)
    withdrawal = fields(shown(client), "withdraw-review")
    Membership.objects.filter(user=mara, partner=partners.acme).delete()
    for path, given in ((SIGN_OFF, {**form, "token": str(uuid4())}), (WITHDRAW, {**withdrawal, "note": "x"})):
        assert client.post(path, given).status_code == 404
        assert client.post(path.replace("acme", "sakura"), given).status_code == 404
        assert client.get(path).status_code == 404
    assert Review.objects.get().withdrawn_at is None
    assert standing() is Kind.SIGNED


def test_the_name_of_a_reviewer_outlives_the_person(package: Package, manager: Client, mara: User) -> None:
    sign(manager)
    Review.objects.update(reviewer=None)
    assert "Signed off by mara@portal.example" in said(shown(manager))


def test_sign_offs_stand_in_their_order_also_where_the_clocks_of_servers_differ(
    package: Package, mara: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one clock is the database's: whoever takes a sign-off back does so after it was made."""
    moments = iter(NOW + timedelta(seconds=number) for number in range(100))
    monkeypatch.setattr(clock, "source", lambda: next(moments))

    def sign_at(process: datetime) -> None:
        found = visits.find(partner=package.partner, package_id=package.package_id)
        assert found is not None
        seen = Seen.of(found.poll)
        assert seen is not None
        with time_machine.travel(process, tick=False):
            reviews.sign_off(
                partner=package.partner, package=found, seen=seen, note="", user=mara, actor=Actor.portal(),
                token=uuid4(),
            )  # fmt: skip

    sign_at(NOW + timedelta(minutes=2))
    review = Review.objects.get()
    with time_machine.travel(NOW - timedelta(minutes=2), tick=False):
        reviews.withdraw(
            partner=package.partner, package=package, review=review.pk, note="Wrong", user=mara, actor=Actor.portal()
        )
    assert standing() is Kind.UNSIGNED
    sign_at(NOW - timedelta(minutes=2))
    assert standing() is Kind.SIGNED
