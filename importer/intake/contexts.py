"""What the import dialog shows of an import before it starts."""

from dataclasses import dataclass

from importer.imports.models import Source
from importer.imports.plans import ImportPreview
from importer.intake.forms import ImportForm
from importer.intake.uploads import GroupPreview, mark_of, preview_lines, preview_uploads
from importer.parsing import playlist_beside
from videos.models import VideoList


@dataclass(frozen=True)
class Preview:
    """`pasted`: of the text, None without one.

    `beside`: how many playlists the addresses of videos name besides; `whole`: those are meant.
    `groups`: of the files, each with whether it is wanted; `mark` goes back to the form with the
    choice.
    """

    pasted: ImportPreview | None
    beside: int
    whole: bool
    groups: tuple[tuple[GroupPreview, bool], ...]
    mark: str

    @property
    def file_names(self) -> str:
        """Of the files whose groups can be chosen, each once."""
        return ", ".join(dict.fromkeys(group.file for group, _ in self.groups))


def preview_of(form: ImportForm, video_list: VideoList) -> Preview:
    """Of a form that was filled in, or whose fields have first values; whatever is wrong with it.

    Nothing is written.
    """
    pasted = preview_lines(
        owner=form.user, video_list=video_list, lines=form.lines, source=Source.WEB
    )
    groups = []
    for group in preview_uploads(owner=form.user, video_list=video_list, files=form.uploads):
        groups.append((group, form.is_wanted(group.key)))
    mark = ""
    if groups:
        mark = mark_of(form.uploads)
    return Preview(
        pasted=pasted,
        beside=_count_playlists_beside(form),
        whole=form.is_bound and bool(form.cleaned_data.get("whole")),
        groups=tuple(groups),
        mark=mark,
    )


def _count_playlists_beside(form: ImportForm) -> int:
    playlist_ids = set(map(playlist_beside, form.pasted))
    playlist_ids.discard("")
    return len(playlist_ids)
