"""What is still being done for a video, for people to see.

The job is the business of the app above. Its row is reached by its relation to the video, joined to
what a page reads anyway: no query more for a card, and none for a page of them.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from videos.models import Video
from videos.stages import CaptionsSource, Stage


@dataclass(frozen=True, slots=True)
class Work:
    """`waits`: there is a job.

    `part` of `parts`: what is being transcribed, 0 of 0 while nothing is.
    """

    waits: bool
    part: int
    parts: int

    @property
    def words(self) -> str:
        """Which part is being transcribed; "" while none is."""
        if not self.parts:
            return ""
        text = _("Transcribing, part %(part)d of %(parts)d")
        return text % {"part": self.part, "parts": self.parts}


NOTHING = Work(waits=False, part=0, parts=0)


def job_columns(prefix: str = "") -> dict[str, F]:
    """To annotate videos with, or by `video__` rows that name one."""
    return {
        "job_pk": F(f"{prefix}job"),
        "job_parts_done": F(f"{prefix}job__parts_done"),
        "job_parts_total": F(f"{prefix}job__parts_total"),
    }


def work_of(row: Any) -> Work:
    """Of a row annotated with the columns of its job."""
    parts = row.job_parts_total or 0
    return Work(
        waits=row.job_pk is not None, part=min((row.job_parts_done or 0) + 1, parts), parts=parts
    )


def captions_come_later(video: Video, work: Work) -> bool:
    """Complete without captions, and somebody is still after them."""
    return (
        video.import_stage == Stage.COMPLETE
        and video.captions_source == CaptionsSource.NONE
        and work.waits
    )
