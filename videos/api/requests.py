"""How a REST request is read, and how many of them one caller may send."""

import hashlib
import logging
import time
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import IO, Any

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser, FormParser, JSONParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from videos.api.errors import TooLarge

logger = logging.getLogger(__name__)

AWAY = 5.0  # seconds for which a shared cache that did not answer is not asked again


class _Measured(BaseParser):
    """Refuses a body that is larger than DATA_UPLOAD_MAX_MEMORY_SIZE before any of it is read into
    memory.

    A body without a Content-Length counts as empty, as in all of Django.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge
        return super().parse(stream, media_type, parser_context)


class Json(_Measured, JSONParser):
    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError(_("This JSON is nested too deeply.")) from None


class Form(_Measured, FormParser):
    pass


class MultiPart(_Measured, MultiPartParser):
    pass


class FormatParameter(DefaultContentNegotiation):
    """For calls that answer other formats by `?format=`: an Accept header for one of those is no
    reason to refuse.
    """

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class _FromAddress(UserRateThrottle):
    """A caller without a login is known by the address the web server saw: anybody can write an
    X-Forwarded-For.
    """

    def get_ident(self, request: Request) -> str:
        return str(request.META.get("REMOTE_ADDR", ""))


@cache
def shared_cache() -> BaseCache:
    """One for the process, with its connections: `caches` would make one for each request."""
    return caches.create_connection("shared")


class _Counted(_FromAddress):
    """Counts in the cache that all processes share.

    While that is away each process counts alone, and no door stands open.
    """

    num_requests: int
    duration: int
    counter: tuple[BaseCache, str]  # where the last one was counted
    count = 0  # of the last one
    away_until = 0.0  # by the monotonic clock; until then nobody waits for the shared cache again

    def allow_request(self, request: Request, view: APIView) -> bool:
        return self.take(str(self.get_cache_key(request, view)))

    def take(self, key: str) -> bool:
        """Count one more under this key, and say whether it is still within the rate."""
        self.now = float(self.timer())
        if time.monotonic() >= _Counted.away_until:
            try:
                self.count = self._count(shared_cache(), key)
                return self.count <= self.num_requests
            except (RedisError, OSError) as error:
                logger.info("requests are counted by each process alone: %s", type(error).__name__)
                _Counted.away_until = time.monotonic() + AWAY
        self.count = self._count(caches["default"], key)
        return self.count <= self.num_requests

    def wait(self) -> float:
        return self.ends - self.now

    def window(self, counts: BaseCache, key: str) -> float:
        """When the time began in which requests are counted together.

        Two processes answer the same.
        """
        raise NotImplementedError

    def _count(self, counts: BaseCache, key: str) -> int:
        began = self.window(counts, key)
        self.ends = began + self.duration
        self.counter = counts, f"{key}_{began:.0f}"
        counts.add(self.counter[1], 0, 2 * self.duration)
        try:
            return int(counts.incr(self.counter[1]))
        except ValueError:  # it was dropped between the two
            return 1

    def give_back(self) -> None:
        """What was taken last was none of what is counted.

        Lost without harm when the cache is away.
        """
        counts, key = self.counter
        with suppress(RedisError, OSError, ValueError):
            counts.decr(key)


class PerCaller(_Counted):
    """6,000 requests a minute: a hundred a second is more than any script of one person needs, and
    far from what hurts the others.

    By the minute of the clock, since a list of the times of thousands of requests would cost more
    than many of the requests.
    """

    scope = "caller"
    rate = "6000/min"

    def take_of_user(self, user_id: int) -> bool:
        """Count one more request of this user, as `allow_request` does."""
        return self.take(self.cache_format % {"scope": self.scope, "ident": user_id})

    def take_of_address(self, address: str) -> bool:
        """Count one more request of somebody without a login, as `allow_request` does."""
        return self.take(self.cache_format % {"scope": self.scope, "ident": address})

    def window(self, counts: BaseCache, key: str) -> float:
        return self.now // self.duration * self.duration


class LoginAttempts(_Counted):
    """20 attempts to get a token in the hour that the first of them begins."""

    scope = "login"
    rate = "20/hour"

    def window(self, counts: BaseCache, key: str) -> float:
        counts.add(f"{key}_began", self.now, self.duration)
        return float(counts.get(f"{key}_began", self.now))


class WrongPasswords(LoginAttempts):
    """Wrong passwords of one kind: after `num_requests` of them within an hour each next try has to
    wait, twice as long each time, up to a quarter of an hour.

    Nobody is shut out for good: who knows the password waits for one delay. Tries that come at the
    same moment are counted before anything is looked at, so they do not share one.
    """

    FIRST_DELAY = 30.0  # seconds
    LONGEST_DELAY = 900.0
    LONGEST_EXPONENT = 10

    def take_for(self, ident: str) -> bool:
        """Count a try. False when it has to wait; `wait()` says for how long."""
        key = self.cache_format % {"scope": self.scope, "ident": ident}
        self.take(key)
        counts, _key = self.counter
        too_many = self.count - self.num_requests
        with suppress(RedisError, OSError):
            if too_many > 0:
                last = float(counts.get(f"{key}_last", 0.0))
                self.ends = last + self.delay_after(too_many)
                # A clock that was set back leaves a last try in the future: nobody waits for that.
                if last <= self.now < self.ends:
                    self.give_back()
                    return False
            counts.set(f"{key}_last", self.now, self.duration)
            return True
        return too_many <= 0  # the cache went away between the two

    def delay_after(self, too_many: int) -> float:
        """Return the seconds between tries. `too_many`: beyond the free ones."""
        doubled = min(too_many - 1, self.LONGEST_EXPONENT)
        return min(self.FIRST_DELAY * 2.0**doubled, self.LONGEST_DELAY)


class PasswordsFromAddress(WrongPasswords):
    """20 wrong passwords from one address, whoever is logged in there."""

    scope = "password_address"
    rate = "20/hour"


class PasswordsForName(WrongPasswords):
    """10 wrong passwords for one user name, from wherever."""

    scope = "password_name"
    rate = "10/hour"

    def take_for_name(self, name: str) -> bool:
        return self.take_for(digest_of_name(name))


class PasswordsFromBrowser(WrongPasswords):
    """10 wrong passwords from a browser that this name signed in with before."""

    scope = "password_browser"
    rate = "10/hour"


class TokensForName(PasswordsForName):
    """The same count, over pages and REST together; REST has 20, as many as one address may try
    there.
    """

    rate = "20/hour"


def digest_of_name(name: str) -> str:
    """Return what stands for a name in keys: names may be long, with any signs."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()
