"""Suites of subtitle files."""

import ast
import importlib
import json
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from videos.cues import CuesError, plain_text
from videos.subtitles import read_subtitles
from videos.transcripts import TranscriptRefused, read_transcript

Case = tuple[str, bool, str]


def count(content: bytes) -> int:
    """How many cues a file has; 0 where it is refused."""
    from videos.transcripts import _decoded

    try:
        return len(read_subtitles(_decoded(content, "")))
    except (CuesError, TranscriptRefused):
        return 0


def wpt_files(checkout: Path) -> Iterator[Case]:
    """Files of the web platform tests, by the number of cues."""
    for script in sorted((checkout / "test" / "wpt-file-parsing").glob("*.js")):
        expected = re.search(r"cues\.length, (\d+)", script.read_text())
        file = script.with_suffix(".vtt")
        if expected and file.exists():
            found = count(file.read_bytes())
            yield f"wpt/{file.name}", found == int(expected[1]), f"{found} for {expected[1]}"


def webvtt_py(checkout: Path) -> Iterator[Case]:
    """Files of its tests that it reads itself, by the number of cues with a text."""
    sys.path.insert(0, str(checkout))
    library = importlib.import_module("webvtt")
    readers = {".vtt": library.read, ".srt": library.from_srt, ".sbv": library.from_sbv}
    for file in sorted((checkout / "tests" / "subtitles").iterdir()):
        try:
            captions = readers[file.suffix](str(file))
        except library.errors.MalformedFileError:
            continue
        except library.errors.MalformedCaptionError:
            continue
        expected = sum(1 for caption in captions if caption.text.strip())
        found = count(file.read_bytes())
        yield f"webvtt-py/{file.name}", found == expected, f"{found} for {expected}"


def pysubs2(checkout: Path) -> Iterator[Case]:
    """Every text in its tests that it reads itself: the same times and words."""
    sys.path.insert(0, str(checkout))
    library = importlib.import_module("pysubs2")
    for number, (name, text) in enumerate(_literals(checkout)):
        expected = _read_by(library, text)
        if expected:
            found: list[Any]
            try:
                found = [(cue.start, cue.end, cue.text.split()) for cue in read_subtitles(text)]
            except CuesError as error:
                found = [str(error)]
            yield f"pysubs2/{name}/{number}", found == expected, f"{found} for {expected}"[:400]


def _literals(checkout: Path) -> Iterator[tuple[str, str]]:
    from textwrap import dedent

    for file in sorted((checkout / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and "\n" in node.value
            ):
                yield file.stem, dedent(node.value)
    for file in sorted((checkout / "tests" / "data").iterdir()):
        if file.suffix in (".ass", ".ttml"):
            yield file.name, file.read_text(encoding="utf-8")


def _read_by(library: Any, text: str) -> list[Any]:
    """What the library reads: start, end and words of each line that has any."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            events = list(library.SSAFile.from_string(text))
        except Exception:  # noqa: BLE001  # it has a dozen of its own, and Python's
            return []
    rows = [
        (max(event.start, 0) / 1000, event.end / 1000, plain_text(event.plaintext).split())
        for event in events
        if event.type == "Dialogue" and not event.is_drawing
    ]
    return sorted((row for row in rows if row[2]), key=lambda row: row[0])


def srt(checkout: Path) -> Iterator[Case]:
    """Its sample files: letters of the language they are in."""
    for file in sorted((checkout / "srt_tools").rglob("*.srt")):
        cues = read_transcript(file.read_bytes())
        text = " ".join(cue.text for cue in cues)
        is_right = bool(re.search("[的了你我是在]" if "gb" in file.name else r"\w", text))
        yield f"srt/{file.name}", is_right, json.dumps(text[:60], ensure_ascii=False)
