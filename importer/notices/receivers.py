"""What mails hear of imports."""

from typing import Any

from django.dispatch import receiver

from importer.imports.models import ImportBatch
from importer.imports.signals import import_finished
from importer.notices.services import announce


@receiver(import_finished)
def write_mail_about_finished_import(batch: ImportBatch, **kwargs: Any) -> None:
    announce(batch)
