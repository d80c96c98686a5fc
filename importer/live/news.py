"""What open pages are told of together: made into frames and a text once for all of them."""

import json
from collections.abc import Sequence, Set

from importer.live.frames import Frame, VideoState


class News:
    """Videos and imports that pages are told of together. Made into a text once a language."""

    def __init__(self, videos: Sequence[VideoState] = (), batches: Sequence[Frame] = ()) -> None:
        self.videos = videos
        self.batches = batches
        self._frames: dict[str, list[Frame]] = {}
        self._texts: dict[str, str] = {}

    @property
    def size(self) -> int:
        """How many frames it has at most."""
        return len(self.videos) + len(self.batches)

    def is_for(self, subscribed: Set[int] | None) -> bool:
        """Whether a page with this subscription wants it."""
        if subscribed is None or self.batches:
            return True
        for video in self.videos:
            if video.video_id in subscribed:
                return True
        return False

    def frames(self, language: str, subscribed: Set[int] | None) -> list[Frame]:
        """Return a frame for each stage of a video, so a page sees them all, in order."""
        if language not in self._frames:
            self._frames[language] = [video.frame(language) for video in self.videos]
        of_videos = self._frames[language]
        if subscribed is not None:
            of_videos = [frame for frame in of_videos if frame["video_id"] in subscribed]
        return [*of_videos, *self.batches]

    def text(self, language: str) -> str:
        """Return the text for pages without a subscription."""
        if language not in self._texts:
            self._texts[language] = text_of(self.frames(language, None))
        return self._texts[language]


def text_of(several: list[Frame]) -> str:
    if len(several) == 1:
        return json.dumps(several[0])
    return json.dumps(several)
