"""Read files in a process of their own, so that what they cost is not the web server's.

The process may be killed, run out of memory or be taken over by what it reads: the upload is
refused with a sentence, and nobody else notices.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copyfileobj
from typing import IO, BinaryIO

import msgpack

from importer.intake.files import FileProblem
from importer.intake.reading.batch import NamedFile, Outcome, UploadRefused
from importer.intake.reading.ends import TOO_MUCH_MEMORY, TOO_MUCH_RESULT
from importer.intake.reading.wire import SURROGATES, Outcomes, Unreadable

logger = logging.getLogger(__name__)

BASE_DIR = Path(__file__).resolve().parents[3]
MOST_AT_ONCE = 2  # processes of one web server
PATIENCE = 30.0  # seconds that an upload waits for its turn
SECONDS = 120.0  # until a process is ended, however busy the machine is
CHUNK = 256 * 1024

# Which sentence a process' end deserves, by its exit code; of a signal it is negative.
PROBLEMS = {
    TOO_MUCH_MEMORY: FileProblem.TOO_HUNGRY,
    -signal.SIGKILL: FileProblem.TOO_HUNGRY,  # by the system, which ran out of memory
    TOO_MUCH_RESULT: FileProblem.TOO_LARGE,
    -signal.SIGXFSZ: FileProblem.UNPACKS_TOO_LARGE,
    -signal.SIGXCPU: FileProblem.TOO_SLOW,
}


class Turns:
    """Lets one upload of each person in, and MOST_AT_ONCE of all."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._owners: list[int | None] = []

    @contextmanager
    def turn(self, owner_id: int | None, patience: float = PATIENCE) -> Iterator[bool]:
        """Wait for a place and keep it for the `with` block; False when none came in time."""
        with self._changed:
            is_in = self._changed.wait_for(lambda: self._has_place(owner_id), patience)
            if is_in:
                self._owners.append(owner_id)
        try:
            yield is_in
        finally:
            if is_in:
                self._leave(owner_id)

    def _has_place(self, owner_id: int | None) -> bool:
        return owner_id not in self._owners and len(self._owners) < MOST_AT_ONCE

    def _leave(self, owner_id: int | None) -> None:
        with self._changed:
            self._owners.remove(owner_id)
            self._changed.notify_all()


turns = Turns()


def read_outside(
    files: Sequence[NamedFile], room: int, owner_id: int | None, seconds: float = SECONDS
) -> list[Outcome]:
    """As `read_batch`, in a process of its own. `owner_id`: whose upload it is."""
    with turns.turn(owner_id) as is_in:
        if not is_in:
            return [UploadRefused(name, FileProblem.BUSY) for name, _stream in files]
        with ExitStack() as stack:
            names = []
            numbers = []
            for name, stream in files:
                names.append(name)
                numbers.append(stack.enter_context(on_disk(stream)).fileno())
            asked = {"room": room, "files": list(zip(names, numbers, strict=True))}
            question = stack.enter_context(tempfile.TemporaryFile())
            question.write(msgpack.packb(asked, unicode_errors=SURROGATES))
            question.seek(0)
            return ask(question, names, numbers, seconds)


@contextmanager
def on_disk(stream: BinaryIO) -> Iterator[IO[bytes]]:
    """Open the file behind this stream, from its beginning; of one in memory a copy."""
    if stream.seekable():
        stream.seek(0)
    if has_file(stream):
        yield stream
        return
    with tempfile.TemporaryFile() as copy:
        copyfileobj(stream, copy)
        copy.seek(0)
        yield copy


def has_file(stream: BinaryIO) -> bool:
    """Return whether the system has a file for it: what is in memory has none."""
    try:
        stream.fileno()
    except OSError:
        return False
    return True


def ask(question: IO[bytes], names: list[str], numbers: list[int], seconds: float) -> list[Outcome]:
    """Start the process, and return what it says of each file within these seconds."""
    outcomes = Outcomes(names)
    with subprocess.Popen(
        [sys.executable, "-m", "importer.intake.reading.child"],
        cwd=BASE_DIR,
        env={name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ},
        stdin=question,
        stdout=subprocess.PIPE,
        pass_fds=numbers,
    ) as process:
        problem = listen_or_kill(process, outcomes, time.monotonic() + seconds)
        code = process.wait()
    if not outcomes.is_complete:
        if problem == FileProblem.DAMAGED:
            problem = PROBLEMS.get(code, problem)
        logger.warning("an upload could not be read: %s (exit code %s)", problem.value, code)
        outcomes.refuse_rest(problem)
    return outcomes.done


def listen_or_kill(
    process: subprocess.Popen[bytes], outcomes: Outcomes, until: float
) -> FileProblem:
    """Read what the process says, and return what is wrong if that is not everything."""
    assert process.stdout is not None
    try:
        listen(process.stdout, outcomes, until)
    except TimeoutError:
        process.kill()
        return FileProblem.TOO_SLOW
    except Unreadable:
        process.kill()
    return FileProblem.DAMAGED


def listen(pipe: IO[bytes], outcomes: Outcomes, until: float) -> None:
    """Read the messages to their end. Raises TimeoutError, Unreadable."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            left = until - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise TimeoutError
            data = os.read(pipe.fileno(), CHUNK)
            if not data:
                return
            outcomes.feed(data)
