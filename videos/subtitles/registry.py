"""Which reader a text is for, by what it begins with."""

import re
from collections.abc import Callable

from videos.cues import Cue, CuesError
from videos.subtitles.blocks import has_timing, is_sbv, read_sbv, read_srt, read_vtt
from videos.subtitles.documents import read_json
from videos.subtitles.library import read_by_library
from videos.subtitles.lyrics import read_lrc
from videos.subtitles.markup import read_sami, read_xml
from videos.subtitles.substation import read_substation

Reader = Callable[[str], list[Cue]]

_DIALOGUE = re.compile(r"^\s*dialogue:", re.IGNORECASE | re.MULTILINE)
_SAMI = re.compile(r"<sami\b|<sync\b", re.IGNORECASE)
_JSON = re.compile(r"\{\s*\"|\[\s*\{")
_FRAMES = re.compile(r"\d\d:\d\d:\d\d:")


def read_subtitles(text: str) -> list[Cue]:
    """Read captions of any format known. Raises CuesError for any other text."""
    text = text.lstrip("\ufeff\r\n \t")
    return _reader(text)(text)


def _reader(text: str) -> Reader:
    if text.startswith("WEBVTT"):
        return read_vtt
    if _JSON.match(text):
        return read_json
    if text.startswith("<") and not has_timing(text):
        return _reader_of_markup(text)
    if _DIALOGUE.search(text):
        return read_substation
    if is_sbv(text.split("\n", 1)[0]):
        return read_sbv
    if has_timing(text):
        return read_srt
    if text.startswith(("[", "{")) or _FRAMES.match(text):
        return _read_lyrics_or_frames
    return _read_srt_or_lrc


def _reader_of_markup(text: str) -> Reader:
    if _SAMI.search(text):
        return read_sami
    return read_xml


def _read_lyrics_or_frames(text: str) -> list[Cue]:
    """Read LRC, or one of the old formats that begin alike."""
    try:
        return read_lrc(text)
    except CuesError:
        return read_by_library(text)


def _read_srt_or_lrc(text: str) -> list[Cue]:
    """Read SubRip; a song's text may have lines of its own before the first time."""
    try:
        return read_srt(text)
    except CuesError:
        return read_lrc(text)
