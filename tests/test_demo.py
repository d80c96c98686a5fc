"""The demo's second list."""

from typing import Any

import pytest
from django.test import Client

from tests.demo_history import add_history
from videos.models import Transcript, Viewing

pytestmark = pytest.mark.django_db


def test_second_list_looks_lived_in(client: Client, alice: Any) -> None:
    video_list = add_history(alice)
    client.force_login(alice)
    html = client.get(video_list.get_absolute_url()).content.decode()
    assert html.count('data-stage="complete"') == 12
    assert "wichtig" in html
    assert "seen-part" in html
    assert Transcript.objects.count() == 12
    assert Viewing.objects.filter(watched_at=None).count() == 1
    follows = client.get("/follows/").content.decode()
    assert "2 new videos at the last check" in follows


def test_line_says_that_it_is_a_demo(client: Client, alice: Any, settings: Any) -> None:
    client.force_login(alice)
    assert "This is a demo." not in client.get("/").content.decode()
    settings.DEMO = True
    assert "This is a demo." in client.get("/", follow=True).content.decode()
