"""The web server: Daphne, started with `python -m config.server` and Daphne's own options.

What differs from Daphne's own:
- A body larger than its address takes is refused while it comes, before it is kept anywhere.
- A response that breaks off while it is being sent ends the connection. Daphne leaves the client
  waiting for ever, because it cannot begin an error page in the middle of a body.
- The event loop touches the file named by HEARTBEAT_FILE once a second, so that the supervisor can
  tell a busy server from a dead one.
"""

import os
import re
from pathlib import Path
from typing import Any

from daphne import server
from daphne.cli import CommandLineInterface
from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.internet.task import LoopingCall

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
KEEPING_TEXT = (b"/import/", b"/import/preview/", b"/accounts/login/")
DETAIL = b'{"detail": "This is too large."}'
TOO_LARGE = (
    b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(DETAIL), DETAIL)
)


def largest_body(path: bytes, *, is_known: bool) -> int:
    """How many bytes a request to this address may bring; `is_known`: it has a session or token."""
    if not is_known:
        if path.partition(b"?")[0] in KEEPING_TEXT:
            return LARGEST_KEPT_TEXT
        return LARGEST_OF_STRANGERS
    if UPLOADS.match(path):
        return LARGEST_UPLOAD
    return LARGEST_FORM


class Request(WebRequest):  # type: ignore[misc]  # Daphne has no types
    is_refused = False
    received = 0
    largest = LARGEST_OF_STRANGERS

    def gotLength(self, length: int | None) -> None:  # noqa: N802  the name is Twisted's
        """Called when the headers are there; `length` is None for a chunked body."""
        cookie = self.requestHeaders.getRawHeaders(b"cookie", [b""])[0]
        is_known = self.requestHeaders.hasHeader(b"authorization") or b"sessionid=" in cookie
        # Twisted gives the request its path only when the body is there; the channel knows it.
        self.largest = largest_body(self.channel._path, is_known=is_known)
        if length is not None and length > self.largest:
            self.refuse()
            length = 0
        super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  the name is Twisted's
        self.received += len(data)
        if self.received > self.largest:
            self.refuse()
        if not self.is_refused:
            super().handleContentChunk(data)

    def refuse(self) -> None:
        if self.is_refused:
            return
        self.is_refused = True
        self.channel.transport.write(TOO_LARGE)
        self.channel.loseConnection()

    def process(self) -> None:
        if not self.is_refused:
            super().process()

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


def main() -> None:
    heartbeat_file = os.environ.get("HEARTBEAT_FILE")
    if heartbeat_file:
        LoopingCall(Path(heartbeat_file).touch).start(1.0)
    # Daphne takes its factory from the module and offers no other way to give it one.
    server.HTTPFactory = Factory
    CommandLineInterface.entrypoint()


if __name__ == "__main__":
    main()
