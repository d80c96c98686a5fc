"""Posting to an address a user gave, and to nothing inside our own network.

The name is looked up once, every address found must be a public one, and the connection goes to the very address that was checked: a name
that means something else a moment later changes nothing. No redirects, no proxies, few ports, little time, and little is read.
"""

import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import AI_ADDRCONFIG, SHUT_RDWR, SOCK_STREAM, gaierror, getaddrinfo, socket
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from importer.webhooks.models import Outcome

PORTS = frozenset({80, 443, 8080, 8443})
TRIES = 2  # of the addresses of a name
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0  # for handshake, sending and the whole answer, however slowly it drips
LONGEST_ADDRESS = 500  # characters

# Addresses that carry another one inside, by which a gateway would lead back in (NAT64, 6to4, Teredo); and Azure's own service, which
# answers its machines on a public address.
TUNNELS = tuple(
    map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))
)
PUBLIC_BUT_INTERNAL = frozenset({ip_address("168.63.129.16")})


class Refused(Exception):
    """Nothing was sent, or nothing good came back."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome


@dataclass(frozen=True)
class Target:
    """An address, taken apart. `host` as it goes into the certificate check, `authority` as it goes into the Host header."""

    secure: bool
    host: str
    port: int
    authority: str
    path: str

    @property
    def is_allowed_inside(self) -> bool:
        return self.host in settings.WEBHOOK_ALLOWED_HOSTS


def parse_target(address: str) -> Target:
    """Pure. Raises ValueError for what is no plain http(s) address on one of our ports."""
    if (
        len(address) > LONGEST_ADDRESS
        or not address.isascii()
        or not address.isprintable()
        or " " in address
        or "\\" in address
    ):
        raise ValueError(address)
    parts = urlsplit(address)
    secure, port = parts.scheme == "https", parts.port
    host = (parts.hostname or "").rstrip(".")
    if (
        parts.scheme not in ("http", "https")
        or not host
        or parts.username is not None
        or parts.password is not None
        or parts.fragment
    ):
        raise ValueError(address)
    target = Target(
        secure,
        host,
        port or (443 if secure else 80),
        parts.netloc,
        (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )
    if port == 0 or (target.port not in PORTS and not target.is_allowed_inside):
        raise ValueError(address)
    return target


def is_public(text: str) -> bool:
    """Pure. Whether an IP address is one of the whole world's, and of one machine there."""
    with suppress(ValueError):
        ip: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
        if isinstance(ip, IPv6Address):
            if ip.ipv4_mapped is not None:
                ip = ip.ipv4_mapped
            elif any(ip in tunnel for tunnel in TUNNELS) or ip.is_site_local:
                return False
        return (
            ip.is_global
            and not ip.is_multicast
            and not ip.is_reserved
            and ip not in PUBLIC_BUT_INTERNAL
        )
    return False


def post(
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float = ANSWER_SECONDS,
    look_up: Callable[..., Any] = getaddrinfo,
) -> int:
    """The status of the answer. Raises Refused. One look-up, one connection, one request, at most some 20 s and the look-up."""
    try:
        target = parse_target(address)
    except ValueError:
        raise Refused(Outcome.FORBIDDEN) from None
    try:
        with closing(_connect(target, look_up)) as connected:
            return _ask(connected, target, body, headers, seconds)
    except Refused:
        raise
    except gaierror:
        raise Refused(Outcome.UNKNOWN_HOST) from None
    except ssl.SSLCertVerificationError:
        raise Refused(Outcome.UNTRUSTED) from None
    except (TimeoutError, _TooLate):
        raise Refused(Outcome.TIMEOUT) from None
    except (
        OSError,
        HTTPException,
        ValueError,
    ):  # ValueError: UnicodeError for a host no name service knows how to spell
        raise Refused(Outcome.UNREACHABLE) from None


class _TooLate(Exception):
    """The answer's time was up."""


def _connect(target: Target, look_up: Callable[..., Any]) -> socket:
    """Connected, and if the address says so ready for the handshake."""
    found = look_up(target.host, target.port, type=SOCK_STREAM, flags=AI_ADDRCONFIG)
    if not target.is_allowed_inside and not all(is_public(str(where[0])) for *_, where in found):
        raise Refused(Outcome.FORBIDDEN)
    problem: OSError = gaierror()
    for family, kind, protocol, _, where in found[:TRIES]:
        plain = socket(family, kind, protocol)
        try:
            plain.settimeout(CONNECT_SECONDS)
            plain.connect(where)
        except OSError as error:
            plain.close()
            problem = error
        else:
            break
    else:
        raise problem
    if not target.secure:
        return plain
    return _trusting().wrap_socket(
        plain, server_hostname=target.host, do_handshake_on_connect=False
    )


@cache
def _trusting() -> ssl.SSLContext:
    return ssl.create_default_context()


def _ask(
    connected: socket, target: Target, body: bytes, headers: Mapping[str, str], seconds: float
) -> int:
    """Only the status is read; what comes after it is nobody's business."""
    connection = HTTPConnection(target.host, target.port)
    connection.sock = connected
    late = threading.Event()

    def hang_up() -> None:
        late.set()
        with suppress(OSError):
            connected.shutdown(SHUT_RDWR)

    alarm = threading.Timer(seconds, hang_up)
    alarm.daemon = True
    alarm.start()
    try:
        if isinstance(connected, ssl.SSLSocket):
            connected.do_handshake()
        connection.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
        sent = {
            "Host": target.authority,
            "Content-Length": str(len(body)),
            "Connection": "close",
            **headers,
        }
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        return connection.getresponse().status
    except (OSError, HTTPException):
        if late.is_set():
            raise _TooLate from None
        raise
    finally:
        alarm.cancel()
