"""Large files are read in a process of their own, with the same result; whatever becomes of that
process, a sentence says it.
"""

import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import psutil
import pytest

from importer.intake.files import FileProblem
from importer.intake.reading import UploadRefused
from importer.intake.reading.batch import Outcome, read_batch
from importer.intake.reading.doors import SMALL, weight
from importer.intake.reading.outside import PROBLEMS, Turns, read_outside
from importer.intake.reading.wire import Outcomes, Unreadable, packed
from tests.installation import wait_for
from tests.standins import video_id

CORPUS = Path(__file__).resolve().parents[3] / "tests" / "corpus"
ROOM = 10_000


def described(outcomes: list[Outcome]) -> list[Any]:
    """Comparable: exceptions are equal when they say the same."""
    return [(one.name, one.problem) if isinstance(one, UploadRefused) else one for one in outcomes]


def children() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if "importer.intake.reading.child" in child.cmdline()
    ]


@pytest.mark.slow
def test_outside_reads_what_inside_reads() -> None:
    small = [path for path in sorted(CORPUS.iterdir()) if path.stat().st_size < 100_000]
    contents = {path.name: path.read_bytes() for path in small}
    contents["half.json"] = b'["https://youtu.be/dQw4w9WgXcQ \\ud800", {"title": "\\udfff"}]'
    files = [(name, io.BytesIO(content)) for name, content in contents.items()]
    outside = read_outside(files, ROOM, None)
    assert described(outside) == described(list(read_batch(files, ROOM)))
    assert problems(outside).count(None) > 10


@pytest.mark.slow
def test_dates_and_lines_over_the_limit_come_through() -> None:
    table = "url,title,added\n" + "".join(
        f"https://youtu.be/{video_id(n)},Title {n},2024-01-0{1 + n % 9}T10:00:00Z\n"
        for n in range(50)
    )
    files = [("table.csv", io.BytesIO(table.encode()))]
    (outside,) = read_outside(files, 20, None)
    (inside,) = read_batch(files, 20)
    assert outside == inside


@contextmanager
def reading_a_pipe() -> Iterator[tuple[Future[list[Outcome]], psutil.Process, BinaryIO]]:
    """A process that waits for its first file."""
    source, sink = os.pipe()
    with (
        ThreadPoolExecutor(1) as pool,
        os.fdopen(source, "rb") as pipe,
        os.fdopen(sink, "wb") as end,
    ):
        files: Any = [
            ("slow.txt", pipe),
            ("other.txt", io.BytesIO(b"https://youtu.be/dQw4w9WgXcQ")),
        ]
        answer = pool.submit(read_outside, files, ROOM, 1, 60.0)
        wait_for(lambda: bool(children()))
        yield answer, children()[0], end


def problems(outcomes: list[Outcome]) -> list[FileProblem | None]:
    return [one.problem if isinstance(one, UploadRefused) else None for one in outcomes]


def test_a_killed_process_is_said_in_words() -> None:
    with reading_a_pipe() as (answer, process, _end):
        process.kill()
        found = problems(answer.result(30))
    assert found == [FileProblem.TOO_HUNGRY, FileProblem.NOT_TRIED]
    assert children() == []


def test_files_that_were_read_already_are_kept() -> None:
    files = [("a.txt", io.BytesIO(b"https://youtu.be/dQw4w9WgXcQ"))]
    (read,) = read_batch(files, ROOM)
    outcomes = Outcomes(["a.txt", "b.txt", "c.txt"])
    outcomes.feed(b"".join(packed(read)))
    outcomes.refuse_rest(FileProblem.TOO_SLOW)
    assert outcomes.done[0] == read
    assert problems(outcomes.done[1:]) == [FileProblem.TOO_SLOW, FileProblem.NOT_TRIED]


def test_the_process_knows_no_secret() -> None:
    os.environ["SOME_SECRET"] = "x"
    try:
        with reading_a_pipe() as (answer, process, end):
            assert set(process.environ()) <= {"PATH", "TMPDIR", "LC_CTYPE"}
            end.close()
            assert len(answer.result(30)) == 2
    finally:
        del os.environ["SOME_SECRET"]


def test_a_process_that_takes_too_long_is_ended() -> None:
    source, sink = os.pipe()
    with os.fdopen(source, "rb") as pipe, os.fdopen(sink, "wb"):
        assert problems(read_outside([("slow.txt", pipe)], ROOM, 1, 0.5)) == [FileProblem.TOO_SLOW]
    assert children() == []


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_more_lines_than_memory_is_for_are_refused() -> None:
    line = f"https://youtu.be/{video_id(1)} {'x' * 1_950}\n"
    given = io.BytesIO((line * 18_000).encode())
    assert problems(read_outside([("a.txt", given)], ROOM, None)) == [FileProblem.TOO_LARGE]


@pytest.mark.slow
def test_a_process_ends_itself_when_it_is_too_large() -> None:
    watch = "import os; from importer.intake.reading.child import watch; watch(os.getppid(), {})"
    ended = subprocess.run([sys.executable, "-c", watch.format(1)], check=False)
    assert PROBLEMS[ended.returncode] == FileProblem.TOO_HUNGRY


@pytest.mark.slow
def test_a_process_ends_with_its_parent() -> None:
    watch = "from importer.intake.reading.child import watch; watch(1, 10**12)"
    ended = subprocess.run([sys.executable, "-c", watch], check=False)
    assert ended.returncode == 0


def test_messages_that_make_no_sense_are_refused() -> None:
    for data in (b"\xc1", b"\x92\xa5group\x01", b"\x91\xa4read\x91\xa4read", b"\x07"):
        with pytest.raises(Unreadable):
            Outcomes(["one"]).feed(data)


def test_messages_may_come_in_any_pieces() -> None:
    files = [("a.txt", io.BytesIO(b"https://youtu.be/dQw4w9WgXcQ\nnonsense"))]
    (read,) = read_batch(files, ROOM)
    outcomes = Outcomes(["a.txt"])
    for byte in b"".join(packed(read)):
        outcomes.feed(bytes([byte]))
    assert outcomes.done == [read]


def test_small_files_alone_are_read_at_once() -> None:
    text = "".join(f"https://youtu.be/{video_id(n)}\n" for n in range(1_000)).encode()
    assert weight(io.BytesIO(text)) <= SMALL < weight(io.BytesIO(text * 20))
    assert weight(io.BytesIO(b"PK\x03\x04" + bytes(20_000))) > SMALL
    assert weight(io.BytesIO(b"SQLite format 3\x00")) > SMALL


def test_one_upload_of_a_person_is_read_at_a_time() -> None:
    turns = Turns()
    with turns.turn(1) as first, turns.turn(1, 0.0) as second, turns.turn(2, 0.0) as other:
        assert (first, second, other) == (True, False, True)
        with turns.turn(3, 0.0) as third:
            assert not third
    with turns.turn(1, 0.0) as again:
        assert again


def test_a_waiting_upload_gets_the_next_turn() -> None:
    turns, entered = Turns(), threading.Event()

    def wait() -> None:
        with turns.turn(1) as is_in:
            assert is_in
            entered.set()

    with turns.turn(1):
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not entered.is_set()
    waiting.join(10)
    assert entered.is_set()
