"""Videos that can be found, as an import would have left them."""

from typing import Any

from videos.cues import Cue, to_rows
from videos.models import Transcript, Video, VideoList
from videos.search.documents import reindex
from videos.tests.library import add_video

SPOKEN = (
    Cue(10, 13, "Here a kolibri sits in the"),
    Cue(14, 17, "end of the branch"),
    Cue(300.5, 303, "A second kolibri comes"),
    Cue(400, 403, "and a third kolibri"),
    Cue(500, 503, "then one more kolibri"),
    Cue(600, 603, "and the last kolibri"),
)


def add_spoken(
    video_list: VideoList, number: int = 1, *, cues: tuple[Cue, ...] = SPOKEN, **fields: Any
) -> Video:
    """A finished video of 700 seconds with this transcript, in the list and in the index."""
    video = add_video(video_list, number, **{"duration": 700, **fields})
    Transcript.objects.create(video=video, source="manual", language="en", cues=to_rows(cues))
    reindex(video.pk)
    return video


def add_silent(video_list: VideoList, number: int, **fields: Any) -> Video:
    """A finished video without a transcript, in the list and in the index."""
    video = add_video(video_list, number, **fields)
    reindex(video.pk)
    return video
