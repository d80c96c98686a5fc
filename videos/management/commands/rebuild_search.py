"""`manage.py rebuild_search`: make the search index anew."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from videos.search.building import Building, rebuild
from videos.search.documents import documents_made


class Show(Protocol):
    def __call__(self, building: Building) -> None: ...


class Command(BaseCommand):
    help = (
        "Make the search index anew. It may be stopped and started again, and goes on where it "
        "was; searching goes on meanwhile."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        building = Building(0, 0)
        stream: Any = getattr(self.stdout, "_out", sys.stdout)
        try:
            with shown_on(stream) as show:
                for building in rebuild():
                    show(building)
        except KeyboardInterrupt:
            said = _("Stopped at %(done)s of %(total)s. The next call goes on there.")
            raise CommandError(said % {"done": building.done, "total": building.total}) from None
        count = documents_made()
        said = ngettext("%(count)s video can be found.", "%(count)s videos can be found.", count)
        self.stdout.write(said % {"count": count})


@contextmanager
def shown_on(stream: TextIO) -> Iterator[Show]:
    """Show a bar in a terminal, and a line for each step elsewhere."""
    if not stream.isatty():
        yield Lines(stream)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=stream)) as progress:
        bar = progress.add_task(_("Search index"), total=None)

        def show(building: Building) -> None:
            progress.update(bar, total=building.total, completed=building.done)

        yield show


class Lines:
    """A line whenever another hundredth is done."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.shown = -1

    def __call__(self, building: Building) -> None:
        percent = 100
        if building.total:
            percent = 100 * building.done // building.total
        if percent > self.shown:
            self.shown = percent
            said = _("%(percent)s %%: %(done)s of %(total)s videos")
            counts = {"percent": percent, "done": building.done, "total": building.total}
            self.stream.write(said % counts + "\n")
            self.stream.flush()
