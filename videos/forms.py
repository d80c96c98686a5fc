"""What a person types about lists and settings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from videos.models import VideoList
from videos.preferences import LanguageField
from videos.text import one_line

NAME_LENGTH = 200


class ListForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        error_messages={"required": _("A list needs a name.")},
    )

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"], NAME_LENGTH)
        if not name:
            raise forms.ValidationError(_("A list needs a name."))
        return name

    @classmethod
    def renaming(cls, video_list: VideoList, data: Any = None) -> "ListForm":
        return cls(data, initial={"name": video_list.name})


class CaptionLanguagesForm(forms.Form):
    languages = LanguageField(label=_("Languages, preferred ones first"), required=False)
