"""One source per process and way out.

Importing this is free: the client libraries (43 MB, 27 MB) are loaded with the first use.
"""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from enrichment.sources.types import VideoSource
from enrichment.ytdlp import loading

if TYPE_CHECKING:
    from enrichment.sources.transcription import GroqTranscriber

_sources: dict[str, VideoSource] = {}


def load_clients() -> None:
    """Load the client libraries now: a worker does before it forks, so that its processes share
    them.
    """
    loading.load()
    if settings.GROQ_API_KEY:
        import enrichment.sources.transcription  # noqa: F401


def source_for(proxy: str) -> VideoSource:
    """This process's source for a way out: a proxy's address, or "" for the machine's own.

    Kept until the process ends.
    """
    if proxy not in _sources:
        loading.load()
        from enrichment.sources.youtube import (
            YouTubeSource,
        )  # only a worker gets here; the web server stays without it

        source = YouTubeSource(
            proxy=proxy,
            ca_file=settings.YOUTUBE_CA_FILE,
            cookies_file=settings.YOUTUBE_COOKIES_FILE,
        )
        atexit.register(source.close)
        _sources[proxy] = source
    return _sources[proxy]


@cache
def transcriber() -> GroqTranscriber | None:
    """This process's transcriber; None without a key, which is how transcription is turned off."""
    if not settings.GROQ_API_KEY:
        return None
    from enrichment.sources.transcription import GroqTranscriber  # only a worker gets here

    return GroqTranscriber(
        api_key=settings.GROQ_API_KEY, base_url=settings.GROQ_BASE_URL, model=settings.GROQ_MODEL
    )


def audio_root() -> Path:
    """Where audio lies while it is transcribed; `audio.sweep_audio` empties it of what killed
    workers left.
    """
    return Path(settings.DATA_DIR) / "audio"
