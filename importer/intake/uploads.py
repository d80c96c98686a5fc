"""From uploaded files to plans of imports.

A playlist in a file becomes a list of the user, plain addresses go to the list they chose.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import PurePath
from typing import Any, BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from importer.imports.models import Source
from importer.imports.plans import ImportPlan, ImportPreview, plan_import
from importer.imports.rows import Row, rows_from
from importer.intake.files import Group, Kind
from importer.intake.reading import ReadUpload, UploadRefused, read_each
from importer.intake.rows import rows_from_file
from importer.parsing import ParsedLine
from videos.chunks import chunks
from videos.models import VideoList
from videos.text import one_line

NamedFile = tuple[str, BinaryIO]  # name and content

LONGEST_NAME = 200  # characters, as a list's name holds
UNASKED = (
    Kind.LINES,
    Kind.PLAYLIST,
)  # what an account follows and has watched is imported on request only


@dataclass(frozen=True)
class GroupPreview:
    """What importing one group would do.

    `wanted`: also without being asked for. `list_name`: where to; `makes_list`: that one is new.
    """

    key: str
    file: str
    kind: Kind
    wanted: bool
    list_name: str
    makes_list: bool
    preview: ImportPreview


@dataclass
class _Target:
    """A list, or the name of one that is still to be made, and what goes into it."""

    name: str
    video_list: VideoList | None
    lines: Iterable[ParsedLine] = ()
    groups: list[Group] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, int | None]:
        """What is the same for all that goes to the same list."""
        if self.video_list is None:
            return self.name, None
        return self.name, self.video_list.pk

    def plan(self, owner: Any, source: Source) -> ImportPlan:
        video_list = self.video_list or VideoList(owner=owner, name=self.name)
        return plan_import(
            owner=owner, video_list=video_list, rows=list(self.rows()), source=source
        )

    def rows(self) -> Iterator[Row]:
        """Yield rows numbered through, as if all stood in one file; what is over the limit is kept
        as such.
        """
        count = last = 0
        for row in rows_from(self.lines, limit=settings.MAX_BATCH_LINES):
            count, last = count + 1, row.line
            yield row
        for group in self.groups:
            room = max(settings.MAX_BATCH_LINES - count, 0)
            for row in rows_from_file(group.lines, limit=room, after=last):
                count += 1
                yield row
            last += group.lines[-1].number


def read_uploads(files: Iterable[NamedFile], owner_id: int | None = None) -> tuple[ReadUpload, ...]:
    """Read these files. Raises UploadRefused for the first that cannot be read."""
    uploads, refused = read_each_upload(files, owner_id)
    if refused:
        raise refused[0]
    return uploads


def read_each_upload(
    files: Iterable[NamedFile], owner_id: int | None = None
) -> tuple[tuple[ReadUpload, ...], list[UploadRefused]]:
    """Read these files, and return beside what could be read why each of the others could not.

    `owner_id`: whose upload it is; one of each person is read at a time.
    """
    return read_each(files, settings.MAX_BATCH_LINES, owner_id)


def mark_of(files: Sequence[ReadUpload]) -> str:
    """Return a short text that is the same as long as the groups of these files are: what somebody
    chose among is what is there.
    """
    groups = []
    for _file, key, group in _groups_of(files):
        heading = group.heading
        groups.append((key, heading.kind, heading.name, len(group.lines)))
    return sha256(repr(groups).encode(errors="surrogatepass")).hexdigest()[:16]


def _groups_of(files: Iterable[ReadUpload]) -> Iterator[tuple[ReadUpload, str, Group]]:
    """Yield every group with its file and its key."""
    for file in files:
        for key, group in file.groups.items():
            yield file, key, group


def plan_uploads(
    *,
    owner: Any,
    video_list: VideoList | None,
    files: Sequence[ReadUpload],
    source: Source,
    wanted_groups: Collection[str] | None = None,
    lines: Iterable[ParsedLine] = (),
) -> Iterator[ImportPlan]:
    """Yield one import per list, in the order of the files; each is a transaction of its own.

    Playlists go to the owner's lists of their names, made where they are missing. Other groups, and
    the `lines` that were pasted beside the files, go to `video_list` (saved with its import, if it
    is not yet), or to a list named after the file. `wanted_groups` are keys of groups; None: all
    but subscriptions and history.
    """
    for target in _targets(owner, video_list, files, wanted_groups, list(lines)):
        yield target.plan(owner, source)


def preview_lines(
    *, owner: Any, video_list: VideoList, lines: Sequence[ParsedLine], source: Source
) -> ImportPreview | None:
    """Return what importing pasted lines would do, None without any. Nothing is written."""
    if not lines:
        return None
    plan = plan_import(owner=owner, video_list=video_list, lines=lines, source=source)
    return plan.preview()


def preview_uploads(
    *, owner: Any, video_list: VideoList | None, files: Sequence[ReadUpload]
) -> tuple[GroupPreview, ...]:
    """Return each group of the files, with what importing it alone would do. Nothing is written."""
    if not files:
        return ()
    named = _lists_by_name(owner, files)
    previews = []
    for file, key, group in _groups_of(files):
        target = _target(file, group, video_list, named)
        previews.append(_preview(owner, file, key, replace(target, groups=[group])))
    return tuple(previews)


def _preview(owner: Any, file: ReadUpload, key: str, target: _Target) -> GroupPreview:
    (group,) = target.groups
    kind = group.heading.kind
    plan = target.plan(owner, Source.WEB)
    preview = plan.preview()
    makes_list = plan.video_list.pk is None
    return GroupPreview(key, file.name, kind, kind in UNASKED, target.name, makes_list, preview)


def _targets(
    owner: Any,
    video_list: VideoList | None,
    files: Sequence[ReadUpload],
    wanted: Collection[str] | None,
    lines: list[ParsedLine],
) -> list[_Target]:
    named = _lists_by_name(owner, files)
    targets: dict[tuple[str, int | None], _Target] = {}
    if lines:
        pasted = _target_of_pasted(video_list, lines)
        targets[pasted.key] = pasted
    for file, key, group in _groups_of(files):
        if _is_wanted(key, group, wanted):
            target = _target(file, group, video_list, named)
            target = targets.setdefault(target.key, target)
            target.groups.append(group)
    return list(targets.values())


def _target_of_pasted(video_list: VideoList | None, lines: list[ParsedLine]) -> _Target:
    name = _("My videos")
    if video_list is not None:
        name = video_list.name
    return _Target(name, video_list, lines)


def _is_wanted(key: str, group: Group, wanted: Collection[str] | None) -> bool:
    """Tell whether the group was chosen, or need not be asked about where nobody chose."""
    if wanted is None:
        return group.heading.kind in UNASKED
    return key in wanted


def _target(
    file: ReadUpload, group: Group, video_list: VideoList | None, named: dict[str, VideoList]
) -> _Target:
    is_named = group.heading.kind != Kind.LINES and bool(_name(group.heading.name))
    if video_list is not None and not is_named:
        return _Target(video_list.name, video_list)
    name = _list_name(file, group)
    return _Target(name, named.get(name))


def _list_name(file: ReadUpload, group: Group) -> str:
    return _name(group.heading.name) or _name(PurePath(file.name).stem) or _("My videos")


def _name(given: str) -> str:
    return one_line(given, LONGEST_NAME)


def _list_names(files: Sequence[ReadUpload]) -> set[str]:
    names = set()
    for file, _key, group in _groups_of(files):
        names.add(_list_name(file, group))
    return names


def _lists_by_name(owner: Any, files: Sequence[ReadUpload]) -> dict[str, VideoList]:
    """Return the owner's lists of the groups' names; of several with one name the oldest."""
    found: dict[str, VideoList] = {}
    for some in chunks(sorted(_list_names(files))):
        for video_list in VideoList.objects.owned_by(owner).filter(name__in=some).order_by("pk"):
            found.setdefault(video_list.name, video_list)
    return found
