"""What a person gives about a video's captions."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from videos.preferences import LanguageField
from videos.transcripts import LARGEST, TranscriptRefused, read_transcript

# What a browser offers to choose.
ACCEPTED = ".vtt,.srt,.sbv,.ass,.ssa,.ttml,.dfxp,.lrc,.smi,.json3,text/vtt,application/x-subrip"


class TranscriptForm(forms.Form):
    """A file of timed text; cleaned, it is its cues."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        error_messages={"required": _("Choose a file."), "invalid": _("Choose a file.")},
    )
    language = LanguageField(label=_("Language of the text"), required=False)

    def clean_language(self) -> str:
        codes: list[Any] = self.cleaned_data["language"]
        return codes[0] if codes else ""

    def clean(self) -> dict[str, Any]:
        """Read the file once its language is known, which tells an old encoding."""
        data = super().clean() or {}
        if "file" not in data:
            return data
        try:
            content = data["file"].read(LARGEST + 1)
            data["file"] = read_transcript(content, data.get("language", ""))
        except TranscriptRefused as refused:
            self.add_error("file", str(refused))
        return data
