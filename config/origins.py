"""Which pages may open a WebSocket: those of this very site, port and scheme included.

Cookies are the same for every port of a host name, so a page of another program on this machine
would come with our user's session. The rule is the one Django has for forms (CSRF).
"""

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain


class OwnOriginOnly:
    """An ASGI application that refuses WebSockets which another site's page opens."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        application = self.application
        if not is_own_origin(dict(scope["headers"])):
            application = WebsocketDenier()
        return await application(scope, receive, send)


def is_own_origin(headers: dict[bytes, bytes]) -> bool:
    """Compare the Origin header with the Host header, or with CSRF_TRUSTED_ORIGINS."""
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    if is_trusted_by_settings(origin):
        return True
    host = headers.get(b"host", b"").decode("latin-1").lower()
    return is_allowed(host) and origin == f"{scheme_of(headers)}://{host}"


def is_allowed(host: str) -> bool:
    """Whether ALLOWED_HOSTS names the host; the port does not matter."""
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def scheme_of(headers: dict[bytes, bytes]) -> str:
    """Return `https` where a proxy that is believed says so, else `http`."""
    if settings.SECURE_PROXY_SSL_HEADER and headers.get(b"x-forwarded-proto") == b"https":
        return "https"
    return "http"


def is_trusted_by_settings(origin: str) -> bool:
    for pattern in settings.CSRF_TRUSTED_ORIGINS:
        if is_trusted(origin, pattern):
            return True
    return False


def is_trusted(origin: str, pattern: str) -> bool:
    """Pure. `pattern` is an origin, or one with `*.` for all names below a domain."""
    scheme, _, host = pattern.lower().partition("://")
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme == scheme and is_same_domain(parts.netloc, host.removeprefix("*"))
