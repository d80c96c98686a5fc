"""What the sources answer: plain records, already cleaned and cut to the sizes of the models.

Importing this costs nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Protocol, Self

from videos.cues import Cue
from videos.stages import CaptionsSource

TITLE_LENGTH = 500
CHANNEL_LENGTH = 200
CHANNEL_ID_LENGTH = 30
CHAPTER_TITLE_LENGTH = 300
DESCRIPTION_LENGTH = 20_000  # YouTube allows 5,000
LANGUAGE_LENGTH = 20
REQUEST_TIMEOUT = 10.0  # seconds for connecting to YouTube, and for each read


@dataclass(frozen=True)
class ChapterInfo:
    """`start` and `end` in seconds."""

    start: float
    end: float
    title: str


@dataclass(frozen=True)
class CaptionTrack:
    """A captions track at YouTube, never a translated one.

    `url` answers json3 and expires after some hours.

    `blocked`: YouTube lists the track but gives it only to clients with a token of origin, which we
    are not; `url` is useless then.
    """

    language: str
    kind: Literal["manual", "auto"]
    url: str
    blocked: bool = False


@dataclass(frozen=True)
class VideoInfo:
    """`duration` in seconds, None when unknown; `language` is the original audio's, None when
    YouTube does not say.
    """

    youtube_id: str
    title: str
    channel: str = ""
    channel_id: str = ""
    duration: int | None = None
    description: str = ""
    published_at: date | None = None
    chapters: tuple[ChapterInfo, ...] = ()
    tracks: tuple[CaptionTrack, ...] = ()
    language: str | None = None

    def chapter_titles(self) -> list[str]:
        return [chapter.title for chapter in self.chapters]


@dataclass(frozen=True)
class TranscriptInfo:
    source: CaptionsSource
    language: str
    cues: tuple[Cue, ...]

    def spoken(self) -> list[str]:
        """Return the text of each cue."""
        return [cue.text for cue in self.cues]


class Withheld(Enum):
    """Tracks are listed and none is given. Never to be taken for "no captions"."""

    WITHHELD = "withheld"


WITHHELD = Withheld.WITHHELD


@dataclass(frozen=True)
class AudioAddress:
    """Where the audio of a video lies, for some hours and for the way out that asked.

    `duration` in seconds.
    """

    url: str
    extension: str
    headers: dict[str, str]
    duration: int | None


@dataclass(frozen=True)
class AudioSession:
    """What a run that met a video without captions hands on to its transcription.

    `address` None: it was not asked for.

    `way`: a digest of the way out; the address is good there alone. `until`: seconds since 1970.
    """

    visitor_data: str = ""
    way: str = ""
    until: float = 0.0
    address: AudioAddress | None = None

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def of_json(cls, values: dict[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        address = None
        if values.get("address"):
            address = AudioAddress(**values["address"])
        return cls(
            visitor_data=values.get("visitor_data", ""),
            way=values.get("way", ""),
            until=values.get("until", 0.0),
            address=address,
        )


@dataclass(frozen=True)
class AudioFile:
    """`duration` in seconds, None when YouTube does not say; `size` in bytes."""

    path: Path
    size: int
    duration: int | None


@dataclass(frozen=True)
class PlaylistEntry:
    """One line of a playlist.

    `gone`: private or deleted, as the playlist itself says; `duration` in seconds.
    """

    youtube_id: str
    title: str = ""
    channel: str = ""
    duration: int | None = None
    gone: Literal["private", "deleted"] | None = None


@dataclass(frozen=True)
class Continuation:
    """Where the reading of a list goes on, in this process or any other: after its first `read`
    entries.

    `token` is YouTube's name for the next page, `session` what YouTube knew the reader by, and
    `channel` the list's own, which later pages do not repeat. `announced`: how many entries YouTube
    says there are; None when it does not.
    """

    token: str
    session: dict[str, str]
    channel: str
    announced: int | None
    read: int

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class ListPage:
    """One page of a list. `title` is the list's, on its first page alone.

    `announced`: how many entries YouTube says there are; None when it does not. `continuation`
    leads to the next page, None after the last one. `read`: how many entries came, those of the
    pages before included; `is_cut_short`: the list ended here, although not all of it came.
    """

    entries: list[PlaylistEntry]
    title: str = ""
    announced: int | None = None
    continuation: Continuation | None = None
    read: int = 0
    is_cut_short: bool = False


class VideoSource(Protocol):
    """Where a video's data comes from.

    Every method raises a SourceError and nothing else of a third party.
    """

    def fetch_metadata(self, youtube_id: str, *, one_request: bool = False) -> VideoInfo: ...

    def fetch_open_track(
        self, info: VideoInfo, languages: Sequence[str]
    ) -> TranscriptInfo | Withheld | None: ...

    def fetch_track_of_second_client(
        self, youtube_id: str, languages: Sequence[str]
    ) -> TranscriptInfo | Withheld | None: ...

    def fetch_track_of_transcript_api(
        self, youtube_id: str, languages: Sequence[str]
    ) -> TranscriptInfo | Withheld | None: ...

    def fetch_list_page(
        self, playlist: str, continuation: Continuation | None = None
    ) -> ListPage: ...

    def fetch_audio(
        self,
        youtube_id: str,
        folder: Path,
        *,
        session: AudioSession | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> AudioFile: ...

    def audio_session(self, youtube_id: str) -> AudioSession: ...

    def close(self) -> None: ...
