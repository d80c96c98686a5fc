"""Rows that stand in a list as an import would have put them there."""

from typing import Any

from videos.causes import Cause
from videos.models import ListEntry, Video, VideoList
from videos.stages import PROGRESS, CaptionsSource, Stage


def video_id(number: int) -> str:
    return f"v{number:010}"


def add_video(
    video_list: VideoList,
    number: int = 1,
    *,
    stage: Stage = Stage.COMPLETE,
    note: str = "",
    **fields: Any,
) -> Video:
    """A video in this stage, on top of the list; the same number is the same video."""
    if stage == Stage.ERROR:
        fields = {"error_cause": Cause.PRIVATE, "import_progress": 0} | fields
    elif stage == Stage.COMPLETE:
        fields = {
            "captions_source": CaptionsSource.MANUAL,
            "title": f"Video {number}",
            "duration": 60,
        } | fields
    values = {"import_stage": stage, "import_progress": PROGRESS.get(stage, 0)} | fields
    video, _ = Video.objects.get_or_create(youtube_id=video_id(number), defaults=values)
    ListEntry.objects.create(
        video_list=video_list, video=video, position=video_list.reserve_positions(1), note=note
    )
    return video
