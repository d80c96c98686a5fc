"""Every page and program that searches tells Alice the same, whatever Bob alone has."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.tiers import examples
from videos.models import SavedSearch
from videos.search.tests.spoken import undone
from videos.search.tests.test_privacy import ASKED, LIBRARY, fill
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db

PAGES = {
    "page": ("/search/", {}),
    "results": ("/search/", {"HX-Request": "true", "HX-Target": "results"}),
    "panel": ("/search/", {"HX-Request": "true", "HX-Target": "quick"}),
    "counts of saved searches": ("/search/saved/", {"HX-Request": "true"}),
    "without text": ("/search/later/", {"HX-Request": "true"}),
}


@pytest.mark.timeout(900)  # seconds; PostgreSQL on a busy machine
@given(library=LIBRARY, typed=st.sampled_from(ASKED))
@example(library=[("clock", "clock", ("", ""), ("clock spring", "gear"))], typed="clock")
@settings(max_examples=examples(100, 25), suppress_health_check=[HealthCheck.too_slow])
def test_every_surface_says_the_same_without_others(library: Any, typed: str) -> None:
    with undone():
        with_bob = told(library, typed, with_others=True)
    with undone():
        without = told(library, typed, with_others=False)
    assert with_bob == without


def told(library: Any, typed: str, *, with_others: bool) -> dict[str, Any]:
    """Everything Alice is shown for these words, in a library with or without what Bob alone
    has.
    """
    alice, his, names = fill(library, with_others=with_others)
    SavedSearch.objects.create(owner=alice, name="kept", query=f"q={typed}")
    if with_others:
        waiting = add_video(his["kept"], 900, captions_source="none")
        apps.get_model("enrichment", "EnrichmentJob").objects.create(video=waiting, rank=0)
    return surfaces(alice, typed, names)


def surfaces(alice: Any, typed: str, names: dict[int, int]) -> dict[str, Any]:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(alice)
    asked = {"q": typed}
    found: dict[str, Any] = {}
    for name, (address, headers) in PAGES.items():
        answer = client.get(address, asked, headers=headers)
        assert answer.status_code == 200
        found[name] = text_of(answer.content.decode())
    for form in ("csv", "markdown", "json"):
        moments: Any = client.get("/search/moments/", {**asked, "format": form})
        found[form] = b"".join(moments.streaming_content).decode()
    found["all"] = [names[pk] for pk in client.get("/search/ids/", asked).json()["ids"]]
    cards = client.get("/search/cards/", {"ids": ",".join(map(str, names))})
    found["cards"] = text_of(cards.content.decode())
    found["rest"] = without_ids(client.get("/api/search", asked).json())
    said = StringIO()
    call_command("search", typed, "--user", "alice", "--json", stdout=said)
    found["command"] = without_ids(json.loads(said.getvalue()))
    return found


def text_of(page: str) -> str:
    """What a person reads on a page; ids and addresses are gone with the tags."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def without_ids(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what counts up or tells the time."""
    for result in answer["results"]:
        if "lists" in result:
            result["lists"] = len(result["lists"])
        video = result["video"]
        result["video"] = {name: video[name] for name in ("youtube_id", "title")}
    return answer
