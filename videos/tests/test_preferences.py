"""The languages a person wants captions in."""

from typing import Any

import pytest
from django.conf.locale import LANG_INFO
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from videos.models import Preferences, VideoList
from videos.preferences import (
    MOST_LANGUAGES,
    NoLanguage,
    audience,
    choose_languages,
    name_languages,
    parse_languages,
)
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", []),
        (" ,; ", []),
        ("de, en", ["de", "en"]),
        ("DE;pt-br\nzh-hans", ["de", "pt-BR", "zh-Hans"]),
        ("de en", ["de", "en"]),
        ("Deutsch, english, Français, de", ["de", "en", "fr"]),
        ("Brazilian Portuguese", ["pt-BR"]),
        ("Französisch, Italienisch", ["fr", "it"]),
        (
            ",".join(f"q{letter}" for letter in "abcdefghijklm"),
            [f"q{letter}" for letter in "abcdefghij"],
        ),
    ],
)
def test_languages_are_read_as_people_write_them(text: str, codes: list[str]) -> None:
    assert parse_languages(text) == codes
    assert len(codes) <= MOST_LANGUAGES


@pytest.mark.parametrize("language", ["de", "en"])
def test_names_of_languages_are_read_back(language: str) -> None:
    codes = [parse_languages(code)[0] for code in LANG_INFO]
    with override(language):
        named = [name_languages([code]) for code in codes]
        assert [parse_languages(name) for name in named] == [[code] for code in codes]
        assert (
            name_languages(["fr", "zz"]) == {"de": "Französisch, zz", "en": "French, zz"}[language]
        )


@pytest.mark.parametrize(
    "text", ["klingonisch!", "d", "de/en", "<b>", "12", "de, \u202e", "x" * 200]
)
def test_what_is_no_language_is_refused(text: str) -> None:
    with pytest.raises(NoLanguage):
        parse_languages(text)


def test_a_choice_is_kept_and_empty_leaves_the_default(
    client: Client, alice: Any, settings: Any
) -> None:
    settings.CAPTION_LANGUAGES = ["rm"]
    client.force_login(alice)
    page = client.post(
        reverse("set_caption_languages"), {"languages": "Italiano, de-ch"}, follow=True
    ).content.decode()
    assert 'value="Italian, de-CH"' in page
    assert "Left empty: rm." in page
    assert Preferences.objects.get(user=alice).caption_languages == "it,de-CH"
    client.post(reverse("set_caption_languages"), {"languages": ""})
    assert Preferences.objects.get(user=alice).caption_languages == ""


def test_what_is_not_understood_is_said_and_stays_in_its_field(client: Client, alice: Any) -> None:
    client.force_login(alice)
    answer = client.post(reverse("set_caption_languages"), {"languages": "de, 7<"})
    html = answer.content.decode()
    assert (answer.status_code, Preferences.objects.count()) == (422, 0)
    assert "“7&lt;” is no language we know." in html
    assert 'value="de, 7&lt;"' in html


def test_lists_deleted_or_without_the_video_count_nothing(
    alice: Any, bob: Any, video_list: VideoList, settings: Any
) -> None:
    settings.CAPTION_LANGUAGES = ["de", "en"]
    video = add_video(video_list)
    VideoList.objects.create(owner=bob, name="Empty")
    choose_languages(user=bob, codes=["fr"])
    choose_languages(user=alice, codes=["en", "it"])
    assert audience(video.pk).languages == ("en", "it", "de")
    video_list.deleted_at = video_list.created_at
    video_list.save()
    assert audience(video.pk).languages == ("de", "en")
