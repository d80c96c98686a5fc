"""What every page must keep to: few queries whatever is going on, and little to load."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from importer.tests.ledger import end, start
from videos.causes import Cause
from videos.models import Video, VideoList
from videos.stages import Stage
from videos.tests.library import video_id

PAGES = ["list_detail", "list_cards", "list_facets", "list_rename", "list_delete", "import_create"]
PAGES += ["banner", "import_list", "import_detail", "video_detail", "settings", "search"]
# Six of them say how far imports are, and what comes before them; a page of imports asks twice.
MOST_QUERIES = 26


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
@pytest.mark.parametrize("name", PAGES)
def test_no_page_needs_more_queries_than_it_may(
    name: str, client: Client, video_list: VideoList, django_assert_max_num_queries: Any
) -> None:
    """With two running imports, and two summaries nobody has seen, one of them of failed videos."""
    start(video_list, 1, 2), start(video_list, 3)
    end(1, 3)
    finished = [
        start(VideoList.objects.create(owner=video_list.owner, name=f"{n}"), 10 + n)
        for n in range(3)
    ]
    end(10, 11)
    end(12, cause=Cause.PRIVATE)
    Video.objects.filter(youtube_id=video_id(1)).update(
        import_stage=Stage.COMPLETE, import_progress=100
    )
    client.force_login(video_list.owner)
    numbers = {
        "import_detail": finished[0].pk,
        "video_detail": Video.objects.get(youtube_id=video_id(1)).pk,
    }
    bare = name in {"banner", "import_list", "settings", "search"}
    url = reverse(name, args=[] if bare else [numbers.get(name, video_list.pk)])
    with django_assert_max_num_queries(MOST_QUERIES):
        response = client.get(url)
    assert response.status_code == 200
