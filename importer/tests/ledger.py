"""Imports as people start them, and what workers would have done to their videos."""

from typing import Any

from django.utils import timezone

from enrichment.models import EnrichmentJob
from importer.imports.models import ImportBatch, Source
from importer.imports.plans import plan_import
from importer.imports.settling import finish_all_done
from importer.parsing import parse_lines
from videos.causes import Cause
from videos.models import Video, VideoList
from videos.stages import PROGRESS, CaptionsSource, Stage
from videos.tests.library import video_id


def start(
    video_list: VideoList,
    *numbers: int,
    text: str = "",
    limit: int | None = None,
    source: Source = Source.WEB,
) -> ImportBatch:
    """An import of these videos by the list's owner."""
    lines = parse_lines(
        "\n".join([f"https://youtu.be/{video_id(n)}" for n in numbers]) + f"\n{text}"
    )
    plan = plan_import(
        owner=video_list.owner, video_list=video_list, lines=lines, source=source, limit=limit
    )
    return plan.start().batch


def end(
    *numbers: int, cause: Cause | None = None, captions: CaptionsSource = CaptionsSource.MANUAL
) -> None:
    """These videos come to their end, as a worker leaves them; imports that are done by that
    finish.
    """
    stage = Stage.ERROR if cause else Stage.COMPLETE
    fields: dict[str, Any] = (
        {"error_cause": cause}
        if cause
        else {"captions_source": captions, "import_progress": PROGRESS[stage]}
    )
    videos = Video.objects.filter(youtube_id__in=[video_id(n) for n in numbers])
    videos.update(import_stage=stage, finished_at=timezone.now(), **fields)
    EnrichmentJob.objects.filter(video__in=videos).delete()
    finish_all_done()
