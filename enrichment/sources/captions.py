"""Which caption track is taken, and what becomes of it. Pure, no requests."""

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol, TypeVar

from enrichment.sources.types import TranscriptInfo
from videos.cues import Cue, without_rolling_repeats
from videos.stages import CaptionsSource

Kind = Literal["manual", "auto"]
SOURCES: dict[Kind, CaptionsSource] = {"manual": CaptionsSource.MANUAL, "auto": CaptionsSource.AUTO}


class Track(Protocol):
    @property
    def language(self) -> str: ...

    @property
    def kind(self) -> Kind: ...


T = TypeVar("T", bound=Track)


def in_order(tracks: Iterable[T], languages: Sequence[str]) -> list[T]:
    """Manual tracks in the preferred languages, the original automatic one, the other manual ones;
    the order given breaks ties.
    """

    def rank(track: T) -> tuple[int, int, bool]:
        if track.kind == "auto":
            return len(languages), 0, False
        for place, language in enumerate(languages):
            if is_of(track.language, language):
                return place, 0, track.language.lower() != language.lower()
        return len(languages) + 1, 0, False

    return sorted(tracks, key=rank)


# Codes of one language that are written in several ways: the old beside the new, the region beside
# the script.
SAME_LANGUAGE = {
    "iw": "he",
    "in": "id",
    "ji": "yi",
    "jw": "jv",
    "tl": "fil",
    "mo": "ro",
    "nb": "no",
    "nn": "no",
    "no-nb": "no",
    "no-nn": "no",
    "sh": "sr",
    "cmn": "zh",
    "zh-cn": "zh-hans",
    "zh-sg": "zh-hans",
    "zh-my": "zh-hans",
    "zh-chs": "zh-hans",
    "zh-tw": "zh-hant",
    "zh-hk": "zh-hant",
    "zh-mo": "zh-hant",
    "zh-cht": "zh-hant",
}


def canonical(code: str) -> str:
    """A language code in one form: lower case, hyphens, today's code, Chinese by its script
    (`iw-IL` is `he-il`).
    """
    plain = code.lower().replace("_", "-").strip("-")
    if plain in SAME_LANGUAGE:
        return SAME_LANGUAGE[plain]
    language, _, rest = plain.partition("-")
    language = SAME_LANGUAGE.get(language, language)
    if language == "zh" and rest.startswith(("hans", "hant")):
        rest = rest[:4]  # `zh-Hans-CN`
    return f"{language}-{rest}" if rest else language


def is_of(code: str, language: str) -> bool:
    """Whether a track's code (`de`, `de-CH`, `iw`) is of a preferred language (`de`, `he`)."""
    return f"{canonical(code)}-".startswith(f"{canonical(language)}-")


def transcript(kind: Kind, language: str, cues: Sequence[Cue]) -> TranscriptInfo | None:
    """A track as it is kept; None when it has no text.

    Automatic captions lose their rolling repeats.
    """
    readable = without_rolling_repeats(cues) if kind == "auto" else cues
    return TranscriptInfo(SOURCES[kind], language, tuple(readable)) if readable else None
