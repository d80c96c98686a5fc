"""The web server: Daphne, started with `python -m config.server` and Daphne's own options.

What differs from Daphne's own:
- A body larger than its address takes is refused while it comes, before it is kept anywhere; so is
  one more when the bodies that one person sends, or all of them together, fill too much memory.
- A response that breaks off while it is being sent ends the connection. Daphne leaves the client
  waiting for ever, because it cannot begin an error page in the middle of a body.
- A WebSocket that sends far more frames than the application takes is cut, which costs nothing: a
  close in good order would first read all that it still sends.
- A WebSocket whose client reads nothing is cut once too much waits for it; the browser comes back,
  and is told the present state.
- The event loop touches the file named by HEARTBEAT_FILE once a second, so that the supervisor can
  tell a busy server from a dead one.
- The digests of all API tokens are read every few seconds, for `config.callers`.
"""

import gc
import os
import re
import sys
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from daphne import server
from daphne.cli import CommandLineInterface
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from django.conf import settings
from django.db import connection
from twisted.internet.task import LoopingCall
from twisted.internet.threads import deferToThread

from config.callers import STRANGER, callers
from config.shedding import BUSY, RETRY_AFTER
from importer.live.rates import FRAMES_A_SECOND, FrameRate

KILOBYTE, MEGABYTE = 2**10, 2**20
LARGEST_OF_STRANGERS = 64 * KILOBYTE
LARGEST_KEPT_TEXT = 2 * MEGABYTE  # what was pasted before signing in, which the login carries along
LARGEST_FORM = 4 * MEGABYTE + 64 * KILOBYTE  # settings.DATA_UPLOAD_MAX_MEMORY_SIZE and its frame
LARGEST_UPLOAD = 60 * MEGABYTE
# Where files are uploaded: the import dialog, the admin's bulk import, a transcript's form.
UPLOADS = re.compile(
    rb"/(import/(preview/)?|lists/\d+/import/|admin/importer/importbatch/bulk/"
    rb"|videos/\d+/transcript/\w*/?)(\?|$)"
)
KEEPING_TEXT = (b"/import/", b"/import/preview/", b"/accounts/login/", b"/accounts/openid/")
DETAIL = b'{"detail": "This is too large."}'
TOO_LARGE = (
    b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(DETAIL), DETAIL)
)
TOO_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    b"Retry-After: %d\r\nContent-Length: %d\r\n\r\n%s" % (RETRY_AFTER, len(BUSY), BUSY)
)
MOST_OF_STRANGERS = 16 * MEGABYTE  # of bodies in memory at once
MOST_OF_ONE = 64 * MEGABYTE  # of one person
MOST_OF_ALL = 128 * MEGABYTE
FRAMES_BEFORE_CUT = 3 * FRAMES_A_SECOND
MOST_UNSENT = 256 * KILOBYTE  # of one WebSocket, besides what the system keeps: minutes of progress
# Seconds after which a thread that computes lets another one run. With Python's own 5 ms a request
# that asks the database twenty times waits for a tenth of a second beside each busy thread.
SWITCH_INTERVAL = 0.001
TOKENS_READ = 10.0  # seconds between two readings
OBJECTS_BETWEEN_COLLECTIONS = 2_000


def largest_body(path: bytes, *, is_known: bool) -> int:
    """Return bytes; `is_known`: the request has a session or token."""
    if not is_known:
        return largest_of_strangers(path)
    if UPLOADS.match(path):
        return LARGEST_UPLOAD
    return LARGEST_FORM


def largest_of_strangers(path: bytes) -> int:
    if path.partition(b"?")[0] in KEEPING_TEXT:
        return LARGEST_KEPT_TEXT
    return LARGEST_OF_STRANGERS


class Bodies:
    """How much of the bodies of requests under way is in memory, by user."""

    def __init__(self) -> None:
        self.of_user: Counter[int] = Counter()

    def take(self, user_id: int, size: int) -> bool:
        """Count `size` bytes more; False, and nothing is counted, when that is too much."""
        if self.of_user[user_id] + size > most_bytes_of(user_id):
            return False
        if self.of_user.total() + size > MOST_OF_ALL:
            return False
        self.of_user[user_id] += size
        return True

    def give_back(self, user_id: int, size: int) -> None:
        self.of_user[user_id] -= size
        if self.of_user[user_id] <= 0:
            del self.of_user[user_id]


def most_bytes_of(user_id: int) -> int:
    if user_id == STRANGER:
        return MOST_OF_STRANGERS
    return MOST_OF_ONE


bodies = Bodies()


