"""Settings of a person, and the pages for what is not there."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from videos.models import ApiToken
from videos.tokens import MOST_TOKENS, create_token, create_token_for_login, find_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def test_a_new_token_is_shown_once(page: Client, alice: Any) -> None:
    answer = page.post(reverse("token_create"), {"name": "Backup", "days": "30"})

    text = answer.context["created"].text
    assert text in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    later = page.get(reverse("settings")).content.decode()
    assert text not in later
    assert "Backup" in later
    token = ApiToken.objects.get(owner=alice)
    assert text not in str(vars(token)), "the database has its digest alone"


def test_several_tokens_work_until_removed(page: Client, alice: Any, bob: Any) -> None:
    first = create_token(owner=alice, name="first", days=None)
    second = create_token(owner=alice, name="second", days=None)
    strangers = create_token(owner=bob, name="strangers", days=None)

    page.post(reverse("token_remove", args=[first.row.pk]))
    answer = page.post(reverse("token_remove", args=[strangers.row.pk]))

    assert answer.status_code == 404
    assert asked_with(first.text) == 401
    assert asked_with(second.text) == 200
    assert asked_with(strangers.text) == 200


def test_a_token_ends_when_its_time_is_over(alice: Any) -> None:
    token = create_token(owner=alice, name="short", days=30)
    assert asked_with(token.text) == 200

    token.row.expires_at = timezone.now()
    token.row.save()
    assert asked_with(token.text) == 401


def test_a_token_without_a_name_is_refused(page: Client) -> None:
    answer = page.post(reverse("token_create"), {"name": " \0 ", "days": "30"})
    assert answer.status_code == 422
    assert not ApiToken.objects.exists()


def test_tokens_of_a_person_are_counted(page: Client, alice: Any) -> None:
    for number in range(MOST_TOKENS):
        create_token(owner=alice, name=f"token {number}", days=None)

    answer = page.post(reverse("token_create"), {"name": "one more", "days": ""})

    assert answer.status_code == 422
    assert ApiToken.objects.count() == MOST_TOKENS


def test_tokens_for_a_password_replace_the_oldest_such(alice: Any) -> None:
    named = create_token(owner=alice, name="mine", days=None)
    texts = [create_token_for_login(owner=alice).text for _ in range(MOST_TOKENS)]

    assert ApiToken.objects.count() == MOST_TOKENS
    assert find_token(texts[0]) is None
    assert find_token(texts[-1]) is not None
    assert find_token(named.text) is not None


def asked_with(token: str) -> int:
    client = Client(headers={"authorization": f"Token {token}"})
    return client.get(reverse("api_lists")).status_code


def test_the_admin_shows_no_tokens(admin_client: Client, alice: Any) -> None:
    create_token(owner=alice, name="mine", days=None)
    assert "apitoken" not in admin_client.get(reverse("admin:index")).content.decode()
    assert admin_client.get("/admin/authtoken/tokenproxy/").status_code == 404
    assert admin_client.get("/admin/videos/apitoken/").status_code == 404


def test_the_theme_is_in_the_page_so_that_nothing_flashes(page: Client) -> None:
    page.post(reverse("set_theme"), {"theme": "dark"})
    assert 'data-theme="dark"' in page.get(reverse("settings")).content.decode()
    page.cookies["theme"] = '"><script>'
    assert "data-theme" not in page.get(reverse("settings")).content.decode()


def test_it_leads_on_only_to_addresses_of_its_own(page: Client) -> None:
    response = page.post(reverse("set_theme"), {"theme": "dark", "next": "https://evil.example/"})
    assert response.headers["Location"] == "/"


def test_the_page_speaks_the_browsers_or_the_chosen_language(page: Client) -> None:
    german = {"Accept-Language": "de-CH,de;q=0.9"}
    assert "Einstellungen" in page.get(reverse("settings"), headers=german).content.decode()
    page.post(reverse("set_language"), {"language": "en", "next": "/"})
    assert "Settings" in page.get(reverse("settings"), headers=german).content.decode()


def test_what_is_not_there_is_said_calmly(page: Client) -> None:
    response = page.get("/nowhere/", headers={"Accept-Language": "de"})
    assert response.status_code == 404
    assert "Seite nicht gefunden" in response.content.decode()
