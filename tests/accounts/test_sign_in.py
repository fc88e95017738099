"""Signing in through the form."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client

from attribution_portal.accounts.models import User

PASSWORD = "a-long-enough-passphrase"


@pytest.fixture
def ada(db: None, clean_redis: object) -> User:
    return User.objects.create_user("ada@example.org", PASSWORD)


def sign_in(email: str, password: str, *, to: str = "") -> tuple[int, str]:
    answer = Client().post(f"/account/login/{to}", {"login": email, "password": password})
    return answer.status_code, answer.headers.get("Location", "")


def test_the_right_password_opens_the_start_page(ada: User) -> None:
    assert sign_in("ada@example.org", PASSWORD) == (302, "/")


def test_addresses_are_known_in_any_case(ada: User) -> None:
    assert sign_in("ADA@Example.ORG", PASSWORD) == (302, "/")


def test_it_leads_back_to_where_the_person_wanted_to_go(ada: User) -> None:
    assert sign_in(ada.email, PASSWORD, to="?next=/p/fd4711/") == (302, "/p/fd4711/")


def test_it_never_leads_to_another_site(ada: User) -> None:
    assert sign_in(ada.email, PASSWORD, to="?next=https://evil.example/") == (302, "/")


@pytest.mark.parametrize(("email", "password"), [("ada@example.org", "wrong"), ("nobody@example.org", PASSWORD)])
def test_a_wrong_password_and_an_unknown_person_look_the_same(ada: User, email: str, password: str) -> None:
    answer = Client().post("/account/login/", {"login": email, "password": password})
    assert answer.status_code == 200
    assert "E-mail address and password do not fit together." in answer.content.decode()
    assert "_auth_user_id" not in answer.client.session


def test_somebody_who_may_not_sign_in_any_more_gets_no_session(ada: User) -> None:
    User.objects.update(is_active=False)
    client = Client()
    client.post("/account/login/", {"login": ada.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_nobody_signs_themselves_up(db: None) -> None:
    answer = Client().post(
        "/account/signup/", {"email": "eve@example.org", "password1": PASSWORD, "password2": PASSWORD}
    )
    assert answer.status_code == 404
    assert not User.objects.exists()


def test_passwords_are_kept_as_argon2(ada: User) -> None:
    assert ada.password.startswith("argon2$argon2id$")


def test_one_address_is_one_person(ada: User) -> None:
    with pytest.raises(ValidationError):
        User.objects.create_user("ADA@example.org")
    with pytest.raises(IntegrityError):
        User.objects.create(email="Ada@example.org")
