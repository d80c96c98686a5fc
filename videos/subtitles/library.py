"""MicroDVD, MPL2 and TMPlayer, which few people have: read by pysubs2.

Tried for the other formats too. There it refuses a whole SubStation file for one wrong time and
takes its columns from no header, knows neither frames nor ticks of TTML, and has no SBV and LRC:
our own readers lose less of what people have.
"""

import re
from collections.abc import Iterable, Iterator

from pysubs2 import SSAEvent, SSAFile
from pysubs2.exceptions import Pysubs2Error

from videos.cues import Cue, CuesError, tidy

_FORMATS = (
    ("microdvd", re.compile(r"\{\d+\}\s*\{\d*\}")),
    ("mpl2", re.compile(r"\[-?\d+\]\s*\[-?\d+\]")),
    ("tmp", re.compile(r"\d\d:\d\d:\d\d:")),
)
_FRAMES_PER_SECOND = 25.0  # where a MicroDVD file does not say


def read_by_library(text: str) -> list[Cue]:
    """Read one of these formats. Raises CuesError for any other text."""
    for name, begin in _FORMATS:
        if begin.match(text):
            return tidy(_cues(text, name))
    raise CuesError("no such format")


def _cues(text: str, name: str) -> Iterator[Cue]:
    for event in _events(text, name):
        yield Cue(event.start / 1000, event.end / 1000, event.plaintext)


def _events(text: str, name: str) -> Iterable[SSAEvent]:
    try:
        return SSAFile.from_string(text, format_=name)
    except Pysubs2Error:
        return SSAFile.from_string(text, format_=name, fps=_FRAMES_PER_SECOND)
    except (ValueError, ArithmeticError) as error:
        raise CuesError("damaged") from error