class Request(WebRequest):  # type: ignore[misc]  # Daphne has no types
    is_refused = False
    received = 0
    user_id = STRANGER
    largest = LARGEST_OF_STRANGERS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Twisted would read forms, too, in the event loop and in eleven times their size."""
        super().__init__(*args, parsePOSTFormSubmission=False, **kwargs)

    def gotLength(self, length: int | None) -> None:  # noqa: N802  the name is Twisted's
        """Called when the headers are there; `length` is None for a chunked body."""
        self.user_id = callers.user_of(self.headers_received())
        # Twisted gives the request its path only when the body is there; the channel knows it.
        self.largest = largest_body(self.channel._path, is_known=self.user_id != STRANGER)
        if length is not None and length > self.largest:
            self.refuse(TOO_LARGE)
            length = 0
        super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  the name is Twisted's
        if self.is_refused:
            return
        if self.received + len(data) > self.largest:
            self.refuse(TOO_LARGE)
        elif not bodies.take(self.user_id, len(data)):
            self.refuse(TOO_BUSY)
        else:
            self.received += len(data)
            super().handleContentChunk(data)

    def headers_received(self) -> list[tuple[bytes, bytes]]:
        received = []
        for name, values in self.requestHeaders.getAllRawHeaders():
            for value in values:
                received.append((name.lower(), value))
        return received

    def refuse(self, answer: bytes) -> None:
        if self.is_refused:
            return
        self.is_refused = True
        self.channel.transport.write(answer)
        self.channel.loseConnection()

    def process(self) -> None:
        if self.is_refused:
            return
        super().process()
        if self.application_queue is not None and not self.content.closed:
            # The application's queue has all of it by now.
            self.content.seek(0)
            self.content.truncate()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802  the name is Twisted's
        self.give_body_back()
        super().connectionLost(reason)

    def finish(self) -> None:
        self.give_body_back()
        super().finish()

    def give_body_back(self) -> None:
        if self.received:
            bodies.give_back(self.user_id, self.received)
            self.received = 0

    def handle_exception(self, exception: BaseException) -> None:
        if self._response_started:
            self.channel.transport.abortConnection()
            return
        super().handle_exception(exception)


class Factory(HTTPFactory):  # type: ignore[misc]
    def buildProtocol(self, addr: object) -> Any:  # noqa: N802  the name is Twisted's
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = Request
        return protocol


class Unsent:
    """How much waits for a client that does not read. Twisted says when the buffer of a connection
    is full, and when it is empty again; what is sent in between is counted.
    """

    def __init__(self) -> None:
        self.is_full = False
        self.size = 0  # bytes

    def add(self, size: int) -> None:
        if self.is_full:
            self.size += size

    def pauseProducing(self) -> None:  # noqa: N802  the name is Twisted's
        self.is_full = True

    def resumeProducing(self) -> None:  # noqa: N802  the name is Twisted's
        self.is_full = False
        self.size = 0

    def stopProducing(self) -> None:  # noqa: N802  the name is Twisted's
        """The connection is gone."""


class Socket(WebSocketProtocol):  # type: ignore[misc]
    """Cuts the connection at FRAMES_BEFORE_CUT frames in a second (the application closes at
    fewer), and when more than MOST_UNSENT waits for it.
    """

    def onConnect(self, request: Any) -> Any:  # noqa: N802  the name is Autobahn's
        self.rate = FrameRate(FRAMES_BEFORE_CUT)
        self.unsent = Unsent()
        self.transport.unregisterProducer()  # that of HTTP, which stays registered
        self.transport.registerProducer(self.unsent, True)
        return super().onConnect(request)

    def serverSend(self, content: Any, binary: bool = False) -> None:  # noqa: N802  Daphne's
        if self.state not in (self.STATE_CONNECTING, self.STATE_OPEN):
            return  # it is gone, and the application does not know yet
        super().serverSend(content, binary)
        self.unsent.add(len(content))
        if self.unsent.size > MOST_UNSENT:
            self.dropConnection(abort=True)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803  Autobahn's
        if not self.rate.take(time.monotonic()):
            self.muted = True  # for what was received already
            self.dropConnection(abort=True)
            return
        super().onMessage(payload, isBinary)


class SocketFactory(WebSocketFactory):  # type: ignore[misc]
    protocol = Socket


def read_tokens() -> None:
    callers.read_tokens()
    connection.close()  # it belongs to a thread that may not come back


def load_pages() -> None:
    """Load all views now, and have the garbage collector interrupt few requests."""
    import_module(settings.ROOT_URLCONF)
    collect_rarely()


def collect_rarely() -> None:
    """Keep what is loaded out of the garbage collector, since a full collection looks at all of it
    again, and collect after more new objects than Python's 700. Of 486 pages of the search one in a
    hundred lost 20 ms to the collector, now 6; after 50,000 new objects it is 22 again, since even
    the smallest collection takes 20 to 40 ms then.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)


def start_heartbeat() -> None:
    file = os.environ.get("HEARTBEAT_FILE")
    if file:
        LoopingCall(Path(file).touch).start(1.0)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    start_heartbeat()
    sys.setswitchinterval(SWITCH_INTERVAL)
    django.setup()
    read_tokens()
    LoopingCall(deferToThread, read_tokens).start(TOKENS_READ, now=False)
    load_pages()
    # Daphne takes its factories from the module and offers no other way to give it some.
    server.HTTPFactory = Factory
    server.WebSocketFactory = SocketFactory
    CommandLineInterface.entrypoint()


if __name__ == "__main__":
    main()
