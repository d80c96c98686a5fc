"""What the stand-in for YouTube can be told about: videos, playlists and channels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from tests.standins.failures import Failure


def channel_id_of(name: str) -> str:
    """The same channel name has the same id in every run."""
    return f"UC{sha256(name.encode()).hexdigest()[:22]}"


@dataclass(frozen=True)
class Cue:
    """One caption. `start` and `duration` in seconds."""

    start: float
    duration: float
    text: str


@dataclass(frozen=True)
class ChapterSpec:
    """`start` in seconds."""

    start: int
    title: str


@dataclass(frozen=True)
class CaptionSpec:
    """One caption track.

    `cues` None: plausible ones, derived from the video. `auto`: made by speech recognition, sent in
    the rolling form. `needs_po_token`: the address is marked `exp=xpe`, as YouTube does when it
    wants a token, for every client; `token_clients`: for these alone ("WEB", as in 2026). `empty`:
    200 with no body, the other sign of a missing token.
    `vss_id` None: YouTube's usual `.de`, or `a.de` for an automatic track.
    """

    language: str
    auto: bool = False
    cues: tuple[Cue, ...] | None = None
    name: str | None = None
    vss_id: str | None = None
    needs_po_token: bool = False
    token_clients: tuple[str, ...] = ()
    empty: bool = False


@dataclass(frozen=True)
class AudioSpec:
    """One audio track. `role` is `original`, `dubbed` or `descriptive`."""

    language: str
    role: str = "original"


@dataclass(frozen=True)
class VideoSpec:
    """One video.

    `duration` in seconds. `chapters` are those of the page's panel; chapters in the description are
    just text in `description`. `audio` with no or one track is an ordinary video, with several a
    dubbed one. `playable` False: no formats, though everything else is there.
    `owner_named` False: the page comes without its owner's renderer, and only the player response
    names the author.
    `starts_at`: for upcoming videos. `verdict_reason` and `verdict_status` replace the failure's
    usual text and status.
    `riddle`: the player response has a shape that yt-dlp's own code does not expect.
    """

    video_id: str
    title: str = "A video"
    channel: str = "A channel"
    duration: int = 600
    description: str = ""
    chapters: tuple[ChapterSpec, ...] = ()
    captions: tuple[CaptionSpec, ...] = ()
    audio: tuple[AudioSpec, ...] = ()
    language: str = "de"
    failure: Failure | None = None
    verdict_reason: str | None = None
    verdict_status: str | None = None
    riddle: bool = False
    starts_at: datetime | None = None
    countries: tuple[str, ...] = ("AT", "CH", "DE")
    made_for_kids: bool = False
    unlisted: bool = False
    owner_named: bool = True
    playable: bool = True
    uploaded: str = "2024-03-17T12:00:00-07:00"
    views: int = 12_345
    category: str = "Education"

    @property
    def channel_id(self) -> str:
        return channel_id_of(self.channel)

    @property
    def handle(self) -> str:
        return "@" + "".join(
            letter for letter in self.channel if letter.isascii() and letter.isalnum()
        )[:30].ljust(3, "x")


@dataclass(frozen=True)
class PlaylistSpec:
    """A playlist.

    Videos that fail as private or deleted are hidden until the client asks for hidden ones, as
    YouTube does.

    `announced`: how many entries its page speaks of, None for as many as there are. `ends_at`:
    after so many entries the pages go no further, as if these were all. `circles`: its second page
    leads to itself. `error`: what YouTube says instead of showing it.
    """

    playlist_id: str
    video_ids: tuple[str, ...]
    title: str = "A playlist"
    channel: str = "A channel"
    description: str = ""
    lockups: bool = False
    announced: int | None = None
    ends_at: int | None = None
    circles: bool = False
    error: str = ""


@dataclass(frozen=True)
class ChannelSpec:
    """A channel with its uploads, newest first.

    It is found as `/@handle`, `/channel/UC…`, `/c/name`, `/user/name`, and as list `UU…`.

    It has the tabs that have something, and a home page; whoever asks for another tab gets the home
    page. Its list of uploads holds all of it, and is not there when there is nothing. `error`: what
    its pages say instead. `live`: the id of the stream that runs right now. `moved_to`: the handle
    of the channel that visitors of this region are led to.
    """

    name: str
    video_ids: tuple[str, ...]
    handle: str = ""
    streams: tuple[str, ...] = ()
    shorts: tuple[str, ...] = ()
    error: str = ""
    live: str = ""
    moved_to: str = ""

    @property
    def uploads(self) -> tuple[str, ...]:
        return self.video_ids + self.shorts + self.streams

    @property
    def channel_id(self) -> str:
        return channel_id_of(self.name)

    @property
    def uploads_id(self) -> str:
        return f"UU{self.channel_id[2:]}"
