"""The process that reads one upload: `python -m importer.intake.reading.child`.

Its standard input says which open files it reads, its standard output gets the messages. It limits
itself before it looks at the first byte, has no secret in its environment, and writes nothing.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import msgpack
import psutil

from importer.intake.reading.batch import NamedFile, Outcome, read_batch
from importer.intake.reading.ends import TOO_MUCH_MEMORY, TOO_MUCH_RESULT
from importer.intake.reading.wire import LARGEST_RESULT, SURROGATES, packed

MOST_MEMORY = 256 * 2**20  # bytes that are really in memory
MOST_ADDRESSES = 512 * 2**20  # bytes of address space; macOS does not limit that
CPU_SECONDS = 15
LARGEST_FILE = 256 * 2**20  # bytes of a temporary file, what is unpacked into it
WATCHED_EVERY = 0.05  # seconds


def limit_process() -> None:
    """Limit what this process may use. What a system does not know is left to the watcher."""
    with suppress(OSError):
        os.nice(5)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    limits = {
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: LARGEST_FILE,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_AS: MOST_ADDRESSES,
    }
    for kind, most in limits.items():
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


def watch(parent: int, most: int = MOST_MEMORY) -> None:
    """End this process when it takes over `most` bytes of memory, or its parent is gone."""
    this = psutil.Process()
    while os.getppid() == parent:
        if this.memory_info().rss > most:
            os._exit(TOO_MUCH_MEMORY)
        time.sleep(WATCHED_EVERY)
    os._exit(0)


def main() -> None:
    limit_process()
    threading.Thread(target=watch, args=(os.getppid(),), daemon=True).start()
    asked: dict[str, Any] = msgpack.unpack(sys.stdin.buffer, unicode_errors=SURROGATES)
    files = list(open_files(asked["files"]))
    try:
        write(read_batch(files, asked["room"]))
    except MemoryError:
        os._exit(TOO_MUCH_MEMORY)


def open_files(given: list[tuple[str, int]]) -> Iterator[NamedFile]:
    """Yield the files that the parent left open, of which it says name and number."""
    for name, number in given:
        yield name, os.fdopen(number, "rb")


def write(outcomes: Iterable[Outcome]) -> None:
    """Write the messages to standard output; end this process when they become too many."""
    written = 0
    for outcome in outcomes:
        for message in packed(outcome):
            written += len(message)
            if written > LARGEST_RESULT:
                os._exit(TOO_MUCH_RESULT)
            sys.stdout.buffer.write(message)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
