"""The import dialog: text, files, and the list they go to."""

from __future__ import annotations

from itertools import chain
from typing import Any, BinaryIO, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from importer.intake.reading import ReadUpload
from importer.intake.uploads import UNASKED, mark_of, read_each_upload
from importer.parsing import ParsedLine, Unusable, parse_lines, whole_playlists
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
        files = [
            (file.name or "", cast(BinaryIO, file.file)) for file in self.cleaned_data["files"]
        ]
        self.uploads, refused = read_each_upload(files, self.user.pk)
        if refused:
            raise forms.ValidationError([f"{each.name}: {each.problem.label}" for each in refused])

    def clean_new_list(self) -> str:
        return one_line(self.cleaned_data["new_list"], NAME_LENGTH)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.pasted = list(parse_lines(data.get("text", "")))
        self.lines = list(whole_playlists(self.pasted)) if data["whole"] else self.pasted
        if self.errors:
            return data
        if not self.lines and not self.uploads:
            raise forms.ValidationError(_("Paste addresses, or choose a file."))
        if not self._has_addresses():
            raise forms.ValidationError(
                _("There is no address of a video or playlist in this text.")
            )
        if "mark" in self.data:
            self._choose(self.data["mark"])
        if not self.lines and not self._wants_any_group():
            raise forms.ValidationError(_("Choose what is to be imported."))
        return data

    def _has_addresses(self) -> bool:
        if any(not isinstance(line.address, Unusable) for line in self.lines):
            return True
        return any(upload.has_addresses() for upload in self.uploads)

    def _wants_any_group(self) -> bool:
        keys = chain.from_iterable(upload.groups for upload in self.uploads)
        return any(map(self.is_wanted, keys))

    def is_wanted(self, key: str) -> bool:
        """Whether this group of the files is to be imported."""
        if self.groups is not None:
            return key in self.groups
        return any(
            upload.groups[key].heading.kind in UNASKED
            for upload in self.uploads
            if key in upload.groups
        )

    def target(self, default: VideoList | None) -> VideoList:
        """The list chosen, one still to be made, or the `default` of a form that says nothing about
        lists.
        """
        data = self.cleaned_data
        if named := data.get("video_list"):
            return cast(VideoList, named)
        if default and not data.get("new_list") and "video_list" not in self.data:
            return default
        return VideoList(owner=self.user, name=data.get("new_list") or str(NEW_LIST))

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
