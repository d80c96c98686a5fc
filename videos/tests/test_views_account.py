"""Settings of a person, and the pages for what is not there."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.authtoken.models import Token

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def test_a_new_token_ends_the_one_before(page: Client, alice: Any) -> None:
    page.post(reverse("renew_token"))
    first = Token.objects.get(user=alice).key
    page.post(reverse("renew_token"))
    assert Token.objects.get(user=alice).key != first
    assert Token.objects.get(user=alice).key in page.get(reverse("settings")).content.decode()


def test_the_admin_shows_no_tokens(admin_client: Client, alice: Any) -> None:
    Token.objects.create(user=alice, key="f" * 40)
    assert "tokenproxy" not in admin_client.get(reverse("admin:index")).content.decode()
    assert admin_client.get("/admin/authtoken/tokenproxy/").status_code == 404


def test_the_theme_is_kept_in_the_page_itself_so_that_nothing_flashes(page: Client) -> None:
    page.post(reverse("set_theme"), {"theme": "dark"})
    assert 'data-theme="dark"' in page.get(reverse("settings")).content.decode()
    page.cookies["theme"] = '"><script>'
    assert "data-theme" not in page.get(reverse("settings")).content.decode()


def test_it_leads_on_only_to_addresses_of_its_own(page: Client) -> None:
    response = page.post(reverse("set_theme"), {"theme": "dark", "next": "https://evil.example/"})
    assert response.headers["Location"] == "/"


def test_the_page_speaks_the_browsers_language_until_another_is_chosen(page: Client) -> None:
    german = {"Accept-Language": "de-CH,de;q=0.9"}
    assert "Einstellungen" in page.get(reverse("settings"), headers=german).content.decode()
    page.post(reverse("set_language"), {"language": "en", "next": "/"})
    assert "Settings" in page.get(reverse("settings"), headers=german).content.decode()


def test_what_is_not_there_is_said_calmly(page: Client) -> None:
    response = page.get("/nowhere/", headers={"Accept-Language": "de"})
    assert response.status_code == 404
    assert "Seite nicht gefunden" in response.content.decode()
