"""The import dialog: text, files, and the list they go to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from importer.intake.reading import ReadUpload
from importer.intake.uploads import UNASKED, NamedFile, mark_of, read_each_upload
from importer.parsing import ParsedLine, has_usable, parse_lines, whole_playlists
from videos.access import User
from videos.forms import NAME_LENGTH
from videos.models import VideoList
from videos.text import one_line

NEW_LIST = _("My videos")


class FilesInput(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name)


class FilesField(forms.Field):
    widget = FilesInput


def named_files(files: Iterable[UploadedFile[bytes]]) -> list[NamedFile]:
    """Return the name and the content of each file that was sent."""
    named = []
    for file in files:
        named.append((file.name or "", cast(BinaryIO, file.file)))
    return named


class AnyText(forms.CharField):
    """Text as it was given.

    The parser drops what a database refuses; the field would refuse all of it for one such
    character.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, strip=False, widget=forms.Textarea, **options)
        self.validators = []


class ImportForm(forms.Form):
    """`pasted` is the text, `lines` is what it means, `uploads` are the files, and `groups` the
    keys of what is wanted of them (None: what goes without saying). Nothing usable in all that is
    an error, so that the dialog stays open.
    """

    text = AnyText(label=_("Addresses"))
    files = FilesField(label=_("Files"), required=False)  # type: ignore[assignment]  # only the class has both
    video_list = forms.ModelChoiceField(VideoList.objects.none(), label=_("List"), required=False)
    new_list = forms.CharField(
        label=_("Name of the new list"), required=False, max_length=NAME_LENGTH
    )
    whole = forms.BooleanField(required=False)
    follow = forms.BooleanField(label=_("And keep following it"), required=False)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user: Any = user
        self.fields["video_list"].queryset = VideoList.objects.owned_by(user)  # type: ignore[attr-defined]
        self.pasted: list[ParsedLine] = list(parse_lines(self.initial.get("text", "")))
        self.lines: list[ParsedLine] = self.pasted
        self.uploads: tuple[ReadUpload, ...] = ()
        self.groups: list[str] | None = None

    def clean_files(self) -> None:
        """Read the files.

        Each that cannot be read is an error of its own, and hides none of the others.
        """
        files = named_files(self.cleaned_data["files"])
        self.uploads, refused = read_each_upload(files, self.user.pk)
        problems = []
        for each in refused:
            problems.append(f"{each.name}: {each.problem.label}")
        if problems:
            raise forms.ValidationError(problems)

    def clean_new_list(self) -> str:
        return one_line(self.cleaned_data["new_list"], NAME_LENGTH)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.pasted = list(parse_lines(data.get("text", "")))
        self.lines = list(whole_playlists(self.pasted)) if data["whole"] else self.pasted
        if self.errors:
            return data
        self._check_content()
        if "mark" in self.data:
            self._choose(self.data["mark"])
        if not self.lines and not self._wants_any_group():
            raise forms.ValidationError(_("Choose what is to be imported."))
        return data

    def _check_content(self) -> None:
        if not self.lines and not self.uploads:
            raise forms.ValidationError(_("Paste addresses, or choose a file."))
        if not self._has_addresses():
            raise forms.ValidationError(
                _("There is no address of a video or playlist in this text.")
            )

    def _has_addresses(self) -> bool:
        if has_usable(self.lines):
            return True
        return any(upload.has_addresses() for upload in self.uploads)

    def _wants_any_group(self) -> bool:
        for upload in self.uploads:
            if any(map(self.is_wanted, upload.groups)):
                return True
        return False

    def is_wanted(self, key: str) -> bool:
        """Whether this group of the files is to be imported."""
        if self.groups is not None:
            return key in self.groups
        return self._is_unasked(key)

    def _is_unasked(self, key: str) -> bool:
        for upload in self.uploads:
            if key in upload.groups and upload.groups[key].heading.kind in UNASKED:
                return True
        return False

    def target(self, default: VideoList | None) -> VideoList:
        """Return the list chosen, one still to be made, or the `default` of a form that says
        nothing about lists.
        """
        named: VideoList | None = self.cleaned_data.get("video_list")
        if named:
            return named
        new_name = self.cleaned_data.get("new_list")
        if default and not new_name and "video_list" not in self.data:
            return default
        return VideoList(owner=self.user, name=new_name or str(NEW_LIST))

    def _choose(self, mark: str) -> None:
        """The groups ticked, if they are those of the preview that bears this mark."""
        if mark != mark_of(self.uploads):
            raise forms.ValidationError(
                _(
                    "These are not the files whose contents were shown. "
                    "Choose again what is to be imported."
                )
            )
        self.groups = cast(QueryDict, self.data).getlist("group")
