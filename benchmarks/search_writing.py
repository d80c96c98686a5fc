"""What writing the search index costs an import: two whole installations against the stand-in, one
of which writes no index. On the database of DATABASE_URL, SQLite without.

The videos have half an hour of speech each. They are imported in turns, here and there, so that
what else the machine does weighs on both: first a fifth of them as YouTube answers at its quickest,
then the others from a stand-in that answers at once, which no import ever meets, as fast as the
processors can. `WRITING_VIDEOS=200` imports fewer than 1,000.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.spoken_texts import Speaker
from benchmarks.system import worker_cpu
from tests.standins import CaptionSpec, Cue, YouTubeStandIn, video_id
from tests.system import EAGER, Caller, System, started

Row = tuple[str, str, str]

VIDEOS = 1_000
AT_ONCE = 50  # videos of one turn
FIRST = 700_000  # number of the first video
PATIENCE = 600.0  # seconds for one turn
LATENCY = 0.3  # seconds of one answer of YouTube's at its quickest
# Python runs it before everything else in each process of an installation. With TIMES it notes how
# long making and writing a document took; without, it leaves the index out.
HOOK = """
import importlib.abc, importlib.machinery, os, sys, time

NAME = "videos.search.documents"


class Loader(importlib.abc.Loader):
    def __init__(self, real):
        self.real = real

    def create_module(self, spec):
        return self.real.create_module(spec)

    def exec_module(self, module):
        self.real.exec_module(module)
        folder = os.environ["TIMES"]
        for name in ("words_of", "write"):
            if folder:
                setattr(module, name, timed(folder, name, getattr(module, name)))
        if not folder:
            module.words_of = lambda texts: ""
            module.write = lambda video_id, content, *, version: None


def timed(folder, name, act):
    def run(*given, **named):
        began = time.perf_counter()
        answer = act(*given, **named)
        took = (time.perf_counter() - began) * 1000
        with open(os.path.join(folder, name), "a") as file:
            file.write(f"{took}\\n")
        return answer
    return run


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != NAME:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        spec.loader = Loader(spec.loader)
        return spec


sys.meta_path.insert(0, Finder())
"""


@dataclass
class Side:
    """One of the two installations, and what each of its turns took, for one video."""

    system: System
    alice: Caller
    list_id: int
    cpu: list[float] = field(default_factory=list)  # ms
    wall: list[float] = field(default_factory=list)  # ms

    def take_turn(self, youtube_ids: Sequence[str]) -> None:
        cpu, began = worker_cpu(self.system), time.perf_counter()
        batch = self.alice.add(self.list_id, youtube_ids)["batch"]
        assert self.alice.finished(batch, PATIENCE)["failed"] == 0
        share = 1000 / len(youtube_ids)
        self.wall.append((time.perf_counter() - began) * share)
        self.cpu.append((worker_cpu(self.system) - cpu) * share)


def rows() -> Iterator[Row]:
    count = int(os.environ.get("WRITING_VIDEOS", VIDEOS))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        (folder / "hook").mkdir()
        (folder / "hook" / "sitecustomize.py").write_text(HOOK)
        times = folder / "times"
        times.mkdir()
        youtube = stack.enter_context(YouTubeStandIn())
        speak(youtube, count)
        sides = []
        for name, noted in (("with", str(times)), ("without", "")):
            environ = {**EAGER, "PYTHONPATH": str(folder / "hook"), "TIMES": noted}
            shared = name == "with"  # a database of another name
            system = stack.enter_context(started(folder / name, youtube, environ, shared=shared))
            alice = system.alice()
            sides.append(Side(system, alice, alice.new_list()))
        with_index, without = sides
        youtube.latency = (LATENCY, LATENCY)
        take_turns(sides, range(count // 5))
        yield throughput(with_index, without, f"answers take {LATENCY} s")
        youtube.latency = (0, 0)
        take_turns(sides, range(count // 5, count))
        yield throughput(with_index, without, "answers come at once")
        yield processor(with_index, without)
        yield from written(times, count)


def take_turns(sides: Sequence[Side], numbers: range) -> None:
    """Import these videos into both, some here, then some there."""
    for side in sides:
        side.cpu.clear()
        side.wall.clear()
    for begin in range(numbers.start, numbers.stop, AT_ONCE):
        ids = [video_id(FIRST + n) for n in range(begin, min(begin + AT_ONCE, numbers.stop))]
        for side in sides:
            side.take_turn(ids)
        sides = sides[::-1]


def speak(youtube: YouTubeStandIn, count: int) -> None:
    """Give the stand-in's videos texts as people speak them."""
    speaker = Speaker()
    for number in range(count):
        cues = tuple(
            Cue(float(start), float(end) - float(start), str(text))
            for start, end, text in speaker.cues(number)
        )
        captions = (CaptionSpec("de", cues=cues),)
        youtube.catalogue.change(video_id(FIRST + number), captions=captions)


def throughput(with_index: Side, without: Side, when: str) -> Row:
    wall, base = statistics.median(with_index.wall), statistics.median(without.wall)
    return (
        f"index: throughput of an import with it, {when}",
        f"{100 * base / wall:.0f} %",
        f"of one without, at least 95 %; {wall:.0f} ms a video, without {base:.0f}",
    )


def processor(with_index: Side, without: Side) -> Row:
    cpu, base = statistics.median(with_index.cpu), statistics.median(without.cpu)
    return (
        "index: the worker's CPU for a video",
        f"{cpu:.1f} ms",
        f"without an index {base:.1f} ms; load {os.getloadavg()[0]:.1f}",
    )


def written(times: Path, count: int) -> Iterator[Row]:
    for name, what, limit in (
        ("write", "writing a video's document", "; at most 10 and 50"),
        ("words_of", "making its words before the transaction", ""),
    ):
        took = sorted(float(line) for line in (times / name).read_text().split())
        yield (
            f"index: {what}, median",
            f"{statistics.median(took):.1f} ms",
            f"p95 {took[int(len(took) * 0.95) - 1]:.1f}, most {took[-1]:.1f}{limit};"
            f" {len(took)} of {count}",
        )
