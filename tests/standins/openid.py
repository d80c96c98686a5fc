"""The stand-in for a provider of OpenID Connect: discovery, sign-in, tokens and keys over HTTP.

It is strict where real ones are: a client it knows, its very redirect address, state, nonce, PKCE
with S256, each code once. Nobody is asked for a password: who signs in is `person`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field
from functools import cache
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.standins.wire import Connection, Listener, Request, Response

CLIENT_ID = "sammelwerk"
CLIENT_SECRET = "a secret of the stand-in's: +/%"
LIFETIME = 300  # seconds of an ID token
CHALLENGE = 43  # characters of a SHA-256 in base64url
OF_AUTHORIZATION = ("client_id", "redirect_uri", "state", "nonce", "code_challenge")


@dataclass
class Grant:
    """What a code stands for until it is used."""

    redirect_uri: str
    nonce: str
    challenge: str
    person: dict[str, Any]


@dataclass
class Lies:
    """What a test lets the provider do wrong."""

    claims: dict[str, Any] = field(default_factory=dict)  # instead of the right ones; None: without
    header: dict[str, Any] = field(default_factory=dict)
    foreign_key: bool = False  # signs with a key that is none of the provider's
    no_id_token: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)


@cache
def key_of(number: int, kid: str) -> RSAKey:
    """Return the same key for the same arguments: making one takes a tenth of a second."""
    return RSAKey.generate_key(2048, parameters={"kid": kid})


class OpenIdStandIn:
    def __init__(self) -> None:
        self._keys = 1
        self._key = key_of(1, "first")
        self._foreign = key_of(0, "first")
        self._listener = Listener(self._serve)
        self.redirect_uri = ""  # the only one that is registered
        self.person: dict[str, Any] = {"sub": "248289761001", "preferred_username": "jane"}
        self.lies = Lies()
        self.refuses = False  # who signs in says no
        self.asked: list[str] = []  # paths
        self._grants: dict[str, Grant] = {}

    @property
    def issuer(self) -> str:
        return self._listener.url

    def kill(self) -> None:
        self._listener.stop()

    def new_key(self) -> None:
        """Sign with another key from now on, as providers do from time to time."""
        self._keys += 1
        self._key = key_of(self._keys, f"key {self._keys}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.stop()

    def _serve(self, connection: Connection) -> None:
        while (request := connection.read_request()) is not None:
            self.asked.append(request.path)
            connection.send(self._answer(request))

    def _answer(self, request: Request) -> Response:
        if request.path == "/.well-known/openid-configuration":
            return Response.of_json(self._metadata())
        if request.path == "/keys":
            return Response.of_json({"keys": [self._key.as_dict(private=False)]})
        if request.path == "/authorize" and request.method == "GET":
            return self._authorize(request.query)
        if request.path == "/token" and request.method == "POST":
            return self._token(request)
        return Response.of_json({"error": "not_found"}, 404)

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            **self.lies.metadata,
        }

    def _authorize(self, query: dict[str, str]) -> Response:
        """Answer 400 for what must not lead back, else lead back with a code or a refusal."""
        if query.get("client_id") != CLIENT_ID or query.get("redirect_uri") != self.redirect_uri:
            return Response.of_json({"error": "unknown client or address"}, 400)
        missing = [name for name in OF_AUTHORIZATION if not query.get(name)]
        wrong = (
            query.get("response_type") != "code"
            or "openid" not in query.get("scope", "").split()
            or query.get("code_challenge_method") != "S256"
            or len(query.get("code_challenge", "")) != CHALLENGE
        )
        if missing or wrong:
            return Response.of_json({"error": "invalid_request", "missing": missing}, 400)
        if self.refuses:
            return self._lead_back({"error": "access_denied", "state": query["state"]})
        code = secrets.token_urlsafe(24)
        self._grants[code] = Grant(
            query["redirect_uri"], query["nonce"], query["code_challenge"], dict(self.person)
        )
        return self._lead_back({"code": code, "state": query["state"]})

    def _lead_back(self, query: dict[str, str]) -> Response:
        return Response(302, headers={"Location": f"{self.redirect_uri}?{urlencode(query)}"})

    def _token(self, request: Request) -> Response:
        if not is_our_client(request.headers.get("authorization", "")):
            return Response.of_json({"error": "invalid_client"}, 401)
        form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
        grant = self._grants.pop(form.get("code", ""), None)
        verifier = form.get("code_verifier", "")
        right = (
            grant is not None
            and form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == grant.redirect_uri
            and hmac.compare_digest(challenge_of(verifier), grant.challenge)
        )
        if grant is None or not right:
            return Response.of_json({"error": "invalid_grant"}, 400)
        answer = {"access_token": secrets.token_urlsafe(24), "token_type": "Bearer"}
        if not self.lies.no_id_token:
            answer["id_token"] = self._id_token(grant)
        return Response.of_json(answer)

    def _id_token(self, grant: Grant) -> str:
        now = int(time.time())
        right = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + LIFETIME,
            "nonce": grant.nonce,
            **grant.person,
        }
        claims = {
            name: value
            for name, value in {**right, **self.lies.claims}.items()
            if value is not None
        }
        header = {"alg": "RS256", "kid": self._key.kid, **self.lies.header}
        if header["alg"] == "none":
            return unsigned(header, claims)
        key = self._foreign if self.lies.foreign_key else self._key
        return jwt.encode(header, claims, key)


def is_our_client(authorization: str) -> bool:
    """HTTP's own authentication, both parts quoted as in a form."""
    scheme, _blank, given = authorization.partition(" ")
    name, _colon, secret = base64.b64decode(given).decode().partition(":")
    known = (CLIENT_ID, CLIENT_SECRET)
    return scheme == "Basic" and known in ((name, secret), (unquote(name), unquote(secret)))


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()) for part in (header, claims)]
    return ".".join(part.decode().rstrip("=") for part in parts) + "."
