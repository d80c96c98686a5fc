"""Posting to an address a user gave, and to nothing inside our own network.

The name is looked up once, every address found must be a public one, and the connection goes to the
very address that was checked: a name that means something else a moment later changes nothing. No
redirects, no proxies, few ports, little time, and little is read.
"""

import re
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue
from socket import AI_ADDRCONFIG, SHUT_RDWR, SOCK_STREAM, gaierror, getaddrinfo, socket
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from importer.webhooks.models import Outcome

PORTS = frozenset({80, 443, 8080, 8443})
_USUAL_PORTS = {"http": 80, "https": 443}
TRIES = 2  # of the addresses of a name
CONNECT_SECONDS = 5.0
LOOK_UP_SECONDS = 5.0
ANSWER_SECONDS = 10.0  # for handshake, sending and the whole answer, however slowly it drips
LONGEST_ADDRESS = 500  # characters
# Printable ASCII without blanks and backslashes.
_PLAIN = re.compile(rf"[!-\[\]-~]{{1,{LONGEST_ADDRESS}}}")

# What is not one machine of the whole world's, by the registries of special addresses (RFC 6890 and
# its followers). A list of our own, because Python's differs from version to version.
INTERNAL_IPV4 = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("10.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),  # behind a carrier's NAT; some clouds' metadata service
    IPv4Network("127.0.0.0/8"),
    IPv4Network("168.63.129.16/32"),  # Azure's own service, which answers its machines here
    IPv4Network("169.254.0.0/16"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.0.0.0/24"),  # protocol assignments; Oracle's metadata service
    IPv4Network("192.0.2.0/24"),  # documentation
    IPv4Network("192.88.99.0/24"),  # 6to4 relays
    IPv4Network("192.168.0.0/16"),
    IPv4Network("198.18.0.0/15"),  # benchmarks
    IPv4Network("198.51.100.0/24"),  # documentation
    IPv4Network("203.0.113.0/24"),  # documentation
    IPv4Network("224.0.0.0/3"),  # multicast, reserved, broadcast
)
PUBLIC_IPV6 = IPv6Network("2000::/3")
INTERNAL_IPV6 = (
    # Protocol assignments, among them Teredo, which carries another address.
    IPv6Network("2001::/23"),
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4, which carries another address
    IPv6Network("3fff::/20"),  # documentation
)


class Refused(Exception):
    """Nothing was sent, or nothing good came back."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome


@dataclass(frozen=True)
class Target:
    """An address, taken apart.

    `host` as it goes into the certificate check, `authority` as it goes into the Host header.
    """

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
    if not _PLAIN.fullmatch(address):
        raise ValueError(address)
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in _USUAL_PORTS or not host or _has_more(parts):
        raise ValueError(address)
    port = _port_of(parts)
    target = Target(parts.scheme == "https", host, port, parts.netloc, _path_of(parts))
    if port == 0 or (port not in PORTS and not target.is_allowed_inside):
        raise ValueError(address)
    return target


def _port_of(parts: SplitResult) -> int:
    if parts.port is None:
        return _USUAL_PORTS[parts.scheme]
    return parts.port


def _path_of(parts: SplitResult) -> str:
    path = parts.path or "/"
    if not parts.query:
        return path
    return f"{path}?{parts.query}"


def _has_more(parts: SplitResult) -> bool:
    """Return whether an address has what none of ours has: a name, a password or a fragment."""
    return parts.username is not None or parts.password is not None or bool(parts.fragment)


def is_public(text: str) -> bool:
    """Pure. Whether an IP address is one of the whole world's, and of one machine there."""
    try:
        ip = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if isinstance(ip, IPv6Address):
        return ip in PUBLIC_IPV6 and not _is_in_any(ip, INTERNAL_IPV6)
    return not _is_in_any(ip, INTERNAL_IPV4)


def _is_in_any(
    ip: IPv4Address | IPv6Address, networks: Iterable[IPv4Network | IPv6Network]
) -> bool:
    for network in networks:
        if ip in network:
            return True
    return False


def post(
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float = ANSWER_SECONDS,
    look_up: Callable[..., Any] = getaddrinfo,
) -> int:
    """The status of the answer.

    Raises Refused. One look-up, one connection, one request, at most some 25 s.
    """
    try:
        target = parse_target(address)
    except ValueError:
        raise Refused(Outcome.FORBIDDEN) from None
    try:
        with closing(_connect(target, look_up, min(seconds, LOOK_UP_SECONDS))) as connected:
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


def _connect(target: Target, look_up: Callable[..., Any], seconds: float) -> socket:
    """Connected, and if the address says so ready for the handshake."""
    found = _found_in_time(look_up, target, seconds)
    if not target.is_allowed_inside:
        _check_public(found)
    plain = _connect_to_one(found)
    if not target.secure:
        return plain
    return _trusting().wrap_socket(
        plain, server_hostname=target.host, do_handshake_on_connect=False
    )


def _check_public(found: Iterable[Any]) -> None:
    """Raises Refused for what a look-up found inside a network."""
    for *_, where in found:
        if not is_public(str(where[0])):
            raise Refused(Outcome.FORBIDDEN)


def _connect_to_one(found: Sequence[Any]) -> socket:
    """Connect to the first address that answers. Raises the last one's OSError when none does."""
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
            return plain
    raise problem


def _found_in_time(look_up: Callable[..., Any], target: Target, seconds: float) -> Any:
    """Look the name up. TimeoutError when the name service takes longer.

    The system's look-up cannot be ended from outside, so its thread is left to end by itself.
    """
    answers: SimpleQueue[Any] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(look_up(target.host, target.port, type=SOCK_STREAM, flags=AI_ADDRCONFIG))
        except Exception as error:  # noqa: BLE001  raised below, in the thread that waits
            answers.put(error)

    threading.Thread(target=ask, daemon=True, name="webhook look-up").start()
    try:
        found = answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if isinstance(found, Exception):
        raise found
    return found


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
        _send_request(connection, target, body, headers)
        return connection.getresponse().status
    except (OSError, HTTPException):
        if late.is_set():
            raise _TooLate from None
        raise
    finally:
        alarm.cancel()


def _send_request(
    connection: HTTPConnection, target: Target, body: bytes, headers: Mapping[str, str]
) -> None:
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
