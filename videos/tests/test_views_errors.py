"""The pages that stop somebody."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from videos.views.errors import server_error

pytestmark = pytest.mark.django_db


def test_somebody_without_rights_is_told_so(client: Client, alice: Any) -> None:
    """And is not asked for the password again."""
    client.force_login(alice)
    answer = client.get(reverse("admin:index"), follow=True)
    assert answer.status_code == 403
    assert "No access" in answer.content.decode()


@pytest.mark.parametrize("by_cookie", [True, False])
def test_error_of_ours_is_said_in_the_readers_language(
    rf: Any, settings: Any, by_cookie: bool
) -> None:
    request = rf.get("/", headers={"Accept-Language": "en" if by_cookie else "de"})
    request.COOKIES["theme"] = "dark"
    if by_cookie:
        request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = "de"
    answer = server_error(request)
    html = answer.content.decode()
    assert answer.status_code == 500
    assert '<html lang="de" data-theme="dark">' in html
    assert "Der Fehler wurde protokolliert." in html
    assert "#i-ticks" in html
