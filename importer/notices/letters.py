"""What a mail says, in the language that is active."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from enrichment.troubles import standstill
from importer.imports.models import ImportBatch
from importer.imports.progress import BatchProgress, batch_progress
from importer.notices.models import Mail, MailKind


@dataclass(frozen=True)
class Letter:
    subject: str
    body: str


def write_letter(mail: Mail) -> Letter:
    """Say how the import is at this moment."""
    progress = batch_progress(mail.batch)
    if mail.kind == MailKind.FINISHED:
        title, sentences = _("Import complete"), _about_the_end(progress)
    else:
        title, sentences = _("Import stands still"), _about_the_standstill(progress)
    name = " ".join(progress.list_name.split())
    parts = ["\n".join(sentences), _links(mail.batch), _why_you_get_this()]
    return Letter(f"{title}: {name}", "\n\n".join(parts) + "\n")


def _about_the_end(progress: BatchProgress) -> list[str]:
    return [f"{progress.list_name}: {progress.summary}."]


def _about_the_standstill(progress: BatchProgress) -> list[str]:
    trouble = standstill()
    counts = {"done": progress.done, "waiting": progress.waiting}
    sentences = [
        _("%(done)s done, %(waiting)s waiting.") % counts,
        _("Nothing is lost. It continues once whoever runs Sammelwerk has looked at it."),
    ]
    if trouble is not None:
        sentences.insert(0, trouble.text)
    return sentences


def _links(batch: ImportBatch) -> str:
    of_list = _address("list_detail", batch.video_list_id)
    of_import = _address("import_detail", batch.pk)
    lines = [
        _("List: %(address)s") % {"address": of_list},
        _("Details: %(address)s") % {"address": of_import},
    ]
    return "\n".join(lines)


def _why_you_get_this() -> str:
    text = _("You get this mail because you turned it on in the settings:")
    return f"{text}\n{_address('settings')}"


def _address(name: str, *args: int) -> str:
    return settings.SITE_URL.rstrip("/") + reverse(name, args=args)
