"""`manage.py import_library --user NAME FILE|-`: what `export_library` wrote, back into the library
of a user.
"""

import shutil
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from importer.transfer import LibraryError, LoadReport, load_library
from videos.commands import find_user, misuse


class Command(BaseCommand):
    help = "Load what export_library wrote into a user's library. Everything is loaded, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--user", required=True, metavar="NAME", help="whose library it becomes part of"
        )
        parser.add_argument(
            "file", metavar="FILE", help="what export_library wrote; - for standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        owner = find_user(options["user"])
        try:
            report = _load(owner, options["file"])
        except OSError as error:
            raise misuse(
                _("%(file)s cannot be read: %(problem)s")
                % {"file": options["file"], "problem": error.strerror}
            ) from None
        except LibraryError as error:
            raise CommandError(_("%(problem)s Nothing was loaded.") % {"problem": error}) from None
        added = _(
            "Added: %(lists)s lists, %(entries)s entries, %(videos)s videos, %(imports)s imports, "
            "%(follows)s followed playlists and channels."
        )
        self.stdout.write(added % vars(report))
        if report.webhook:
            self.stdout.write(
                _("Finished imports are told to %(webhook)s from now on.") % vars(report)
            )


def _load(owner: Any, file: str) -> LoadReport:
    if file == "-":
        return _load_from_pipe(owner)
    with Path(file).open("rb") as stream:
        return load_library(owner=owner, stream=stream)


def _load_from_pipe(owner: Any) -> LoadReport:
    """Read standard input whole before the database is locked for it: a pipe may be slow."""
    with tempfile.TemporaryFile() as stream:
        shutil.copyfileobj(sys.stdin.buffer, stream)
        stream.seek(0)
        return load_library(owner=owner, stream=stream)
