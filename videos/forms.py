"""What a person types about lists and settings."""

from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from videos.models import VideoList
from videos.preferences import LanguageField
from videos.text import one_line

NAME_LENGTH = 200


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form on a page is bound to: what was sent, or None while it is only shown."""
    if request.method != "POST":
        return None
    return request.POST


def form_status(form: forms.Form) -> int:
    """The HTTP status of a page with this form: 422 when it says what was wrong."""
    if form.errors:
        return 422
    return 200


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


class TokenForm(forms.Form):
    """A new token: what it is for, and how long it is good for."""

    AGES = (
        ("30", _("30 days")),
        ("90", _("90 days")),
        ("365", _("a year")),
        ("", _("no end")),
    )

    name = forms.CharField(
        label=_("What is it for?"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("A token needs a name.")},
    )
    days = forms.ChoiceField(label=_("Valid for"), choices=AGES, required=False, initial="365")

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"], 100)
        if not name:
            raise forms.ValidationError(_("A token needs a name."))
        return name

    def clean_days(self) -> int | None:
        """Return the days it is good for; None is for ever."""
        days = self.cleaned_data["days"]
        if not days:
            return None
        return int(days)
