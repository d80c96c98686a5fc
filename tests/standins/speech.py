"""What is said in the invented audio: one word a second, never the same twice, so a transcript
shows what is missing or doubled.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial

import av

from tests.standins.invention import SPEECH
from tests.standins.marks import read_mark

_SYLLABLES = (
    "ba",
    "de",
    "fi",
    "go",
    "ku",
    "la",
    "me",
    "ni",
    "po",
    "ru",
    "sa",
    "te",
    "vi",
    "wo",
    "zu",
    "ha",
)
WORDLESS = "zx"
"""The language of audio in which nobody speaks; a mark holds two letters of it."""
_SPOKEN_SECONDS = 0.8
"""A word begins at its full second and lasts this long; one that is cut off is not heard."""


@dataclass(frozen=True)
class Word:
    """`start` and `end` in seconds from the beginning of the audio that was sent."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Recording:
    """A piece of audio understood.

    `start` and `duration` in seconds, `start` in the video's own time; `video_id` None: not our
    audio.
    """

    duration: float
    start: float = 0
    video_id: str | None = None
    language: str = "en"
    role: str = "o"

    def words(self, *, natural: bool = False) -> list[Word]:
        """What can be heard in it; `natural`: real words instead of unmistakable ones."""
        if self.language == WORDLESS:
            return []
        end = self.start + self.duration
        seconds = range(int(self.start), int(end) + 1)
        heard = [
            second
            for second in seconds
            if second >= self.start - 0.001 and second + _SPOKEN_SECONDS <= end
        ]
        say = partial(natural_word_at, self.language) if natural else word_at
        return [
            Word(second - self.start, second - self.start + _SPOKEN_SECONDS, say(second))
            for second in heard
        ]


def word_at(second: int) -> str:
    """The word said at that second of any video."""
    letters = [_SYLLABLES[second >> shift & 15] for shift in (12, 8, 4, 0)]
    return "".join(letters).capitalize()


def natural_word_at(language: str, second: int) -> str:
    """The word of a language said at that second: sentences that come round again after a
    minute.
    """
    words = " ".join(SPEECH.get(language, SPEECH["en"])).split()
    return words[second % len(words)]


def words_between(start: int, end: int) -> list[str]:
    """What a complete transcript of those seconds says."""
    return [word_at(second) for second in range(start, end)]


def listen(audio: bytes) -> Recording | None:
    """What a piece of audio is; None when it is none at all.

    It is not decoded: some 2 ms a minute.
    """
    try:
        with av.open(io.BytesIO(audio)) as container:
            if not container.streams.audio:
                return None
            packets = [
                packet for packet in container.demux(container.streams.audio[0]) if packet.size
            ]
    except (av.error.FFmpegError, EOFError):
        return None
    if not packets:
        return None
    base = packets[0].time_base
    duration = float((sum(packet.duration or 0 for packet in packets)) * base) if base else 0.0
    first = read_mark(bytes(packets[0]))
    if first is None:
        return Recording(duration)
    return Recording(duration, first.at / 1000, first.video_id, first.language, first.role)
