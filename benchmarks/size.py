"""What a video takes in the database: as it is added, when it is complete without a transcript, and
with half an hour of speech. On the database of DATABASE_URL, SQLite without.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from benchmarks.intake import scratch_database

Row = tuple[str, str, str]

VIDEOS = 1_000
TIDY_EVERY = 100  # videos
DESCRIPTION = "What this video is about, with links and times. " * 12  # 580 characters
TABLES = (
    "videos_video",
    "videos_listentry",
    "videos_transcript",
    "videos_searchdocument",
    "importer_importitem",
    "enrichment_enrichmentjob",
)
SEARCHED = ("search", "videos_searchdocument")  # what the names of the index's tables begin with


def rows() -> Iterator[Row]:
    with scratch_database():
        empty = taken()
        add()
        added = taken()
        complete()
        without = taken()
        transcribe()
        everything = taken()
        index = taken(*SEARCHED)
    for what, size, more in (
        ("that waits", added - empty, "entry, line of the import and job among it"),
        ("complete, without a transcript", without - empty, "its job is gone"),
        ("with half an hour of speech", everything - empty, f"{kilobytes(index)} of it the index"),
    ):
        yield (f"size: a video {what} ({connection.vendor})", kilobytes(size), more)


def kilobytes(size: int) -> str:
    return f"{size / VIDEOS / 1000:.1f} kB"


def add() -> None:
    """Accept one import of new addresses."""
    from django.contrib.auth import get_user_model

    from importer.imports.models import Source
    from importer.imports.plans import plan_import
    from importer.parsing import parse_many
    from videos.models import VideoList

    owner = get_user_model().objects.create_user("size")
    video_list = VideoList.objects.create(owner=owner, name="size")
    urls = [f"https://youtu.be/{number:011}" for number in range(VIDEOS)]
    lines = parse_many(urls)
    plan_import(owner=owner, video_list=video_list, lines=lines, source=Source.API).start()


def complete() -> None:
    """What the stages leave, without captions and chapters."""
    from enrichment.models import EnrichmentJob
    from videos.models import Video
    from videos.search import documents
    from videos.stages import CaptionsSource, Stage

    for video in Video.objects.all():
        video.title = f"How a clock of the number {video.pk} is made and wound"
        video.channel = f"Channel {video.pk % 100}"
        video.channel_id = f"UC{video.pk:022}"
        video.description = DESCRIPTION
        video.duration = 1_800
        video.import_stage, video.import_progress = Stage.COMPLETE, 100
        video.captions_source = CaptionsSource.NONE
        video.finished_at = timezone.now()
        video.save()
        documents.reindex(video.pk)
    EnrichmentJob.objects.all().delete()


def transcribe() -> None:
    from benchmarks.spoken_texts import Speaker
    from videos.models import Transcript, Video
    from videos.search import documents
    from videos.search.building import tidy
    from videos.stages import CaptionsSource

    speaker = Speaker()
    for number, video_id in enumerate(Video.objects.values_list("pk", flat=True)):
        with transaction.atomic():
            Transcript.objects.create(
                video_id=video_id,
                source=CaptionsSource.AUTO,
                language="de",
                cues=speaker.cues(number),
            )
            Video.objects.filter(pk=video_id).update(version=F("version") + 1)
            documents.reindex(video_id)
        if number % TIDY_EVERY == 0:
            tidy()
    for _ in range(50):
        tidy()


def taken(*beginnings: str) -> int:
    """Bytes of all tables with their indexes, or of those whose names begin so; what was deleted
    does not count.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
            cursor.execute("SELECT tbl_name, name FROM sqlite_master WHERE rootpage > 0")
            table_of = {name: table for table, name in cursor.fetchall()}
            cursor.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name")
            sizes = [(table_of.get(name, name), size) for name, size in cursor.fetchall()]
        else:
            cursor.execute(f"VACUUM FULL {', '.join(TABLES)}")
            cursor.execute("SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables")
            sizes = cursor.fetchall()
    return sum(size for table, size in sizes if not beginnings or table.startswith(beginnings))
