"""The import dialog: text, files, and the list they go to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from importer.files import FileRefused, read_file
from importer.parsing import ParsedLine, Unusable, parse_lines
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


class ImportForm(forms.Form):
    """`lines` has what was given, first the text, then the files. Nothing usable in it is an error, so that the dialog stays open."""

    text = forms.CharField(label=_("Addresses"), required=False, strip=False, widget=forms.Textarea)
    files = FilesField(label=_("Files"), required=False)  # type: ignore[assignment]  # only the class has both
    video_list = forms.ModelChoiceField(VideoList.objects.none(), label=_("List"), required=False)
    new_list = forms.CharField(label=_("Name of the new list"), required=False, max_length=NAME_LENGTH)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["video_list"].queryset = VideoList.objects.owned_by(user)  # type: ignore[attr-defined]
        self.lines: list[ParsedLine] = []

    def clean_files(self) -> list[ParsedLine]:
        files: list[UploadedFile[Any]] = self.cleaned_data["files"]
        return [line for file in files for line in _lines_of(file)]

    def clean_new_list(self) -> str:
        return one_line(self.cleaned_data["new_list"], NAME_LENGTH)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.lines = [*parse_lines(data.get("text", "")), *data.get("files", ())]
        if not self.errors and not self.lines:
            raise forms.ValidationError(_("Paste addresses, or choose a file."))
        if self.lines and all(isinstance(line.address, Unusable) for line in self.lines):
            raise forms.ValidationError(_("There is no address of a video or playlist in this text."))
        return data


def _lines_of(file: UploadedFile[Any]) -> Iterator[ParsedLine]:
    try:
        result = read_file(file.name or "", cast(BinaryIO, file.file))
    except FileRefused as refused:
        raise forms.ValidationError(f"{file.name}: {refused.problem.label}") from refused
    for group in result.groups:
        for line in group.lines:
            yield from line.parsed()
