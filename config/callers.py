"""Who sends a request, judged before the database is asked: a person we know, or a stranger.

Only how much of the server a request may use depends on this, never what it may see. A session or
token that was just made up must not get a known person's share, and finding that out must cost
nothing. So each of these is looked up in memory:

- what this process has seen signed in (`learn`), or has seen not to exist (`forget`);
- the digests of all API tokens, which the web server reads every few seconds;
- a cookie signed for the session beside which it is sent, for the time after a restart.
"""

import hashlib
import logging
from collections.abc import Iterable
from threading import Lock

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError
from django.utils.crypto import constant_time_compare, salted_hmac

logger = logging.getLogger(__name__)

Headers = Iterable[tuple[bytes, bytes]]  # names in lower case

STRANGER = 0  # in place of a user's id
COOKIE = "known"
MOST_REMEMBERED = 10_000  # sessions and tokens; about 2 MB
LONGEST_COOKIES = 16 * 1024  # bytes


class Callers:
    """What this process knows of sessions and tokens. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen: dict[str, int] = {}  # digest of a session's key or token -> user's id
        self._gone: dict[str, int] = {}  # digests that look right and do not exist
        self._tokens: dict[str, int] = {}

    def user_of(self, headers: Headers) -> int:
        """Return the id of the user who sends this, or STRANGER."""
        token, session, hint = credentials_of(headers)
        user_id = self._user_of_token(token)
        if user_id == STRANGER:
            user_id = self._user_of_session(session, hint)
        return user_id

    def _user_of_token(self, token: str) -> int:
        digest = digest_of(token)
        if not token or digest in self._gone:
            return STRANGER
        return self._seen.get(digest) or self._tokens.get(digest, STRANGER)

    def _user_of_session(self, session: str, hint: str) -> int:
        digest = digest_of(session)
        if not session or digest in self._gone:
            return STRANGER
        return self._seen.get(digest) or user_of_hint(session, hint)

    def learn(self, credential: str, user_id: int) -> None:
        """Remember that this session's key or token is that user's."""
        digest = digest_of(credential)
        if self._seen.get(digest) == user_id and digest not in self._gone:
            return
        with self._lock:
            self._gone.pop(digest, None)
            self._seen[digest] = user_id
            drop_oldest(self._seen)

    def forget(self, credential: str) -> None:
        """Remember that this session's key or token is nobody's (any more)."""
        digest = digest_of(credential)
        with self._lock:
            self._seen.pop(digest, None)
            self._gone[digest] = STRANGER
            drop_oldest(self._gone)

    def read_tokens(self) -> None:
        """Read the digests of all tokens. One query; without a database those of before stay."""
        model = apps.get_model("videos", "ApiToken")
        try:
            rows = model.objects.valid().filter(owner__is_active=True)
            self._tokens = dict(rows.values_list("digest", "owner_id"))
        except DatabaseError as error:
            logger.info("tokens are not read: %s", type(error).__name__)


callers = Callers()


def drop_oldest(remembered: dict[str, int]) -> None:
    while len(remembered) > MOST_REMEMBERED:
        del remembered[next(iter(remembered))]


def digest_of(credential: str) -> str:
    return hashlib.sha256(credential.encode("utf-8", "replace")).hexdigest()


def credentials_of(headers: Headers) -> tuple[str, str, str]:
    """Return the token, the session's key and the hint of a request; "" for what is not there."""
    token, cookies = "", ""
    for name, value in headers:
        if name == b"authorization":
            scheme, _space, rest = value.decode("latin-1").partition(" ")
            if scheme.lower() == "token":
                token = rest.strip()
        elif name == b"cookie" and len(value) <= LONGEST_COOKIES:
            cookies = value.decode("latin-1")
    return token, cookie_in(cookies, settings.SESSION_COOKIE_NAME), cookie_in(cookies, COOKIE)


def cookie_in(cookies: str, name: str) -> str:
    """Return the value of the last cookie of that name, which is the one Django takes."""
    found = ""
    for part in cookies.split(";"):
        key, _equals, value = part.strip().partition("=")
        if key == name:
            found = value.strip().strip('"')
    return found


def hint_for(session: str, user_id: int) -> str:
    """Return the cookie's value that says whose this session is."""
    signed = salted_hmac("config.callers", f"{user_id}:{session}", algorithm="sha256")
    return f"{user_id}-{signed.hexdigest()[:40]}"


def user_of_hint(session: str, hint: str) -> int:
    """Return whose session this is, STRANGER when the hint was not made for it."""
    user_id, _dash, _signature = hint.partition("-")
    if not user_id.isascii() or not user_id.isdigit() or len(user_id) > 18:
        return STRANGER
    if constant_time_compare(hint, hint_for(session, int(user_id))):
        return int(user_id)
    return STRANGER
