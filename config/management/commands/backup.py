"""`manage.py backup FILE`: the whole installation in one file, while it runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.backups.services import make_backup


class Command(BaseCommand):
    help = (
        "Write the database as it is at this moment, and the secret key of the embedded default, "
        "to one file. Everything may go on running. Whoever has the file can read all of it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="where to, for example sammelwerk.backup")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        try:
            manifest = make_backup(path)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}") from None
        size = path.stat().st_size / 2**20
        self.stdout.write(f"{path}: {manifest.engine}, {size:.1f} MB, as of {manifest.made_at}")
