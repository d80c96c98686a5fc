"""What people chose for themselves: the languages they want captions in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.conf.locale import LANG_INFO
from django.db.models import QuerySet
from django.utils.translation import gettext, override
from django.utils.translation import gettext as _

from videos.models import ListEntry, Preferences
from videos.prepared import PreparedSelect

MOST_LANGUAGES = 10
CODE = re.compile(
    r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}", re.IGNORECASE
)  # de, pt-BR, zh-Hans: as YouTube names its tracks


class NoLanguage(ValueError):
    """A word that names no language; the word is the argument."""


def parse_languages(text: str) -> list[str]:
    """Codes or names of languages with commas (or blanks, between codes) between them, as codes,
    each once. Raises NoLanguage.
    """
    codes: list[str] = []
    for word in re.split(r"[,;\n]", text):
        word = word.strip()
        if word:
            codes += _codes(word)
    return list(dict.fromkeys(codes))[:MOST_LANGUAGES]


def _codes(word: str) -> list[str]:
    named = _names().get(word.casefold())
    if named:
        return [named]
    parts = word.split()
    for part in parts:
        if not CODE.fullmatch(part):
            raise NoLanguage(word[:40])
    return list(map(_written, parts))


def _written(code: str) -> str:
    """The language in small letters, a country in capitals, a script with its first letter: pt-BR,
    zh-Hans.
    """
    first, *rest = code.split("-")
    parts = [first.lower()]
    for part in rest:
        if len(part) == 2:
            parts.append(part.upper())
        else:
            parts.append(part.title())
    return "-".join(parts)


@cache
def _names() -> dict[str, str]:
    """The code of each language, by its own name and by those in the languages of the pages."""
    codes: dict[str, str] = {}
    for code, info in LANG_INFO.items():
        if "name" not in info:  # another name for one that is named
            continue
        for name in _names_of(info):
            codes.setdefault(name.casefold(), _written(code))
    return codes


def _names_of(info: Mapping[str, Any]) -> list[str]:
    names = [info["name_local"], info["name"]]
    for language, _label in settings.LANGUAGES:
        with override(language):
            names.append(gettext(info["name"]))
    return names


def name_languages(codes: Iterable[str]) -> str:
    """The names of these languages in the reader's language, with commas between them; a code where
    there is no name of its own. `parse_languages` reads it back.
    """
    names = []
    for code in codes:
        info = LANG_INFO.get(code.lower(), {})
        name = gettext(info["name"]) if "name" in info else code
        if _names().get(name.casefold()) != code:
            name = code
        names.append(name)
    return ", ".join(names)


class LanguageField(forms.CharField):
    """Languages as a person writes them; cleaned, a list of codes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=300,
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            **options,
        )

    def clean(self, value: Any) -> Any:
        try:
            return parse_languages(super().clean(value))
        except NoLanguage as unknown:
            message = _(
                "“%(word)s” is no language we know. Write names (French) or codes (fr)."
            ) % {"word": unknown}
            raise forms.ValidationError(message) from unknown


def chosen_languages(user: Any) -> list[str]:
    """The user's own choice; empty when they leave it to the installation. One query."""
    languages: list[str] = []
    mine = Preferences.objects.filter(user=user)
    for codes in mine.values_list("caption_languages", flat=True):
        languages += _split(codes)
    return languages


def choose_languages(*, user: Any, codes: Iterable[str]) -> None:
    Preferences.objects.update_or_create(user=user, defaults={"caption_languages": ",".join(codes)})


@dataclass(frozen=True)
class Audience:
    """Those who have a video in a list, whoever has it longest first, and in what order its
    captions' languages are preferred: as they choose, then as the installation does.
    """

    user_ids: tuple[int, ...]
    languages: tuple[str, ...]


def _who_has_it(video_id: int) -> QuerySet[ListEntry, Any]:
    entries = ListEntry.objects.filter(video=video_id, video_list__deleted_at=None)
    return entries.order_by("added_at", "pk").values_list(
        "video_list__owner", "video_list__owner__preferences__caption_languages"
    )


_WHO_HAS_IT = PreparedSelect(_who_has_it, int)


def audience(video_id: int) -> Audience:
    """One query."""
    rows = _WHO_HAS_IT.rows(video_id)
    users: list[int] = []
    languages: list[str] = []
    for user_id, chosen in rows:
        users.append(user_id)
        languages += _split(chosen)
    languages += settings.CAPTION_LANGUAGES
    return Audience(tuple(dict.fromkeys(users)), tuple(dict.fromkeys(languages)))


def _split(codes: str | None) -> list[str]:
    if not codes:
        return []
    return [code for code in codes.split(",") if code]
