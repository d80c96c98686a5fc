"""How yt-dlp reaches YouTube: its way out, the authorities it trusts, and that it asks nobody else.

`TrustingRH` overrides two private methods of yt-dlp: `_make_sslcontext` trusts one more certificate
authority, `_create_instance` sends nothing to anybody but YouTube. `tests/test_sources_ytdlp.py`
fails when a new release changes one of them.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from yt_dlp.networking._requests import RequestsRH

from enrichment.sources.types import REQUEST_TIMEOUT

HOSTS = (
    ".youtube.com",
    ".googlevideo.com",
    ".www.google.com",
    ".consent.google.com",
    ".youtubei.googleapis.com",
)  # pages, media, consent and captcha, its API
SIGN_IN_HOST = "accounts.google.com"


def https_host(url: str) -> str:
    """Return the host of an address that is encrypted and at the usual port; "" of any other."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme != "https" or port not in (None, 443):
        return ""
    return parts.hostname or ""


def is_youtubes(url: str) -> bool:
    """Whether an address is one YouTube itself answers, encrypted and at the usual port."""
    return f".{https_host(url)}".endswith(HOSTS)


class SignInWanted(requests.exceptions.InvalidURL):
    """Google's sign-in page instead of an answer: the login's cookies are not valid any more."""


class OnlyYouTube(BaseAdapter):
    """Sends what goes to YouTube, to those of its addresses that `allows` allows.

    Redirects, caption tracks and audio lead wherever an answer says, and an answer may say
    anything.
    """

    def __init__(self, adapter: BaseAdapter, allows: Callable[[str], bool]) -> None:
        super().__init__()
        self.adapter = adapter
        self.allows = allows

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        if urlsplit(str(request.url)).hostname == SIGN_IN_HOST:
            raise SignInWanted("it leads to the sign-in page")
        if not self.allows(str(request.url)):
            raise requests.exceptions.InvalidURL("it leads away from YouTube")
        return self.adapter.send(request, *args, **kwargs)

    def close(self) -> None:
        self.adapter.close()


class TrustingRH(RequestsRH):  # type: ignore[misc]
    """Verifies certificates as always, and trusts the authorities of one file besides the usual
    ones. Talks to YouTube alone.
    """

    def __init__(self, *, ca_file: str, allows: Callable[[str], bool], **kwargs: Any) -> None:
        self.ca_file = ca_file
        self.allows = allows
        super().__init__(**kwargs)

    def _make_sslcontext(self, legacy_ssl_support: Any = None) -> ssl.SSLContext:
        context: ssl.SSLContext = super()._make_sslcontext(legacy_ssl_support=legacy_ssl_support)
        if self.ca_file:
            context.load_verify_locations(self.ca_file)
        return context

    def _create_instance(self, *args: Any, **kwargs: Any) -> requests.Session:
        session: requests.Session = super()._create_instance(*args, **kwargs)
        for scheme in ("https://", "http://"):
            session.mount(scheme, OnlyYouTube(session.get_adapter(scheme), self.allows))
        return session


@dataclass(frozen=True, repr=False)
class WayOut:
    """How YouTube is reached: a proxy's address ("" for the machine's own; it may hold a password,
    so it is never shown), the file of additional authorities ("" for none), the file of cookies (""
    for none), seconds until a silent server counts as gone.
    """

    proxy: str = ""
    ca_file: str = ""
    cookies_file: str = ""
    timeout: float = REQUEST_TIMEOUT
