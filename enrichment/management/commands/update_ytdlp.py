"""`manage.py update_ytdlp`: a newer yt-dlp without a new Sammelwerk.

Exit code 0: done, or nothing to do; 1: the old one stays.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from enrichment.ytdlp import updating


class Command(BaseCommand):
    help = "Install a newer yt-dlp into DATA_DIR, and use it once it was tried."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--nightly",
            action="store_true",
            help="yt-dlp's build of the night, not its last release",
        )
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--check", action="store_true", help="only say which versions there are")
        what.add_argument("--rollback", action="store_true", help="go back to the version before")
        parser.add_argument(
            "--from", dest="wheels", type=folder, metavar="DIR", help="take wheels from a folder"
        )

    def handle(
        self,
        *args: Any,
        nightly: bool,
        check: bool,
        rollback: bool,
        wheels: Path | None,
        **options: Any,
    ) -> None:
        channel = "nightly" if nightly or wheels else "stable"
        if rollback:
            outcome = updating.roll_back()
        elif check:
            outcome = updating.check(channel=channel, wheels=wheels)
        else:
            outcome = updating.update(channel=channel, wheels=wheels, say=self.stdout.write)
        if outcome.kept:
            self.stderr.write(outcome.text)
            sys.exit(1)
        self.stdout.write(outcome.text)


def folder(text: str) -> Path:
    """A folder that is there. ValueError, which the parser turns into its own words."""
    path = Path(text).expanduser().resolve()
    if not path.is_dir():
        raise ValueError
    return path
