"""`manage.py restore FILE`: what `backup` wrote, in the place of what is there."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.backups.archive import BackupError
from config.backups.services import restore_backup
from config.supervisor import guards


class Command(BaseCommand):
    help = (
        "Put a backup in the place of the database here. Stop everything first. On SQLite, what "
        "was there is kept as sammelwerk.sqlite3.before-restore."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="what backup wrote")
        parser.add_argument(
            "--replace", action="store_true", help="also where there are users already"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            guards.hold_lock(settings.DATA_DIR)  # refused while a supervisor runs on it
            manifest = restore_backup(Path(options["file"]), replace=options["replace"])
        except (guards.StartError, BackupError) as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(f"Restored as of {manifest.made_at}. Start Sammelwerk again.")
