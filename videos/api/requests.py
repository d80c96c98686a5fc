"""How a REST request is read, and how many of them one caller may send."""

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser, FormParser, JSONParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from videos.api.errors import TooLarge


class _Measured(BaseParser):
    """Refuses a body that is larger than DATA_UPLOAD_MAX_MEMORY_SIZE before any of it is read into memory.

    A body without a Content-Length counts as empty, as in all of Django.
    """

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge
        return super().parse(stream, media_type, parser_context)


class Json(_Measured, JSONParser):
    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError(_("This JSON is nested too deeply.")) from None


class Form(_Measured, FormParser):
    pass


class MultiPart(_Measured, MultiPartParser):
    pass


class FormatParameter(DefaultContentNegotiation):
    """For calls that answer other formats by `?format=`: an Accept header for one of those is no reason to refuse."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class _FromAddress(UserRateThrottle):
    """A caller without a login is known by the address the web server saw: anybody can write an X-Forwarded-For."""

    def get_ident(self, request: Request) -> str:
        return str(request.META.get("REMOTE_ADDR", ""))


class PerCaller(_FromAddress):
    """6,000 requests a minute: a hundred a second is more than any script of one person needs, and far from what hurts the others.

    Counted by the minute of the clock, since a list of the times of thousands of requests would cost more than many of the requests.
    """

    scope = "caller"
    rate = "6000/min"
    num_requests: int
    duration: int

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.now = float(self.timer())
        key = f"{self.get_cache_key(request, view)}_{int(self.now // self.duration)}"
        self.cache.add(key, 0, 2 * self.duration)
        return int(self.cache.incr(key)) <= self.num_requests

    def wait(self) -> float:
        return self.duration - self.now % self.duration


class LoginAttempts(_FromAddress):
    """20 attempts an hour to get a token."""

    scope = "login"
    rate = "20/hour"
