"""Sign-in by OpenID Connect: an account at a provider, in place of the password.

Off without OIDC_ISSUER. A person is known by the provider's address and the provider's lasting id
of them (issuer and subject), never by a name or a mail address, which may pass on to others.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from joserfc.errors import JoseError
from requests import RequestException

from videos.api.requests import LoginAttempts
from videos.models import OpenIdIdentity
from videos.text import one_line

logger = logging.getLogger(__name__)

DISCOVERY = "/.well-known/openid-configuration"
SECONDS = 5.0  # for an answer of the provider
# With a public key; the provider's own list may name `none` and shared secrets as well.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LONGEST_SUBJECT = 255  # characters; the standard's own limit
LONGEST_NAME = 60
TRIES = 20  # names for a new user

# What the library and its parts raise at a provider that is away, lies, or says nonsense.
TROUBLE = (
    AuthlibBaseError,
    JoseError,
    RequestException,
    RuntimeError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
)


class SignInFailed(Exception):
    """`text` tells the person why, in their language."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def shown_name() -> str:
    """Return what the provider is called on the login; "" where this is off."""
    return settings.OIDC_NAME if is_on() else ""


class SignInsBegun(LoginAttempts):
    """120 sign-ins begun an hour from one address: each costs a request to the provider."""

    scope = "openid"
    rate = "120/hour"

    def take_for_address(self, address: str) -> bool:
        return self.take(self.cache_format % {"scope": self.scope, "ident": address})


@dataclass(frozen=True)
class Person:
    """Who somebody is at the provider. `name`: what they call themselves there; it proves
    nothing.
    """

    issuer: str
    subject: str
    name: str


def is_on() -> bool:
    return bool(settings.OIDC_ISSUER)


def begin_sign_in(request: HttpRequest, back: str) -> HttpResponse:
    """Lead to the provider, which leads to the address `back`. Costs a request to the provider.

    State, nonce and the code of PKCE are kept in the session. Raises SignInFailed.
    """
    try:
        response: HttpResponse = provider().authorize_redirect(request, back)
    except TROUBLE as problem:
        raise failed(problem) from problem
    return response


def finish_sign_in(request: HttpRequest) -> Person:
    """Ask the provider who came back. Costs up to three requests to it. Raises SignInFailed."""
    if request.GET.get("error") == "access_denied":
        text = _("%(provider)s did not let you in, or you stopped there.")
        raise SignInFailed(text % {"provider": settings.OIDC_NAME})
    try:
        client = provider()
        token = client.authorize_access_token(request)
        # Those of the ID token, whose signature and claims were checked.
        return _person_of(token["userinfo"])
    except TROUBLE as problem:
        raise failed(problem) from problem


def _person_of(claims: Any) -> Person:
    subject = claims["sub"]
    if not is_subject(subject):
        raise ValueError("the subject is no text of 1 to 255 ASCII characters")
    name = claims.get("preferred_username") or claims.get("name") or ""
    return Person(str(claims["iss"]), subject, str(name))


def is_subject(subject: object) -> bool:
    """Whether it is what the standard allows. It is compared to the letter."""
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        return False
    return subject.isascii() and subject.isprintable()


def failed(problem: Exception) -> SignInFailed:
    """Log what was wrong, which is for the operator, and return what the person is told."""
    logger.warning("OpenID Connect: %s: %s", type(problem).__name__, str(problem)[:300])
    text = _("Signing in with %(provider)s did not work. Please try again.")
    return SignInFailed(text % {"provider": settings.OIDC_NAME})


def provider() -> Any:
    """The library's client of the provider, with what the provider says of itself today.

    Costs a request. ValueError when it calls itself by another address than the operator does.
    """
    options = {
        "scope": "openid profile",
        "code_challenge_method": "S256",
        "default_timeout": SECONDS,
    }
    client = OAuth().register(
        "openid",
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        server_metadata_url=settings.OIDC_ISSUER.rstrip("/") + DISCOVERY,
        client_kwargs=options,
    )
    metadata = client.load_server_metadata()
    if metadata["issuer"].rstrip("/") != settings.OIDC_ISSUER.rstrip("/"):
        raise ValueError("the provider names another issuer than OIDC_ISSUER")
    metadata["id_token_signing_alg_values_supported"] = _allowed_algorithms(metadata)
    options["token_endpoint_auth_method"] = secret_is_sent_by(metadata)
    return client


def _allowed_algorithms(metadata: dict[str, Any]) -> list[str]:
    offered = metadata.get("id_token_signing_alg_values_supported", ["RS256"])
    return [algorithm for algorithm in offered if algorithm in ALGORITHMS]


def secret_is_sent_by(metadata: dict[str, Any]) -> str:
    """How the provider wants the client's secret; most take it as HTTP's own authentication."""
    if not settings.OIDC_CLIENT_SECRET:
        return "none"
    methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if "client_secret_basic" in methods:
        return "client_secret_basic"
    return "client_secret_post"


def user_of(person: Person) -> Any:
    """Return the user who connected this account at the provider; None for nobody."""
    same = OpenIdIdentity.objects.filter(issuer=person.issuer, subject=person.subject)
    identity = same.select_related("user").first()
    if identity is None:
        return None
    return identity.user


def connect_user(user: Any, person: Person) -> bool:
    """Let this account at the provider sign the user in from now on.

    False when it is connected with somebody else here. One that was connected before counts no
    longer.
    """
    try:
        with transaction.atomic():
            OpenIdIdentity.objects.update_or_create(
                user=user, defaults={"issuer": person.issuer, "subject": person.subject}
            )
    except IntegrityError:
        return False
    return True


def create_user(person: Person) -> Any:
    """Make a user for somebody who came for the first time. It has no password.

    Raises SignInFailed when no name is free for it.
    """
    users = get_user_model()._default_manager
    wanted = one_line(person.name, LONGEST_NAME).replace(" ", ".") or "user"
    for number in range(1, TRIES + 1):
        name = wanted
        if number > 1:
            name = f"{wanted}-{number}"
        if users.filter(username__iexact=name).exists():
            continue
        try:
            return _create_connected_user(name, person)
        except IntegrityError:  # another request was faster
            found = user_of(person)
            if found is not None:
                return found
    raise failed(LookupError("no free user name"))


@transaction.atomic
def _create_connected_user(name: str, person: Person) -> Any:
    user = get_user_model()._default_manager.create_user(name)
    OpenIdIdentity.objects.create(user=user, issuer=person.issuer, subject=person.subject)
    return user
