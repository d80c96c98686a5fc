"""The stages of a video's import. Stage and progress are set together, always from this table."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    CREATED = "created", _("Waiting")
    METADATA = "metadata", _("Fetching captions")
    CAPTIONS = "captions", _("Reading chapters")
    CHAPTERS = "chapters", _("Almost done")
    COMPLETE = "complete", _("Complete")
    ERROR = "error", _("Not imported")


PROGRESS: dict[Stage, int] = {
    Stage.CREATED: 0,
    Stage.METADATA: 25,
    Stage.CAPTIONS: 60,
    Stage.CHAPTERS: 90,
    Stage.COMPLETE: 100,
}
FINISHED = (Stage.COMPLETE, Stage.ERROR)


class CaptionsSource(models.TextChoices):
    """Where the kept transcript came from; UNSETTLED until the captions stage is reached."""

    UNSETTLED = "", _("Not known yet")
    MANUAL = "manual", _("Captions by the channel")
    AUTO = "auto", _("Automatic captions")
    WHISPER = "whisper", _("Transcribed")
    NONE = "none", _("Without captions")


# What a transcript that is kept may come from.
TRANSCRIPT_SOURCES = [
    (source.value, source.label)
    for source in (CaptionsSource.MANUAL, CaptionsSource.AUTO, CaptionsSource.WHISPER)
]
