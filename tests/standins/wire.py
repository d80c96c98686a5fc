"""HTTP/1.1 over plain or TLS sockets, as little of it as the stand-ins need: one thread per
connection, keep-alive, clean shutdown.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BufferedReader
from typing import Any
from urllib.parse import parse_qs, urlsplit

_QUICK_ACK = getattr(socket, "TCP_QUICKACK", None)
_STOP_SECONDS = 5
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Request:
    """One request.

    `headers` have lower-case names. `target` is what stood in the request line: a path, an address,
    or host:port.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The last value of each name."""
        return {
            name: values[-1]
            for name, values in parse_qs(
                urlsplit(self.target).query, keep_blank_values=True
            ).items()
        }

    def json(self) -> dict[str, Any]:
        """The body as an object; empty for anything else, so a stand-in never fails on a strange
        request.
        """
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True)
class Response:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, value: object, status: int = 200) -> Response:
        """Moments are written as ISO 8601."""
        return cls(
            status,
            json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str).encode(),
        )

    @classmethod
    def of_html(cls, text: str, status: int = 200) -> Response:
        return cls(status, text.encode(), "text/html; charset=utf-8")


class Connection:
    """One client's connection, before or after its switch to TLS."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._reader = sock.makefile("rb")
        self._last = False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read_request(self) -> Request | None:
        """The next request; None when the client is done, or said with the one before that it would
        be.
        """
        self._acknowledge_at_once()
        line = b"" if self._last else self._reader.readline(65_536)
        if not line.strip():
            return None
        method, target, _version = line.decode("latin-1").split(maxsplit=2)
        headers = _read_headers(self._reader)
        self._last = headers.get("connection", "").lower() == "close"
        return Request(method, target, headers, self._read_body(headers))

    def send(self, response: Response, *, head: bool = False) -> None:
        """Answers; `head` keeps the body back, as HEAD wants it."""
        self._sock.sendall(_head(response) + (b"" if head else response.body))

    def send_half(self, response: Response) -> None:
        """Promises a whole answer and sends half of it."""
        self._sock.sendall(_head(response) + response.body[: len(response.body) // 2])

    def accept_tunnel(self, context: ssl.SSLContext) -> None:
        """Says yes to CONNECT and speaks TLS from here on."""
        self._sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._reader.close()
        self._last = False
        self._sock = context.wrap_socket(self._sock, server_side=True)
        self._reader = self._sock.makefile("rb")

    def is_gone(self, wait: float) -> bool:
        """Whether the client went away within that many seconds (or broke the rules by sending on,
        which is as good).
        """
        with contextlib.suppress(OSError, ValueError):
            readable, _, _ = select.select([self._sock], [], [], wait)
            return bool(readable)
        return True

    def reset(self) -> None:
        """Cuts the connection with RST instead of a goodbye."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.close()

    def shut_down(self) -> None:
        """Wakes the thread that reads from it; that thread closes."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._reader.close()
        with contextlib.suppress(OSError):
            self._sock.close()

    def _read_body(self, headers: dict[str, str]) -> bytes:
        self._acknowledge_at_once()
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return _read_chunks(self._reader)
        if headers.get("expect", "").lower() == "100-continue":
            self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self._reader.read(int(headers.get("content-length", 0)))

    def _acknowledge_at_once(self) -> None:
        """urllib3 leaves Nagle on behind a proxy; a delayed acknowledgement would cost each POST 45
        ms. The option wears off, so: again.
        """
        if _QUICK_ACK is not None:
            with contextlib.suppress(OSError):
                self._sock.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)


def _head(response: Response) -> bytes:
    phrase = HTTPStatus(response.status).phrase if response.status in set(HTTPStatus) else "Unknown"
    headers = {
        "Content-Type": response.content_type,
        "Content-Length": str(len(response.body)),
        **response.headers,
    }
    lines = [
        f"HTTP/1.1 {response.status} {phrase}",
        *(f"{name}: {value}" for name, value in headers.items()),
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1")


def _read_headers(reader: BufferedReader) -> dict[str, str]:
    headers: dict[str, str] = {}
    while line := reader.readline(65_536).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers


def _read_chunks(reader: BufferedReader) -> bytes:
    body = b""
    while size := int(reader.readline().split(b";")[0] or b"0", 16):
        body += reader.read(size)
        reader.readline()
    reader.readline()
    return body


class Listener:
    """Listens on a loopback port of the system's choice (or the given one), and hands each
    connection to `serve` in a thread of its own.
    """

    def __init__(
        self, serve: Callable[[Connection], None], *, port: int = 0, host: str = "127.0.0.1"
    ) -> None:
        self._serve = serve
        self._lock = threading.Lock()
        self._connections: dict[Connection, threading.Thread] = {}
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self.host = host
        self.port = port
        self.start()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def listening(self) -> bool:
        return self._socket is not None

    def start(self) -> None:
        """Listens; after a `stop` again on the same port."""
        if self._socket is not None:
            return
        self._socket = socket.create_server((self.host, self.port), backlog=256)
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(
            target=self._accept, args=(self._socket,), name=f"standin-{self.port}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Closes the port and every connection; new ones are refused by the system."""
        listening, self._socket = self._socket, None
        if listening is None:
            return
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
        with self._lock:
            running = list(self._connections.items())
        for connection, _ in running:
            connection.shut_down()
        deadline = time.monotonic() + _STOP_SECONDS
        for _, thread in running:
            thread.join(max(0, deadline - time.monotonic()))

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                sock, _ = listening.accept()
            except OSError:
                return
            connection = Connection(sock)
            thread = threading.Thread(target=self._run, args=(connection,), daemon=True)
            with self._lock:
                self._connections[connection] = thread
            thread.start()

    def _run(self, connection: Connection) -> None:
        try:
            self._serve(connection)
        except (OSError, ValueError):
            pass  # the client went away in the middle, or spoke something else than HTTP
        finally:
            connection.close()
            with self._lock:
                self._connections.pop(connection, None)
