"""`manage.py import_playlist SOURCE… --list NAME`: playlists, channels, videos, files or standard input into a list, with live progress."""

import re
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
from enrichment.signals import video_settled
from importer import expansion, services
from importer.files import FileRefused, read_file
from importer.models import ACTIVE, BatchState, ImportBatch, ImportItem, Source, Verdict
from importer.parsing import ChannelAddress, ParsedLine, PlaylistAddress, Unusable, parse_address, parse_lines
from importer.progress import batch_progress
from importer.queries import causes_of
from importer.terminal import Display, display_for
from videos.forms import NAME_LENGTH
from videos.models import VideoList
from videos.services import create_list

POLL = 0.25  # seconds between two looks at the database
MISUSE = 2
DASHED_ID = re.compile(r"-[A-Za-z0-9_][A-Za-z0-9_-]{9}")
READ = (Verdict.EXPANDED, Verdict.INVALID)  # what becomes of the line of a playlist


def misuse(message: str) -> CommandError:
    """The error for a call that started nothing."""
    return CommandError(message, returncode=MISUSE)


class Command(BaseCommand):
    help = "Import a playlist, a channel, videos, or a file of addresses into a list."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "sources",
            nargs="+",
            metavar="SOURCE",
            help="address or id of a playlist, channel or video (after -- if it begins with two dashes); a file; or - for standard input",
        )
        parser.add_argument(
            "--list", required=True, dest="list_name", metavar="NAME", help="the list to import into; made if it is not there"
        )
        parser.add_argument("--user", metavar="NAME", help="whose list it is; the first administrator's by default")
        parser.add_argument("--limit", type=int, metavar="N", help="import at most N videos")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be imported")
        parser.add_argument("--no-wait", action="store_true", help="queue the import and return")
        parser.add_argument("--inline", action="store_true", help="do the work in this process, without a worker")

    def run_from_argv(self, argv: list[str]) -> None:
        """An id may begin with a dash, and no option looks like one."""
        super().run_from_argv([f"https://youtu.be/{word}" if DASHED_ID.fullmatch(word) else word for word in argv])

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] is not None and options["limit"] < 1:
            raise misuse(_("--limit takes a number from 1."))
        if not 0 < len(options["list_name"].strip()) <= NAME_LENGTH:
            raise misuse(_("--list takes a name of 1 to %(most)s characters.") % {"most": NAME_LENGTH})
        owner = find_user(options["user"])
        lines = list(read_sources(options["sources"]))
        if all(isinstance(line.address, Unusable) for line in lines):
            raise misuse("\n".join([_("There is no address in that."), *(_unusable(line) for line in lines[:10])]))
        if options["dry_run"]:
            self._preview(owner, lines, options)
            return
        with running_redis(needed=options["inline"]):
            if not (options["inline"] or worker_is_alive()):
                advice = _("No worker is running, so nothing would happen. Start one with `make run`, or add --inline to do the work here.")
                if not options["no_wait"]:
                    raise misuse(advice)
                self.stderr.write(advice)
            self._import(owner, lines, options)

    def _preview(self, owner: Any, lines: list[ParsedLine], options: dict[str, Any]) -> None:
        existing = VideoList.objects.owned_by(owner).filter(name=options["list_name"]).first()
        preview = services.preview_import(video_list=existing, lines=lines[: cut_off(lines, options["limit"])])
        self.stdout.write(ngettext("%(count)s video", "%(count)s videos", preview.videos) % {"count": preview.videos})
        self.stdout.write(_("%(count)s already in the list") % {"count": preview.known_here})
        self.stdout.write(ngettext("%(count)s playlist", "%(count)s playlists", preview.playlists) % {"count": preview.playlists})
        for line in preview.unusable:
            self.stdout.write(f"{line.line}: {line.text} ({line.reason})")

    def _import(self, owner: Any, lines: list[ParsedLine], options: dict[str, Any]) -> None:
        name = options["list_name"]
        video_list = VideoList.objects.owned_by(owner).filter(name=name).first() or create_list(owner=owner, name=name)
        report = services.start_import(
            owner=owner, video_list=video_list, lines=lines, source=Source.COMMAND, limit=cut_off(lines, options["limit"])
        )
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
        self._summarise(report.batch)

    def _finish(self, batch: ImportBatch, display: Display, *, inline: bool) -> None:
        def done(**signal: Any) -> bool:
            batch.refresh_from_db()
            display.show(batch_progress(batch), batch)
            return batch.state not in ACTIVE

        if inline:
            video_settled.connect(done)  # a round of the pump completes several videos
            try:
                work_until(done, also=expansion.expand_next)
            finally:
                video_settled.disconnect(done)
            return
        while not done():
            time.sleep(POLL)

    def _summarise(self, batch: ImportBatch) -> None:
        """A line that named no video is no failure; a video in error is one, and so is a playlist that could not be read to its end."""
        progress = batch_progress(batch)
        unread = [item for item in batch.items.filter(verdict__in=READ).exclude(reason="") if is_list(item)]
        for item in unread:
            self.stderr.write(f"{item.text}: {item.reason_text}")
        for cause in causes_of(batch.pk):
            self.stderr.write(f"{cause.count} × {cause.message}")
        self.stdout.write(progress.summary)
        if batch.state == BatchState.CANCELLED:
            self.stdout.write(_("The import was cancelled."))
        if progress.failed or unread or batch.state == BatchState.CANCELLED:
            sys.exit(1)


def is_list(item: ImportItem) -> bool:
    return isinstance(parse_address(item.text), PlaylistAddress | ChannelAddress)


def cut_off(lines: list[ParsedLine], videos: int | None) -> int | None:
    """How many rows an import of at most so many videos may have: lines that name none are kept, and do not count."""
    if videos is None:
        return None
    usable = [row for row, line in enumerate(lines, 1) if not isinstance(line.address, Unusable)]
    return usable[videos - 1] if videos <= len(usable) else videos + len(lines) - len(usable)


def find_user(name: str | None) -> Any:
    users = get_user_model().objects.filter(is_active=True)
    user = users.filter(username=name).first() if name else users.filter(is_superuser=True).order_by("pk").first()
    if user is None:
        raise misuse(_("There is no user of that name.") if name else _("There is no administrator yet: name a user with --user."))
    return user


def read_sources(sources: list[str]) -> Iterator[ParsedLine]:
    """The lines of all sources, numbered through."""
    numbers = count(1)
    for source in sources:
        seen: dict[int, int] = {}
        for line in _lines_of(source):
            if line.number not in seen:
                seen[line.number] = next(numbers)
            yield ParsedLine(seen[line.number], line.text, line.address)


def _lines_of(source: str) -> Iterator[ParsedLine]:
    """The parsed lines of standard input, of a file of any known kind, or of the argument itself."""
    if source == "-":
        return parse_lines(sys.stdin.read())
    path = Path(source)
    try:
        if not path.is_file():
            return parse_lines(source)
        with path.open("rb") as file:
            groups = read_file(path.name, file).groups
    except FileRefused as refused:
        raise misuse(f"{source}: {refused.problem.label}") from None
    except (OSError, ValueError):
        raise misuse(_("%(file)s cannot be read.") % {"file": source}) from None
    return (parsed for group in groups for line in group.lines for parsed in line.parsed())


def _unusable(line: ParsedLine) -> str:
    reason = line.address.reason.label if isinstance(line.address, Unusable) else ""
    return f"{line.number}: {line.text} ({reason})"
