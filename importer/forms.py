"""The import dialog: text, files, and the list they go to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from importer.parsing import ParsedLine, Unusable, parse_lines
from videos.access import User
from videos.forms import NAME_LENGTH
from videos.models import VideoList
from videos.text import one_line

MAX_FILE_BYTES = 4 * 1024 * 1024
NEW_LIST = _("My videos")


class FilesInput(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name)


class FilesField(forms.Field):
    widget = FilesInput


class ImportForm(forms.Form):
    """`lines` has what was given. Nothing usable in it is an error, so that the dialog stays open with the text in it."""

    text = forms.CharField(label=_("Addresses"), required=False, strip=False, widget=forms.Textarea)
    files = FilesField(label=_("Files"), required=False)  # type: ignore[assignment]  # only the class has both
    video_list = forms.ModelChoiceField(VideoList.objects.none(), label=_("List"), required=False)
    new_list = forms.CharField(label=_("Name of the new list"), required=False, max_length=NAME_LENGTH)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["video_list"].queryset = VideoList.objects.owned_by(user)  # type: ignore[attr-defined]
        self.lines: list[ParsedLine] = []

    def clean_files(self) -> str:
        """The files as one text. Bytes that are no UTF-8 are replaced; an address has none."""
        files: list[UploadedFile[Any]] = self.cleaned_data["files"]
        if any((file.size or 0) > MAX_FILE_BYTES for file in files):
            raise forms.ValidationError(_("This file is larger than 4 MB. Split it into several imports."))
        return "\n".join(file.read().decode("utf-8", errors="replace") for file in files)

    def clean_new_list(self) -> str:
        return one_line(self.cleaned_data["new_list"], NAME_LENGTH)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        texts = [text for text in (data.get("text"), data.get("files")) if text and text.strip()]
        if not texts and not self.errors:
            raise forms.ValidationError(_("Paste addresses, or choose a file."))
        self.lines = list(parse_lines("\n".join(texts)))
        if self.lines and all(isinstance(line.address, Unusable) for line in self.lines):
            raise forms.ValidationError(_("There is no address of a video or playlist in this text."))
        return data
