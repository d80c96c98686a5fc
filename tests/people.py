"""The permanent cast: Alice owns, Bob has lists of his own, Charlie may not."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from videos.models import VideoList
from videos.tokens import create_token

PASSWORD = "correct horse battery staple"


def person(name: str, **fields: Any) -> Any:
    return get_user_model().objects.create_user(name, password=PASSWORD, **fields)


@pytest.fixture
def alice(db: None) -> Any:
    return person("alice")


@pytest.fixture
def bob(db: None) -> Any:
    return person("bob")


@pytest.fixture
def charlie(db: None) -> Any:
    """Somebody whose account was closed."""
    return person("charlie", is_active=False)


@pytest.fixture
def video_list(alice: Any) -> VideoList:
    """A list of Alice's."""
    return VideoList.objects.create(owner=alice, name="Clocks")


def rest(user: Any) -> Client:
    """A REST client with the user's token."""
    token = create_token(owner=user, name="tests", days=None)
    token.row.used_on = timezone.localdate()  # the first use of a day writes that
    token.row.save()
    return Client(headers={"authorization": f"Token {token.text}"})
