"""`manage.py import_playlist SOURCE… --list NAME`: playlists, channels, videos, files or standard input into a list, with live progress."""

import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from enrichment.embedded_redis import running_redis
from enrichment.inline import work_until
from enrichment.services import worker_is_alive
from importer import expansion, services
from importer.models import ACTIVE, ImportBatch, Source, Verdict
from importer.parsing import ParsedLine, parse_lines
from importer.progress import BatchProgress, batch_progress
from importer.terminal import Display, display_for
from videos.models import VideoList
from videos.services import create_list

POLL = 0.25  # seconds between two looks at the database
MISUSE = 2


def misuse(message: str) -> CommandError:
    """The error for a call that started nothing."""
    return CommandError(message, returncode=MISUSE)


class Command(BaseCommand):
    help = "Import a playlist, a channel, videos, or a file of addresses into a list."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "sources", nargs="+", metavar="SOURCE", help="address or id of a playlist, channel or video; a file; or - for standard input"
        )
        parser.add_argument(
            "--list", required=True, dest="list_name", metavar="NAME", help="the list to import into; made if it is not there"
        )
        parser.add_argument("--user", metavar="NAME", help="whose list it is; the first administrator's by default")
        parser.add_argument("--limit", type=int, metavar="N", help="import at most N videos")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be imported")
        parser.add_argument("--no-wait", action="store_true", help="queue the import and return")
        parser.add_argument("--inline", action="store_true", help="do the work in this process, without a worker")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] is not None and options["limit"] < 1:
            raise misuse(_("--limit takes a number from 1."))
        owner = find_user(options["user"])
        lines = list(read_sources(options["sources"]))
        if not lines:
            raise misuse(_("There is no address in that."))
        if options["dry_run"]:
            self._preview(owner, lines, options)
            return
        with running_redis(needed=options["inline"]):
            if not (options["inline"] or options["no_wait"] or worker_is_alive()):
                raise misuse(
                    _("No worker is running, so nothing would happen. Start one with `make run`, or add --inline to do the work here.")
                )
            self._import(owner, lines, options)

    def _preview(self, owner: Any, lines: list[ParsedLine], options: dict[str, Any]) -> None:
        existing = VideoList.objects.owned_by(owner).filter(name=options["list_name"]).first()
        preview = services.preview_import(video_list=existing, lines=lines[: options["limit"]])
        self.stdout.write(ngettext("%(count)s video", "%(count)s videos", preview.videos) % {"count": preview.videos})
        self.stdout.write(_("%(count)s already in the list") % {"count": preview.known_here})
        self.stdout.write(ngettext("%(count)s playlist", "%(count)s playlists", preview.playlists) % {"count": preview.playlists})
        for line in preview.unusable:
            self.stdout.write(f"{line.line}: {line.text} ({line.reason})")

    def _import(self, owner: Any, lines: list[ParsedLine], options: dict[str, Any]) -> None:
        name = options["list_name"]
        video_list = VideoList.objects.owned_by(owner).filter(name=name).first() or create_list(owner=owner, name=name)
        report = services.start_import(owner=owner, video_list=video_list, lines=lines, source=Source.COMMAND, limit=options["limit"])
        for item in report.batch.items.filter(verdict=Verdict.INVALID):
            self.stderr.write(f"{item.line}: {item.text} ({item.reason_text})")
        if options["no_wait"]:
            self.stdout.write(_("Import %(id)s is queued.") % {"id": report.batch.pk})
            return
        try:
            stream: Any = self.stdout._out  # the wrapper around it would end each part of a bar with a new line
            with display_for(stream) as display:
                self._finish(report.batch, display, inline=options["inline"])
        except KeyboardInterrupt:
            raise CommandError(
                _("Stopped watching. Import %(id)s is kept and goes on with the next worker.") % {"id": report.batch.pk}
            ) from None
        self._summarise(batch_progress(report.batch))

    def _finish(self, batch: ImportBatch, display: Display, *, inline: bool) -> None:
        def done() -> bool:
            batch.refresh_from_db()
            display.show(batch_progress(batch), batch)
            return batch.state not in ACTIVE

        if inline:
            work_until(done, also=expansion.expand_next)
            return
        while not done():
            time.sleep(POLL)

    def _summarise(self, progress: BatchProgress) -> None:
        self.stdout.write(progress.summary)
        if progress.failed or progress.invalid:
            sys.exit(1)


def find_user(name: str | None) -> Any:
    users = get_user_model().objects
    user = users.filter(username=name).first() if name else users.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if user is None:
        raise misuse(_("There is no user of that name.") if name else _("There is no administrator yet: name a user with --user."))
    return user


def read_sources(sources: list[str]) -> Iterator[ParsedLine]:
    """The lines of all sources, numbered through."""
    numbers = count(1)
    for source in sources:
        seen: dict[int, int] = {}
        for line in parse_lines(_text_of(source)):
            if line.number not in seen:
                seen[line.number] = next(numbers)
            yield ParsedLine(seen[line.number], line.text, line.address)


def _text_of(source: str) -> str:
    if source == "-":
        return sys.stdin.read()
    path = Path(source)
    try:
        if path.is_file():
            return path.read_text(encoding="utf-8-sig", errors="replace")
    except (OSError, ValueError):
        raise misuse(_("%(file)s cannot be read.") % {"file": source}) from None
    return source
