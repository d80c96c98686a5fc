"""What a person gives about a video's captions."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from videos.cues import Cue
from videos.preferences import LanguageField
from videos.transcripts import LARGEST, TranscriptRefused, read_transcript


class TranscriptForm(forms.Form):
    """A file of timed text; cleaned, it is its cues."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".vtt,.srt,text/vtt,application/x-subrip"}),
        error_messages={"required": _("Choose a file."), "invalid": _("Choose a file.")},
    )
    language = LanguageField(label=_("Language of the text"), required=False)

    def clean_file(self) -> list[Cue]:
        try:
            return read_transcript(self.cleaned_data["file"].read(LARGEST + 1))
        except TranscriptRefused as refused:
            raise forms.ValidationError(str(refused)) from refused

    def clean_language(self) -> str:
        codes: list[Any] = self.cleaned_data["language"]
        return codes[0] if codes else ""
