"""The second list of `make demo`: as somebody would have it after some weeks, with tags, notes, a
followed playlist, an import that is over, and videos watched in part.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from importer.following.models import Follow, FollowedVideo, FollowKind
from importer.imports.models import BatchState, ImportBatch, ImportItem, Source, Verdict
from tests.standins.demo import LECTURES, LECTURES_ID, lecture_videos
from tests.standins.invention import invent_cues
from tests.standins.specs import VideoSpec
from videos.models import Chapter, ListEntry, Tag, Transcript, Video, VideoList, Viewing
from videos.stages import PROGRESS, CaptionsSource, Stage

AGO = timedelta(days=20)
NOTES = {2: "Für die Übung am Donnerstag: Kapitel 2 und 3.", 5: "Vergleich mit dem Skript, S. 41."}
TAGS = {"wichtig": (0, 2, 5, 8), "nochmal ansehen": (3, 5)}


@transaction.atomic
def add_history(user: Any) -> VideoList:
    """Make the list with its videos for this user."""
    began = timezone.now() - AGO
    video_list = VideoList.objects.create(owner=user, name=LECTURES)
    batch = ImportBatch.objects.create(
        owner=user,
        video_list=video_list,
        source=Source.WEB,
        limit=100,
        state=BatchState.FINISHED,
        finished_at=began + timedelta(minutes=4),
        announced=True,
    )
    ImportBatch.objects.filter(pk=batch.pk).update(created_at=began)
    follow = Follow.objects.create(
        video_list=video_list,
        kind=FollowKind.PLAYLIST,
        source=LECTURES_ID,
        title=LECTURES,
        next_at=timezone.now() + timedelta(hours=19),
        checked_at=timezone.now() - timedelta(hours=5),
        read_all_at=timezone.now() - timedelta(hours=5),
        brought=2,
    )
    specs = lecture_videos()
    for place, spec in enumerate(specs):
        video = _video(spec, began)
        ListEntry.objects.create(
            video_list=video_list,
            video=video,
            position=len(specs) - place,
            note=NOTES.get(place, ""),
            added_at=began,
        )
        ImportItem.objects.create(
            batch=batch,
            number=place + 1,
            line=1,
            text=video.youtube_url,
            verdict=Verdict.NEW,
            video=video,
        )
        FollowedVideo.objects.create(follow=follow, youtube_id=spec.video_id)
    VideoList.objects.filter(pk=video_list.pk).update(last_position=len(specs))
    _tag(video_list, specs)
    _watch(user, specs)
    return video_list


def _video(spec: VideoSpec, added: datetime) -> Video:
    video = Video.objects.create(
        youtube_id=spec.video_id,
        title=spec.title,
        channel=spec.channel,
        channel_id=spec.channel_id,
        duration=spec.duration,
        description=spec.description,
        published_at=datetime(2024, 3, 17, tzinfo=UTC).date(),
        described_at=added,
        import_stage=Stage.COMPLETE,
        import_progress=PROGRESS[Stage.COMPLETE],
        captions_source=CaptionsSource.MANUAL,
        finished_at=added,
    )
    ends = [chapter.start for chapter in spec.chapters[1:]] + [spec.duration]
    for number, (chapter, end) in enumerate(zip(spec.chapters, ends, strict=False), 1):
        Chapter.objects.create(
            video=video, number=number, start=chapter.start, end=end, title=chapter.title
        )
    cues = [[cue.start, cue.start + cue.duration, cue.text] for cue in invent_cues(spec, "de")]
    Transcript.objects.create(video=video, source=CaptionsSource.MANUAL, language="de", cues=cues)
    return video


def _tag(video_list: VideoList, specs: list[VideoSpec]) -> None:
    for name, places in TAGS.items():
        tag = Tag.objects.create(owner=video_list.owner, name=name)
        for place in places:
            entry = video_list.entries.get(video__youtube_id=specs[place].video_id)
            entry.tags.add(tag)


def _watch(user: Any, specs: list[VideoSpec]) -> None:
    """The first two to the end, the third to its middle."""
    for place, spec in enumerate(specs[:3]):
        video = Video.objects.get(youtube_id=spec.video_id)
        watched_at = timezone.now() - AGO if place < 2 else None
        seconds = spec.duration if place < 2 else spec.duration // 2
        Viewing.objects.create(user=user, video=video, seconds=seconds, watched_at=watched_at)
