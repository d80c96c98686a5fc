"""Writing one video's progress: each write is fenced and committed, then published.

Stage and progress always move together.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from enrichment import events, jobs
from enrichment.jobs import Claim
from enrichment.models import EnrichmentJob, TranscriptionDraft, Work
from enrichment.signals import video_settled
from enrichment.sources.types import AudioSession, ChapterInfo, TranscriptInfo, VideoInfo
from videos.causes import Cause
from videos.cues import to_rows
from videos.models import Chapter, Transcript, Video
from videos.preferences import audience
from videos.prepared import PreparedSelect, PreparedUpdate, Updated
from videos.search import documents
from videos.search.documents import Texts
from videos.stages import PROGRESS, CaptionsSource, Stage

_SOURCE = PreparedSelect(
    lambda video_id: Transcript.objects.filter(video=video_id).values_list("source"), int
)

# The columns of most steps. A step that writes no others is prepared once (`_step`).
STEP_COLUMNS: dict[str, type] = {
    "import_stage": str,
    "import_progress": int,
    "captions_source": str,
    "error_cause": str,
    "finished_at": datetime,
}
NEXT_VERSION: dict[str, Any] = {"version": F("version") + 1}  # a person may change it meanwhile


@cache
def _step(columns: tuple[str, ...]) -> PreparedUpdate:
    """Of a video by its id: these columns, and its version."""

    def step(video_id: int, *values: Any) -> Updated:
        written = dict(zip(columns, values, strict=True))
        return Video.objects.filter(pk=video_id), written | NEXT_VERSION

    return PreparedUpdate(step, int, *[STEP_COLUMNS[column] for column in columns])


class VideoRecord:
    """The video as this worker last wrote it.

    Every method raises LeaseLost, having written nothing, when the job is no longer ours.
    """

    def __init__(self, claim: Claim, video: Video, *, lease: timedelta = jobs.RUN_LEASE) -> None:
        """`lease`: from each write to the latest next one."""
        self.claim = claim
        self.video = video
        self.lease = lease
        self.audience = audience(video.pk)
        # What is searched of a new video, as this run has written it; None when it must be read.
        self._written: Texts | None = None

    def reach(self, stage: Stage, **fields: Any) -> None:
        """A stage on the way, with what else becomes known."""
        self._commit(lambda: self._write(stage, **fields))

    def metadata(self, info: VideoInfo) -> None:
        """What the watch page says.

        The chapters came with it, so they are kept at once, and no run has to ask for them again.
        """
        is_new = self.video.described_at is None
        self._commit(lambda: self._write(Stage.METADATA, **self._described(info)))
        if is_new:
            self._written = Texts(info.title, info.channel, info.description, info.chapter_titles())

    def transcript(self, found: TranscriptInfo | None) -> None:
        """The captions question is settled."""

        def write() -> None:
            self._write(Stage.CAPTIONS, captions_source=self._keep(found))

        self._commit(write)

    def complete(self, *, then: Callable[[], None] | None = None) -> None:
        """The end.

        The job is done, unless `then` says what it is still for: captions that come later. The
        video can be found by every word that was said.
        """
        words = documents.words_of(self._written or self._texts())

        def write() -> None:
            self._write(Stage.COMPLETE, finished_at=timezone.now())
            documents.write(self.video.pk, words, version=self.video.version)
            self._end_job(then)

        self._commit(write)

    def complete_with(
        self, found: TranscriptInfo | None, *, then: Callable[[], None] | None = None
    ) -> None:
        """Settle the captions question of a video that was described, and complete it. `then` is as
        for `complete`.
        """
        self.transcript(found)
        self.reach(Stage.CHAPTERS)
        self.complete(then=then)

    def defer(self, wait: timedelta, cause: str, *, count_attempt: bool = False) -> None:
        """Put the job off, and write nothing of the video."""
        with jobs.fenced(self.claim):
            jobs.defer(self.claim, wait, cause, count_attempt=count_attempt)

    def describe_again(self, info: VideoInfo) -> None:
        """Another look at a complete video: what its page says now."""
        texts = replace(
            self._texts(), title=info.title, channel=info.channel, description=info.description
        )
        if info.chapters:
            texts = replace(texts, chapters=info.chapter_titles())
        words = documents.words_of(texts)

        def write() -> None:
            self._write(Stage.COMPLETE, **self._described(info))
            documents.write(self.video.pk, words, version=self.video.version)

        self._commit(write)

    def late(self, found: TranscriptInfo | None) -> None:
        """The captions of a complete video were looked for once more: new ones replace what was
        there, and nothing known is lost.
        """
        texts = self._texts()
        if found is not None and not self.has_upload():
            texts = replace(texts, spoken=found.spoken())
        words = documents.words_of(texts)

        def write() -> None:
            source = self._keep(found)
            self._write(Stage.COMPLETE, captions_source=source)
            if found is None or source == found.source:
                # Otherwise somebody gave a transcript just now, and the index has it already.
                documents.write(self.video.pk, words, version=self.video.version)
            jobs.finish(self.claim)

        self._commit(write)

    def has_upload(self) -> bool:
        """Whether somebody gave the transcript: then YouTube is not asked for captions, and nothing
        is transcribed.
        """
        written = (
            self.video.captions_source == CaptionsSource.MANUAL
        )  # by people, who may have been its owners or the channel
        return written and Transcript.objects.filter(video=self.video, uploaded=True).exists()

    def error(
        self,
        cause: Cause,
        *,
        info: VideoInfo | None = None,
        then: Callable[[], None] | None = None,
    ) -> None:
        """The import ends in an error.

        The job is done, unless `then` says when it looks again by itself.
        """

        def write() -> None:
            fields: dict[str, Any] = {"error_cause": cause, "finished_at": timezone.now()}
            if info is not None:
                fields |= _known_of(info)
            self._write(Stage.ERROR, **fields)
            self._end_job(then)

        self._commit(write)

    def _end_job(self, then: Callable[[], None] | None) -> None:
        """Finish the job, unless `then` says what it is still for."""
        if then is None:
            jobs.finish(self.claim)
        else:
            then()

    def hand_over_to_transcription(self, language: str | None, session: AudioSession) -> None:
        """No captions at YouTube: the job goes on as work of its own kind, and the video waits
        where it is.
        """
        with jobs.fenced(self.claim):
            TranscriptionDraft.objects.update_or_create(
                video=self.video,
                defaults={"session": session.as_json()},
                create_defaults={"language": language or "", "session": session.as_json()},
            )
            jobs.change_work(self.claim, Work.TRANSCRIBE)

    def parts_transcribed(self, done: int, total: int) -> None:
        """Progress inside the stage, for people: a new version with the same progress, so open
        pages show the card anew.
        """

        def write() -> None:
            # One that moves on kills nobody: its attempts begin again.
            EnrichmentJob.objects.filter(pk=self.claim.job_id).update(
                parts_done=done, parts_total=total, attempts=1
            )
            self._write(Stage(self.video.import_stage))

        self._commit(write)

    def tell_if_settled(self) -> None:
        """Tell the apps above when the import of this video is at an end."""
        if self.video.is_finished:
            video_settled.send(sender=Video, video_id=self.video.pk)

    def _texts(self) -> Texts:
        """What is searched of the video as it stands in the database. Three queries."""
        return documents.texts_of(self.video.pk) or Texts()

    def _commit(self, write: Callable[[], None]) -> None:
        with jobs.fenced(self.claim, lease=self.lease):
            write()
        events.publish_video(self.video, self.audience.user_ids)

    def _write(self, stage: Stage, **fields: Any) -> None:
        video = self.video
        progress = video.import_progress if stage == Stage.ERROR else PROGRESS[stage]
        fields |= {"import_stage": stage, "import_progress": progress}
        if STEP_COLUMNS.keys() >= fields.keys():
            _step(tuple(fields)).run(video.pk, *fields.values())
        else:
            Video.objects.filter(pk=video.pk).update(**fields | NEXT_VERSION)
        for name, value in (fields | {"version": video.version + 1}).items():
            setattr(video, name, value)

    def _described(self, info: VideoInfo) -> dict[str, Any]:
        """Keeps the chapters, if there are any, and answers the columns."""
        if info.chapters:
            self._replace_chapters(info.chapters)
        return {
            "title": info.title,
            "channel": info.channel,
            "channel_id": info.channel_id,
            "duration": info.duration,
            "description": info.description,
            "published_at": info.published_at,
            "described_at": timezone.now(),
        }

    def _replace_chapters(self, chapters: Sequence[ChapterInfo]) -> None:
        Chapter.objects.filter(video=self.video).delete()
        rows = []
        for number, chapter in enumerate(chapters, 1):
            rows.append(
                Chapter(
                    video=self.video,
                    number=number,
                    start=chapter.start,
                    end=chapter.end,
                    title=chapter.title,
                )
            )
        Chapter.objects.bulk_create(rows)

    def _keep(self, found: TranscriptInfo | None) -> CaptionsSource:
        """Keeps what was found, unless a person gave a transcript: that one stays.

        Answers the source of what there is now.
        """
        there = Transcript.objects.filter(video=self.video.pk)
        known = _SOURCE.rows(self.video.pk)
        if known:
            self._written = None  # somebody gave one
        if found is None:
            return CaptionsSource(known[0][0]) if known else CaptionsSource.NONE
        kept = {"source": found.source, "language": found.language, "cues": to_rows(found.cues)}
        if known:
            if there.filter(uploaded=False).update(**kept):
                return found.source
            return CaptionsSource.MANUAL
        try:
            with transaction.atomic():
                Transcript.objects.create(video_id=self.video.pk, **kept)
        except IntegrityError:  # there may be one for each video, and one was given just now
            self._written = None
            return CaptionsSource.MANUAL
        if self._written is not None:
            self._written = replace(self._written, spoken=found.spoken())
        return found.source


def _known_of(info: VideoInfo) -> dict[str, Any]:
    """What YouTube says counts more than what a user's file says."""
    known = {}
    for name in ("title", "channel", "duration"):
        value = getattr(info, name)
        if value:
            known[name] = value
    return known


def set_aside(claim: Claim) -> None:
    """A job that killed its worker too often ends in an error, instead of being fed to the next
    one.
    """
    record = VideoRecord(claim, Video.objects.get(pk=claim.video_id))
    if record.video.import_stage == Stage.COMPLETE:  # it was only looking for captions once more
        record.late(None)
    else:
        record.error(Cause.TOO_MANY_ATTEMPTS)
    record.tell_if_settled()
