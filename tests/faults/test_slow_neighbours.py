"""Everything that can be slow is, at once and all of it turned on: mails, webhooks, Groq, an update
of yt-dlp, pictures, pages of playlists. Videos by hand beside them, at the pace as it comes.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from tests.faults.rig import Rig, rigged
from tests.installation import wait_for
from tests.standins import CaptionSpec, VideoSpec, YouTubeStandIn, video_id

pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]

LONG = [f"PLzH6n4zXuckquVnQ0KlMDxyT5YE-sB8{letter}" for letter in "ab"]
PROMISED = 5.0  # seconds until a video by hand is complete
EVERY = 6.0  # seconds between two of them
VIDEOS = 6
RECEIVERS = 10  # each is waited for once, for ten seconds, two at a time
SLOW = {
    "read_next",
    "deliver_next",
    "transcribe_next",
    "send_next_mail",
    "keep_thumbnails",
    "update_ytdlp",
}
PAGE = 8.0  # seconds that YouTube takes for a page of a playlist

# One mail for each person, and a look for a newer yt-dlp.
BEGIN = """
from celery import current_app
from django.db.models.functions import Now
from importer.imports.models import ImportBatch
from importer.notices.models import Mail, MailKind, MailSubscription
for batch in ImportBatch.objects.all():
    batch.owner.email = "somebody@example.org"
    batch.owner.save()
    MailSubscription.objects.get_or_create(owner=batch.owner, language="de")
    mail = Mail(owner=batch.owner, batch=batch, kind=MailKind.FINISHED, occasion=str(batch.pk))
    mail.next_at = Now()
    mail.save()
for task in ("importer.tasks.send_next_mail", "enrichment.tasks.update_ytdlp"):
    current_app.send_task(task)
"""


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Of a server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as server:
        yield server.getsockname()[1]


@pytest.fixture
def rig(youtube: YouTubeStandIn, silent_port: int) -> Iterator[Rig]:
    silent = f"http://127.0.0.1:{silent_port}"
    environ = {
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(silent_port),
        "EMAIL_USE_TLS": "0",
        "WEBHOOK_ALLOWED_HOSTS": "127.0.0.1",
        "GROQ_API_KEY": "a key",
        "GROQ_BASE_URL": silent,
        "KEEP_THUMBNAILS": "1",
        "YTDLP_AUTO_UPDATE": "stable",
        "PIP_INDEX_URL": silent,
    }
    with rigged(youtube, environ) as rig:
        yield rig


def test_video_by_hand_passes_everything_slow(rig: Rig, silent_port: int) -> None:
    alice, bob = rig.system.alice(), rig.system.another()
    mute = video_id(1)
    rig.youtube.catalogue.add(VideoSpec(mute, title="Without captions"))
    alice.add(alice.new_list(), [mute])
    transcribing = "SELECT count(*) FROM enrichment_enrichmentjob WHERE work = 'transcribe'"
    wait_for(lambda: rig.database.value(f"{transcribing} AND holder <> ''") == 1, 30)
    rig.youtube.faults.hang(kind="thumbnail")
    rig.youtube.faults.slow(PAGE, kind=("playlist", "browse"))
    for reader, name in zip((alice, rig.system.another()), LONG, strict=True):
        rig.youtube.catalogue.add_playlist(name, 1500)
        reader.add(reader.new_list(), [name])
    rig.system.manage("shell", "-v", "0", "-c", BEGIN)
    for number in range(RECEIVERS):
        receiver = rig.system.another()
        address = {"url": f"http://127.0.0.1:{silent_port}/{number}"}
        assert receiver.call("PUT", "/api/webhook", json=address).status_code == 200
        assert receiver.call("POST", "/api/webhook/test").status_code == 202
    list_id = bob.new_list()
    took: list[float] = []
    seen: set[str] = set()  # tasks under way beside them
    for number in range(VIDEOS):
        one = video_id(9000 + number)
        rig.youtube.catalogue.add(VideoSpec(one, captions=(CaptionSpec("de"),)))
        began = time.monotonic()
        bob.finished(bob.add(list_id, [one])["batch"], 60)
        took.append(time.monotonic() - began)
        seen.update(task["name"].rpartition(".")[2] for task in rig.active())
        assert set(rig.system.health().values()) == {"ok"}
        wait_for(lambda: time.monotonic() >= began + EVERY, EVERY + 60)  # noqa: B023
    assert seen >= SLOW
    assert max(took) <= PROMISED, took
