"""The words of a transcript between two seconds."""

from __future__ import annotations

import math

from videos.cues import Cue, from_rows
from videos.models import Transcript

LONGEST_QUOTE = 120.0  # seconds: longer is no quote any more
NEAR = 0.001  # seconds; times are kept in milliseconds


def seconds_from(text: str) -> float | None:
    """Return the finite, non-negative seconds of a request, or None."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    if not math.isfinite(seconds) or seconds < 0:
        return None
    return seconds


def spoken_between(transcript: Transcript, start: float, end: float | None) -> str:
    """Return what is said from `start` to `end` seconds, on one line.

    Without an end it is the cue at `start`. "" when nothing is said there.
    """
    cues = from_rows(transcript.cues)
    if end is None:
        chosen = _cue_at(cues, start)
    else:
        chosen = _cues_between(cues, start, min(end, start + LONGEST_QUOTE))
    return " ".join(" ".join(cue.text.split()) for cue in chosen)


def _cue_at(cues: list[Cue], seconds: float) -> list[Cue]:
    """The last cue that has begun at this second, as a list of one or none."""
    for cue in reversed(cues):
        if cue.start <= seconds + NEAR:
            return [cue]
    return []


def _cues_between(cues: list[Cue], start: float, end: float) -> list[Cue]:
    return [cue for cue in cues if start - NEAR <= cue.start < end - NEAR]
