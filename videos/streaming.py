"""Files that are sent while they are written: every export, whatever its size.

The first part is made before anything is sent, so what is wrong from the start is an ordinary error
page. What breaks later ends the HTTP connection (`config.server`), since a file that merely stops
would be taken for a whole one; and the database connection is given back however it ends.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import chain
from typing import cast

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import StreamingHttpResponse

PART_SIZE = 64 * 1024  # characters; one hop between threads for each part


class StreamedFile(StreamingHttpResponse):
    """A download of this name from an iterator that may query the database."""

    def __init__(
        self, parts: Iterable[str] | Iterable[bytes], *, content_type: str, filename: str
    ) -> None:
        iterator: Iterator[str | bytes] = iter(parts)
        first = next(iterator, "")
        super().__init__(chain([first], iterator), content_type=content_type)
        self["Content-Disposition"] = f'attachment; filename="{filename}"'

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Read the parts in the request's own thread, which holds its database connection."""
        parts = self._joined()

        def next_part() -> bytes:
            return next(parts, b"")

        try:
            while part := await sync_to_async(next_part)():
                yield part
        finally:
            # Django closes the response, and with it the connections, only of a whole one.
            await sync_to_async(connections.close_all)()

    def _joined(self) -> Iterator[bytes]:
        """The content in parts of about PART_SIZE."""
        waiting: list[bytes] = []
        size = 0
        for piece in cast(Iterator[bytes], self.streaming_content):
            waiting.append(piece)
            size += len(piece)
            if size >= PART_SIZE:
                yield b"".join(waiting)
                waiting = []
                size = 0
        if waiting:
            yield b"".join(waiting)
