"""The demo's first user and second list; what it shows is in tests/browser/test_demo.py."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from config.management.commands.demo import LIST, USER, Command
from config.supervisor import guards
from importer.imports.models import ImportBatch, Source
from tests.demo_history import add_history
from videos.models import Transcript, VideoList, Viewing

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


def test_it_starts_again_with_users_made_in_it(alice: Any) -> None:
    alice.delete()
    command = Command(stdout=StringIO())
    command.create_first_user()
    people = get_user_model().objects
    people.create_user("second")
    command.create_first_user()
    assert people.count() == 2
    assert people.get(username=USER).video_lists.count() == 2
    assert command.first_import()
    ImportBatch.objects.create(
        owner=people.get(username=USER),
        video_list=VideoList.objects.get(name=LIST),
        source=Source.WEB,
        limit=100,
    )
    assert command.first_import() == ()


def test_it_refuses_what_is_in_real_use(alice: Any) -> None:
    with pytest.raises(guards.StartError, match="in real use"):
        Command(stdout=StringIO()).create_first_user()
