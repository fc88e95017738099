"""A small OpenID Connect provider on a loopback port, with a key pair of its own and every fault a test asks for."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT_ID, CLIENT_SECRET = "portal", "provider-secret"


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Requests are looked at by tests, not written to the terminal."""


class Provider:
    """`claims` are put into the next id token over the usual ones (None takes one out); `broken` names what answers
    nonsense: `discovery`, `token`, `keys`."""

    def __init__(self) -> None:
        self.issuer = ""
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.reset()

    def reset(self) -> None:
        self.claims: dict[str, Any] = {}
        self.user_info: dict[str, Any] | None = None
        self.signed_with: Any = self.key
        self.algorithm = "RS256"
        self.issuer_told = ""
        self.broken = ""
        self.granted: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []

    def grant(self, address: str, *, sub: str = "ada-at-the-provider") -> str:
        """What a person's browser does at the authorization address: sign in, and come back with a code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.asked.append(asked)
        code = f"code-{len(self.granted)}"
        self.granted[code] = asked | {"sub": sub}
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        name = environ["PATH_INFO"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        status, answer = self.answer(name, {key: values[0] for key, values in parse_qs(body).items()})
        start_response(status, [("Content-Type", "application/json")])
        return [answer if isinstance(answer, bytes) else json.dumps(answer).encode()]

    def answer(self, path: str, form: dict[str, str]) -> tuple[str, Any]:
        match path:
            case "/.well-known/openid-configuration":
                return "200 OK", b"<html>" if self.broken == "discovery" else self.discovery()
            case "/keys":
                jwk = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
                return "200 OK", b"nonsense" if self.broken == "keys" else {
                    "keys": [{**jwk, "kid": "1", "alg": "RS256"}]
                }
            case "/token":
                return self.token(form)
            case "/userinfo":
                return "200 OK", self.user_info or {}
        return "404 Not Found", {}

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer_told or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def token(self, form: dict[str, str]) -> tuple[str, Any]:
        asked = self.granted.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        is_theirs = asked is not None and (
            (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
            and base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
        )
        if asked is None or not is_theirs or self.broken == "token":
            return "400 Bad Request", {"error": "invalid_grant"}
        now = int(time.time())
        usual = {
            "iss": self.issuer,
            "sub": asked["sub"],
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": asked["nonce"],
            "email": "ada@example.org",
            "email_verified": True,
        }
        claims = {name: value for name, value in (usual | self.claims).items() if value is not None}
        id_token = jwt.encode(claims, self.signed_with, algorithm=self.algorithm, headers={"kid": "1"})
        return "200 OK", {"access_token": "opaque", "token_type": "Bearer", "id_token": id_token}


@contextmanager
def running_provider() -> Iterator[Provider]:
    provider = Provider()
    server = make_server("127.0.0.1", 0, provider, handler_class=_Quiet)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()
