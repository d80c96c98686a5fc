"""What YouTube has: chosen videos, playlists and channels, and an invented video for every other
id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from tests.standins.failures import Failure
from tests.standins.invention import invent_video
from tests.standins.specs import ChannelSpec, PlaylistSpec, VideoSpec

_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def video_id(number: int) -> str:
    """The number-th of many different, valid video ids.

    They look drawn at random, and their order says nothing.
    """
    # An odd multiplier is a bijection on 60 bits, so two numbers never meet; the eleventh letter is
    # one of the 16 YouTube ends an id with.
    value = (number * 0x5851F42D4C957F2D + 0x14057B7EF767814F) % (1 << 60)
    letters = "".join(_ALPHABET[(value >> shift) & 63] for shift in range(54, -6, -6))
    return letters + _ALPHABET[(number % 16) * 4]


class Catalogue:
    """Everything the stand-in knows.

    Changing it while requests run is safe: each request reads one whole spec.
    """

    def __init__(self) -> None:
        self._videos: dict[str, VideoSpec] = {}
        self._playlists: dict[str, PlaylistSpec] = {}
        self._channels: dict[str, ChannelSpec] = {}

    def add(self, *specs: VideoSpec | PlaylistSpec | ChannelSpec) -> None:
        """Makes these known; a spec with a known id replaces it."""
        for spec in specs:
            if isinstance(spec, VideoSpec):
                self._videos[spec.video_id] = spec
            elif isinstance(spec, PlaylistSpec):
                self._playlists[spec.playlist_id] = spec
            else:
                self._add_channel(spec)

    def change(self, video_id: str, **fields: Any) -> VideoSpec:
        """The video of that id, invented or chosen, with some fields changed: `change(id,
        failure=Failure.PRIVATE)`.
        """
        spec = replace(self.video(video_id), **fields)
        self.add(spec)
        return spec

    def add_playlist(
        self, playlist_id: str, videos: int | Iterable[str], **fields: Any
    ) -> PlaylistSpec:
        """A playlist of these ids, or of so many invented videos."""
        ids = (
            tuple(map(_member(playlist_id), range(videos)))
            if isinstance(videos, int)
            else tuple(videos)
        )
        spec = PlaylistSpec(playlist_id, ids, **fields)
        self.add(spec)
        return spec

    def add_channel(self, name: str, videos: int | Iterable[str], **fields: Any) -> ChannelSpec:
        """A channel of these ids, or of so many invented videos (which then say so)."""
        if isinstance(videos, int):
            ids = tuple(
                self.change(member, channel=name).video_id
                for member in map(_member(name), range(videos))
            )
        else:
            ids = tuple(videos)
        spec = ChannelSpec(name, ids, **fields)
        self.add(spec)
        return spec

    def video(self, video_id: str) -> VideoSpec:
        return self._videos.get(video_id) or invent_video(video_id)

    def failure_of(self, video_id: str) -> Failure | None:
        """Cheap: an invented video, which need not be made up for this, never fails."""
        chosen = self._videos.get(video_id)
        return chosen.failure if chosen else None

    def find_video(self, video_id: str) -> VideoSpec | None:
        """None for what is no video id at all."""
        return self.video(video_id) if _VIDEO_ID.fullmatch(video_id) else None

    def find_playlist(self, playlist_id: str) -> PlaylistSpec | None:
        return self._playlists.get(playlist_id)

    def find_channel(self, name: str) -> ChannelSpec | None:
        """By id, by `@handle`, or by name as in `/c/name` and `/user/name`."""
        return self._channels.get(name.lower())

    def clear(self) -> None:
        self._videos.clear()
        self._playlists.clear()
        self._channels.clear()

    def _add_channel(self, spec: ChannelSpec) -> None:
        names = (spec.channel_id, spec.name, channel_handle(spec))
        self._channels.update((name.lower(), spec) for name in names)
        if spec.uploads and not spec.error:
            self.add(
                PlaylistSpec(
                    spec.uploads_id,
                    spec.uploads,
                    title=f"Uploads from {spec.name}",
                    channel=spec.name,
                )
            )


def channel_handle(spec: ChannelSpec) -> str:
    """The handle with its `@`; one derived from the name where none was given."""
    return spec.handle or VideoSpec("", channel=spec.name).handle


def _member(owner: str) -> Callable[[int], str]:
    offset = sum(ord(letter) * 131**place for place, letter in enumerate(owner)) % (1 << 40)
    return lambda number: video_id(offset * 100_000 + number)
