"""Passkeys, held by a key made of software: what its answers prove, and what they do not."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.utils import timezone
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
)

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Kind, Outcome
from tests.accounts.conftest import PASSWORD, is_signed_in, sign_in

HOST = "localhost"
ORIGIN = f"https://{HOST}"
PRESENT, VERIFIED = AuthenticatorData.FLAG.UP, AuthenticatorData.FLAG.UV
HASH = hashlib.sha256(HOST.encode()).digest()


@dataclass
class SoftKey:
    """A security key that its finder may use as well, only without the PIN."""

    credential_id: bytes
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def of(self, user: User) -> Authenticator:
        """Register it for this person."""
        public = ES256.from_cryptography_key(self.private.public_key())  # type: ignore[no-untyped-call]
        held = AttestedCredentialData.create(Aaguid.NONE, self.credential_id, public)
        flags = PRESENT | VERIFIED | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(HASH, flags, 0, bytes(held))
        told = json.dumps({"type": "webauthn.create", "challenge": "", "origin": ORIGIN}).encode()
        credential = self._answer(
            {
                "clientDataJSON": websafe_encode(told),
                "attestationObject": websafe_encode(bytes(AttestationObject.create("none", data, {}))),
            }
        )
        made: Authenticator = Authenticator.objects.create(
            user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": credential}
        )
        return made

    def answer(self, challenge: str, user: User, *, flags: AuthenticatorData.FLAG, origin: str = ORIGIN) -> str:
        client = {"type": "webauthn.get", "challenge": challenge, "origin": origin, "crossOrigin": False}
        told = json.dumps(client).encode()
        data = bytes(AuthenticatorData.create(HASH, flags, 0))
        signature = self.private.sign(data + hashlib.sha256(told).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(told),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": websafe_encode(user_pk_to_url_str(user).encode()),
        }
        return json.dumps(self._answer(response))

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        name = websafe_encode(self.credential_id)
        shared = {"id": name, "rawId": name, "type": "public-key", "clientExtensionResults": {}}
        return shared | {"response": response}


@pytest.fixture
def key(ada: User) -> SoftKey:
    made = SoftKey(b"ada" * 6)
    made.of(ada)
    return made


def browser() -> Client:
    return Client(headers={"Host": HOST})


def challenge(client: Client) -> str:
    """What the sign-in page asks a passkey to sign."""
    answer = client.get("/account/mfa/passkeys/login/", headers={"Accept": "application/json"})
    return str(answer.json()["request_options"]["publicKey"]["challenge"])


def come_in(client: Client, answer: str) -> bool:
    client.post("/account/mfa/passkeys/login/", {"credential": answer})
    return is_signed_in(client)


def test_a_passkey_that_knows_its_holder_signs_in_alone(ada: User, key: SoftKey) -> None:
    client = browser()
    assert come_in(client, key.answer(challenge(client), ada, flags=PRESENT | VERIFIED))
    assert AuditEvent.objects.get(kind=Kind.SIGNED_IN).after == {"method": "webauthn"}


def test_one_that_was_only_touched_does_not(ada: User, key: SoftKey) -> None:
    client = browser()
    assert not come_in(client, key.answer(challenge(client), ada, flags=PRESENT))


def test_nor_does_it_with_a_question_that_was_meant_for_a_second_step(ada: User, key: SoftKey) -> None:
    """After a password a touch is enough. Whoever finds a key must not carry that question over from a sign-in of
    their own that they let lapse."""
    finder = User.objects.create_user("finder@example.org", PASSWORD)
    SoftKey(b"finder" * 3).of(finder)
    client = sign_in(finder, client=browser())
    client.get("/account/mfa/authenticate/")
    asked = client.session["mfa.webauthn.state"]["challenge"]
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert not come_in(client, key.answer(asked, ada, flags=PRESENT))


def test_an_answer_counts_once_and_for_this_site_only(ada: User, key: SoftKey) -> None:
    client = browser()
    answer = key.answer(challenge(client), ada, flags=PRESENT | VERIFIED)
    assert come_in(client, answer)
    client.post("/account/logout/")
    assert not come_in(client, answer)
    challenge(client)
    assert not come_in(client, answer)


def test_nobody_disabled_comes_in_by_passkey(ada: User, key: SoftKey) -> None:
    ada.is_active = False
    ada.save()
    client = browser()
    assert not come_in(client, key.answer(challenge(client), ada, flags=PRESENT | VERIFIED))
    event = AuditEvent.objects.get(kind=Kind.SIGN_IN_FAILED)
    assert (event.target, event.outcome, event.after) == (ada.email, Outcome.REFUSED, {"method": "webauthn"})
