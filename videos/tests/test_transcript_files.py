"""All transcripts of a list as one file."""

import io
import zipfile
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from videos.models import Chapter, Tag, Transcript, Video, VideoList
from videos.tests.library import add_video, video_id

pytestmark = pytest.mark.django_db
CUES = [[0.0, 2.0, "Good morning."], [2.0, 4.0, "Today: *clocks*."], [70.0, 72.0, "The anchor."]]


def spoken(video_list: VideoList, number: int = 1, **fields: Any) -> Video:
    video = add_video(video_list, number, **fields)
    Transcript.objects.create(video=video, source="manual", language="en", cues=CUES)
    return video


def exported(client: Client, video_list: VideoList, export_format: str, **data: Any) -> bytes:
    client.force_login(video_list.owner)
    response: Any = client.post(
        reverse("entry_export", args=[video_list.pk]), {"format": export_format} | data
    )
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def files_in(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.mark.parametrize(
    ("kind", "begins"),
    [("txt", "Good morning. Today"), ("srt", "1\n00:00:00,000"), ("vtt", "WEBVTT\n"), ("md", "# ")],
)
def test_zip_has_a_file_for_each_transcript(
    client: Client, video_list: VideoList, kind: str, begins: str
) -> None:
    spoken(video_list, 1, title="Anchor / escapement: why?")
    add_video(video_list, 2, title="Silent")
    files = files_in(exported(client, video_list, f"{kind}.zip"))
    name = f"002 Anchor escapement why [{video_id(1)}].{kind}"
    assert set(files) == {name, "Without a transcript.txt"}
    assert files[name].startswith(begins)
    assert "Silent" in files["Without a transcript.txt"]


def test_zip_has_only_the_chosen_videos(client: Client, video_list: VideoList) -> None:
    spoken(video_list, 1)
    chosen = spoken(video_list, 2)
    files = files_in(exported(client, video_list, "txt.zip", video=chosen.pk))
    assert list(files) == [f"001 Video 2 [{video_id(2)}].txt"]


def test_zip_of_many_videos_is_whole(client: Client, video_list: VideoList) -> None:
    for number in range(120):
        spoken(video_list, number)
    assert len(files_in(exported(client, video_list, "vtt.zip"))) == 120


def test_markdown_has_chapters_and_links_to_seconds(client: Client, video_list: VideoList) -> None:
    video = spoken(video_list, title="Clocks [1]", channel="Horology", duration=90)
    Chapter.objects.create(video=video, number=1, start=0, end=60, title="Welcome")
    Chapter.objects.create(video=video, number=2, start=60, end=90, title="The <anchor>")
    address = f"https://www.youtube.com/watch?v={video_id(1)}"
    text = next(iter(files_in(exported(client, video_list, "md.zip")).values()))
    assert text.splitlines() == [
        "# Clocks \\[1\\]",
        "",
        f"Horology · <{address}>",
        "",
        f"## Welcome [0:00]({address}&t=0s)",
        "",
        f"[0:00]({address}&t=0s) Good morning. Today: \\*clocks\\*.",
        "",
        f"## The \\<anchor\\> [1:00]({address}&t=60s)",
        "",
        f"[1:10]({address}&t=70s) The anchor.",
    ]


def test_list_as_markdown_has_notes_and_tags(client: Client, video_list: VideoList) -> None:
    video = add_video(video_list, title="Clocks", note="look\nagain", channel="Horology")
    entry = video_list.entries.get(video=video)
    entry.tags.add(Tag.objects.create(owner=video_list.owner, name="to read"))
    text = exported(client, video_list, "md").decode()
    assert text == (
        f"# Clocks\n\n- [Clocks](https://www.youtube.com/watch?v={video_id(1)}), Horology #to-read"
        "\n  look\n  again\n"
    )
