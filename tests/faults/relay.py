"""The network between a host and a server, as a relay that can be cut like a cable.

Cut means black-holed: the kernel drops every packet that comes to the relay's sockets (a socket
filter, which needs no privilege), so nothing is acknowledged, nothing is refused and no end of a
connection is seen. A client finds out only by its own timeouts, as with a real network. Linux.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import socket
import struct
import threading
from collections.abc import Coroutine, Iterator
from typing import Any

SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27  # of <asm/socket.h>; Python has no names for them
DROP_EVERYTHING = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # BPF: return 0
PROGRAM = struct.pack("HL", 1, ctypes.addressof(DROP_EVERYTHING))
AT_ONCE = 65_536  # bytes


class Relay:
    """Listens on a port of the loopback and hands everything on to one server."""

    def __init__(self, server: str | int) -> None:
        """`server`: the path of its unix socket, or its port on the loopback."""
        self._server = server
        self._forgotten: set[socket.socket] = set()
        self._whole = asyncio.Event()
        self._whole.set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listening = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0))
        # a filter goes to the kernel's socket, whichever descriptor it is given to
        self._listener = socket.socket(fileno=os.dup(self._listening.sockets[0].fileno()))
        self._sockets = {self._listener}
        self.port: int = self._listener.getsockname()[1]

    def cut(self) -> None:
        """From now on nothing arrives, and nobody is told so."""
        self._do(self._cut())

    def mend(self, *, forgetful: bool = False) -> None:
        """What was on its way arrives, on connections that both ends still have.

        `forgetful`: new connections alone; those of before stay dead without a word, as behind a
        firewall that has forgotten them.
        """
        self._do(self._forget() if forgetful else self._mend())

    def ports_at_server(self) -> set[int]:
        """From which ports it is connected to a server on the loopback."""
        ports: set[int] = self._do(self._ports())
        return ports

    def stop(self) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def _ports(self) -> set[int]:
        return {one.getsockname()[1] for one in self._sockets}

    async def _cut(self) -> None:
        self._whole.clear()
        for one in self._sockets:
            one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, PROGRAM)

    async def _mend(self) -> None:
        for one in self._sockets:
            one.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
        self._whole.set()

    async def _forget(self) -> None:
        """A socket with a second descriptor stays as it is when the first one is closed."""
        self._forgotten |= self._sockets - {self._listener}
        self._sockets = {self._listener}
        await self._cancel_connections()
        await self._mend()

    async def _cancel_connections(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _stop(self) -> None:
        self._listening.close()
        await self._cancel_connections()
        for one in self._sockets | self._forgotten:
            one.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._whole.wait()
        try:
            up_reader, up_writer = await self._open_server()
        except OSError:
            writer.transport.abort()
            return
        # asyncio would report a cancelled task of a connection as an error
        stopped = contextlib.suppress(asyncio.CancelledError)
        with stopped, self._followed(writer), self._followed(up_writer):
            async with asyncio.TaskGroup() as both:
                both.create_task(self._hand_on(reader, up_writer))
                both.create_task(self._hand_on(up_reader, writer))

    async def _open_server(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._server, str):
            return await asyncio.open_unix_connection(self._server)
        return await asyncio.open_connection("127.0.0.1", self._server)

    @contextlib.contextmanager
    def _followed(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        """Its socket is cut with the others while it lives, and closed at the end."""
        inner = writer.get_extra_info("socket")
        own = socket.socket(fileno=os.dup(inner.fileno()))
        if own.family != socket.AF_UNIX:
            self._sockets.add(own)
        try:
            yield
        finally:
            self._sockets.discard(own)
            if own not in self._forgotten:
                own.close()
            writer.transport.abort()

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until one end closes or is gone; then both are closed."""
        with contextlib.suppress(OSError):
            while data := await reader.read(AT_ONCE):
                await self._whole.wait()
                writer.write(data)
                await writer.drain()
        await self._whole.wait()
        writer.transport.abort()
