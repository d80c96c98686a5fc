"""`manage.py export_library --user NAME [FILE|-]`: everything of a user as one file of JSON
lines.
"""

import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from importer.transfer import dump_library
from videos.commands import find_user, misuse


class Command(BaseCommand):
    help = (
        "Write everything of a user to one file of JSON lines: lists, notes, tags, videos with "
        "chapters and transcripts, imports, followed playlists, preferences, "
        "and the webhook with its secret."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", required=True, metavar="NAME", help="whose library it is")
        parser.add_argument(
            "file",
            nargs="?",
            default="-",
            metavar="FILE",
            help="where to; - for standard output, which is the default",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        owner = find_user(options["user"])
        if options["file"] == "-":
            for line in dump_library(owner):
                self.stdout.write(line, ending="")
            return
        try:
            write_whole(Path(options["file"]), owner)
        except OSError as error:
            raise misuse(
                _("%(file)s cannot be written: %(problem)s")
                % {"file": options["file"], "problem": error.strerror}
            ) from None


def write_whole(path: Path, owner: Any) -> None:
    """The file is there as a whole or not at all, and an older one stays until then.

    Only its owner may read it.
    """
    with tempfile.NamedTemporaryFile(
        "w", dir=path.absolute().parent, delete=False, encoding="utf-8", newline="\n"
    ) as file:
        partial = Path(file.name)
        try:
            file.writelines(dump_library(owner))
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
