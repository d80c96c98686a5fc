"""Every call of the REST interface, asked what its schema allows and what not: never a 500, never
an answer it does not name.

A few cases of each in the suite, always the same; with SCHEMA_CASES=1000 so many of each, new ones
each time, on a running installation.
"""

import os
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import checks

from importer.following.models import Follow, FollowedVideo
from importer.tests.ledger import start
from importer.webhooks.models import Webhook
from tests.system import System
from videos.models import VideoList
from videos.tests.library import add_video
from videos.tokens import create_token

CASES = int(os.environ.get("SCHEMA_CASES", "0"))
FEW = 4
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.unsupported_method,
]
Ids = dict[str, int]


def try_all(
    schema: Any, token: str, make: Callable[[], tuple[Ids, Ids]], *, cases: int, same: bool
) -> int:
    """`make` answers ids that exist: those of parameters below `/lists`, and one below `/imports`,
    `/videos`. Answers how many calls.
    """
    how = settings(
        max_examples=cases,
        derandomize=same,
        phases=[Phase.explicit, Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    tried = 0
    for found in schema.get_all_operations():
        lists, others = make()
        path = found.ok().path
        tried += try_one(
            found.ok(),
            token,
            lists if path.startswith("/api/lists") else {"id": others.get(path.split("/")[2], 0)},
            how,
        )
    return tried


def try_one(operation: Any, token: str, there: Ids, how: settings) -> int:
    tried = 0

    @how
    @given(case=operation.as_strategy(), real=st.booleans())
    def one_call(case: Any, real: bool) -> None:
        nonlocal tried
        tried += 1
        if real:
            case.path_parameters = {
                name: there.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        case.call_and_validate(headers={"Authorization": f"Token {token}"}, checks=CHECKS)

    one_call()
    return tried


@pytest.mark.slow
@pytest.mark.usefixtures("one_connection")
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
def test_cases_of_each_call_are_answered_as_the_schema_says(alice: Any) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/schema", get_wsgi_application())
    token = create_token(owner=alice, name="tests", days=None)

    def make() -> tuple[Ids, Ids]:
        video_list = VideoList.objects.create(owner=alice, name="Clocks")
        video = add_video(video_list)
        batch = start(video_list, 1, 2, text="nonsense")
        follow = Follow.objects.create(
            video_list=video_list, kind="playlist", source="PL1", next_at=timezone.now()
        )
        FollowedVideo.objects.create(
            follow=follow, youtube_id=video.youtube_id, gone_since=timezone.now()
        )
        Webhook.objects.get_or_create(owner=alice, defaults={"address": "https://example.org/"})
        return {"list_id": video_list.pk, "video_id": video.pk, "id": follow.pk}, {
            "imports": batch.pk,
            "videos": video.pk,
        }

    assert try_all(schema, token.text, make, cases=FEW, same=True) >= FEW * 20


@pytest.mark.slow
@pytest.mark.skipif(not CASES, reason="only with SCHEMA_CASES=1000")
@pytest.mark.timeout(0)
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
def test_many_cases_of_each_call_are_answered_as_the_schema_says(system: System) -> None:
    alice = system.alice()
    token = str(alice.session.headers["Authorization"]).removeprefix("Token ")
    schema = schemathesis.openapi.from_url(f"{system.url}/api/schema")

    def make() -> tuple[Ids, Ids]:
        list_id = alice.new_list()
        batch_id = alice.add(list_id, ["https://youtu.be/dQw4w9WgXcQ", "nonsense"])["batch"]
        alice.call("PUT", "/api/webhook", json={"url": "https://hooks.example/"})
        follow = alice.call(
            "POST",
            f"/api/lists/{list_id}/follows",
            json={"url": "PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"},
        ).json()
        video_id = alice.videos(list_id)[0]["id"]
        return {"list_id": list_id, "video_id": video_id, "id": follow["id"]}, {
            "imports": batch_id,
            "videos": video_id,
        }

    assert try_all(schema, token, make, cases=CASES, same=False) >= CASES * 20
