"""`manage.py import_playlist`: in this process against the stand-in, and as a process of its own in
a terminal.
"""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
from django.conf import settings as project
from django.core.management import CommandError, call_command, execute_from_command_line

from enrichment.models import EnrichmentJob
from enrichment.services import ALIVE
from importer.imports.models import BatchState, ImportBatch, ImportItem, Verdict
from importer.imports.services import pause_batch
from importer.tests.takeout import added_at, takeout_zip
from tests.installation import wait_for
from tests.people import person
from tests.standins import CaptionSpec, Failure, Fault, VideoSpec, YouTubeStandIn, video_id
from videos.models import ListEntry, Video, VideoList
from videos.stages import Stage

pytestmark = pytest.mark.django_db
PLAYLIST = "PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def admin(db: None) -> Any:
    return person("admin", is_superuser=True, is_staff=True)


@pytest.fixture
def run(
    admin: Any,
    clean_redis: redis.Redis,
    settings: Any,
    youtube: YouTubeStandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Calls the command; answers its exit code and what it said on both streams."""
    settings.YOUTUBE_PROXY, settings.YOUTUBE_CA_FILE = (
        tuple(youtube.proxy_urls),
        str(youtube.ca_file),
    )
    settings.YOUTUBE_BASE_DELAY, settings.YOUTUBE_BURST, settings.YOUTUBE_HOURLY_BUDGET = (
        0.0,
        50,
        100_000,
    )

    def call(*arguments: str, given: str | bytes = "") -> tuple[int, str, str]:
        out, err = StringIO(), StringIO()
        monkeypatch.setattr(
            sys,
            "stdin",
            TextIOWrapper(BytesIO(given if isinstance(given, bytes) else given.encode())),
        )
        try:
            call_command("import_playlist", *arguments, stdout=out, stderr=err)
        except CommandError as error:
            return error.returncode, out.getvalue(), err.getvalue() + str(error)
        except SystemExit as end:
            return int(end.code or 0), out.getvalue(), err.getvalue()
        return 0, out.getvalue(), err.getvalue()

    return call


def spoken(youtube: YouTubeStandIn, *numbers: int, **fields: Any) -> list[str]:
    """Videos with captions; their ids."""
    for n in numbers:
        youtube.catalogue.add(
            VideoSpec(video_id(n), title=f"Video {n}", captions=(CaptionSpec("de"),), **fields)
        )
    return [video_id(n) for n in numbers]


# Inline


def test_it_imports_addresses_ids_and_files(
    run: Run, admin: Any, youtube: YouTubeStandIn, tmp_path: Path
) -> None:
    one, two, three, four = spoken(youtube, 1, 2, 3, 4)
    (tmp_path / "more.txt").write_text(f"# my clocks\nhttps://youtu.be/{two}\n", encoding="utf-8")
    (tmp_path / "table.csv").write_text(
        f"title;address\nThird;https://www.youtube.com/watch?v={three}\n", encoding="utf-16"
    )
    sources = [
        f"https://youtu.be/{one}",
        str(tmp_path / "more.txt"),
        str(tmp_path / "table.csv"),
        four,
    ]
    code, out, err = run(*sources, "--list", "Clocks", "--inline")
    assert (code, out.splitlines()[-1]) == (0, "4 videos imported"), err
    video_list = VideoList.objects.get(owner=admin, name="Clocks")
    assert list(
        video_list.entries.order_by("-position").values_list("video__title", flat=True)
    ) == [
        "Video 1",
        "Video 2",
        "Video 3",
        "Video 4",
    ]
    assert not Video.objects.exclude(import_stage=Stage.COMPLETE).exists()
    assert ImportBatch.objects.get().state == BatchState.FINISHED


def test_it_reads_standard_input_and_finds_the_list_again(
    run: Run, admin: Any, youtube: YouTubeStandIn
) -> None:
    one, two = spoken(youtube, 1, 2)
    VideoList.objects.create(owner=admin, name="Clocks")
    code, out, _ = run("-", "--list", "Clocks", "--inline", given=f"{one}\n{two}\n{one}\n")
    assert (code, out.splitlines()[-1]) == (0, "2 videos imported")
    assert VideoList.objects.get().entries.count() == 2


@pytest.mark.parametrize("kind", ["tsv", "zip"])
def test_a_file_may_come_by_standard_input_with_all_it_knows(
    run: Run, admin: Any, youtube: YouTubeStandIn, kind: str
) -> None:
    one, two = spoken(youtube, 0, 1)
    table = f"url\tnote\ttags\nhttps://youtu.be/{one}\tmy note\ta;b\nhttps://youtu.be/{two}\t\t\n".encode(
        "utf-16"
    )
    code, out, err = run(
        "-",
        "--list",
        "x",
        "--inline",
        given=table if kind == "tsv" else takeout_zip(playlists=1, videos=2),
    )
    assert (code, out.splitlines()[-1], err) == (0, "2 videos imported", "")
    top = VideoList.objects.get().entries.order_by("-position")[0]
    assert (top.note == "my note") if kind == "tsv" else (top.added_at == added_at(0))


def test_text_in_another_encoding_is_read_from_stdin_too(run: Run, youtube: YouTubeStandIn) -> None:
    assert (
        run("-", "--list", "x", "--inline", given=f"{spoken(youtube, 1)[0]}\n".encode("utf-16"))[0]
        == 0
    )


def test_standard_input_given_twice_is_read_once(run: Run, youtube: YouTubeStandIn) -> None:
    assert run("-", "-", "--list", "x", "--inline", given=f"{spoken(youtube, 1)[0]}\n")[0] == 0


def test_unfinished_videos_of_earlier_imports_are_waited_for(
    run: Run, youtube: YouTubeStandIn
) -> None:
    one, two = spoken(youtube, 1, 2)
    assert run(one, two, "--list", "x", "--no-wait")[0] == 0
    code, out, err = run(one, two, "--list", "x", "--inline")
    assert (code, out.splitlines()[0], err) == (
        0,
        "2 videos of an earlier import are still under way.",
        "",
    )
    assert set(Video.objects.values_list("import_stage", flat=True)) == {Stage.COMPLETE}
    youtube.catalogue.add(VideoSpec(video_id(3), failure=Failure.PRIVATE))
    assert run(video_id(3), "--list", "x", "--no-wait")[0] == 0
    code, _, err = run(video_id(3), "--list", "x", "--inline")
    assert (code, err.strip()) == (1, f"{video_id(3)}: This video is private.")
    assert (
        run(video_id(3), "--list", "x", "--inline")[0] == 0
    )  # it is at its end, and already in the list


def test_what_is_paused_is_not_waited_for(run: Run, youtube: YouTubeStandIn) -> None:
    run(*spoken(youtube, 1), "--list", "x", "--no-wait")
    pause_batch(batch=ImportBatch.objects.get())
    assert run(video_id(1), "--list", "x", "--inline")[0] == 0
    assert Video.objects.get().import_stage == Stage.CREATED


def test_it_tells_how_far_it_is_in_plain_lines(run: Run, youtube: YouTubeStandIn) -> None:
    _, out, _ = run("-", "--list", "x", "--inline", given="\n".join(spoken(youtube, 1, 2, 3)))
    assert re.search(r"^0 %: 0 of 3 videos$", out, re.MULTILINE)
    assert re.search(r"^100 %: 3 of 3 videos$", out, re.MULTILINE)
    assert "\x1b" not in out


@pytest.mark.parametrize("source", [PLAYLIST, f"https://www.youtube.com/playlist?list={PLAYLIST}"])
def test_it_imports_a_playlist(run: Run, youtube: YouTubeStandIn, source: str) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, spoken(youtube, *range(6)))
    code, out, err = run(source, "--list", "x", "--inline")
    assert (code, out.splitlines()[-1]) == (0, "6 videos imported"), err
    assert ImportItem.objects.filter(verdict=Verdict.EXPANDED).count() == 1


def test_it_imports_a_channel(run: Run, youtube: YouTubeStandIn) -> None:
    youtube.catalogue.add_channel("Horology", spoken(youtube, *range(3)), handle="@horology")
    code, out, err = run("https://www.youtube.com/@horology", "--list", "x", "--inline")
    assert (code, out.splitlines()[-1]) == (0, "3 videos imported"), err


def test_private_entries_of_a_playlist_are_no_failure(run: Run, youtube: YouTubeStandIn) -> None:
    ids = spoken(youtube, 1, 2)
    youtube.catalogue.add(VideoSpec(video_id(3), failure=Failure.PRIVATE))
    youtube.catalogue.add_playlist(PLAYLIST, [*ids, video_id(3)])
    code, out, err = run(PLAYLIST, "--list", "x", "--inline")
    assert (code, out.splitlines()[-1]) == (0, "2 videos imported, 1 not available"), err


def test_it_ends_with_1_when_a_video_failed(run: Run, youtube: YouTubeStandIn) -> None:
    (one,) = spoken(youtube, 1)
    youtube.catalogue.add(VideoSpec(video_id(2), failure=Failure.PRIVATE))
    code, out, err = run(one, video_id(2), "--list", "x", "--inline")
    assert (code, out.splitlines()[-1]) == (1, "1 video imported, 1 not available")
    assert "1 × This video is private." in err


def test_it_ends_with_1_when_a_playlist_cannot_be_read(run: Run) -> None:
    code, out, err = run(PLAYLIST, "--list", "x", "--inline")
    assert (code, out.splitlines()[-1]) == (1, "0 videos imported")
    assert "This playlist does not exist or is private." in err


def test_a_line_without_an_address_is_said_and_no_failure(
    run: Run, youtube: YouTubeStandIn
) -> None:
    (one,) = spoken(youtube, 1)
    code, _, err = run("-", "--list", "x", "--inline", given=f"My clocks\n{one}\n")
    assert code == 0
    assert "1: My clocks (This is not an address of a video.)" in err
    assert ImportItem.objects.count() == 2


def test_missing_captions_are_no_failure(run: Run, youtube: YouTubeStandIn) -> None:
    youtube.catalogue.add(VideoSpec(video_id(1), captions=()))
    code, out, _ = run(video_id(1), "--list", "x", "--inline")
    assert (code, out.splitlines()[-1]) == (0, "1 video imported, 1 without captions")


@pytest.mark.parametrize(
    "given",
    ["{0}\n{1}\n{2}\n{3}\n", "one\ntwo\n{0}\n{1}\n{2}\n{3}\n", "{0}\n{1}\n{2}\n{3}\none\ntwo\n"],
)
def test_a_limit_counts_videos(run: Run, youtube: YouTubeStandIn, given: str) -> None:
    code, out, _ = run(
        "-",
        "--list",
        "x",
        "--inline",
        "--limit",
        "3",
        given=given.format(*spoken(youtube, 1, 2, 3, 4)),
    )
    assert (code, out.splitlines()[-1]) == (0, "3 videos imported")
    assert ImportItem.objects.filter(verdict=Verdict.NEW).count() == 3


def test_it_keeps_what_files_know(
    run: Run, admin: Any, youtube: YouTubeStandIn, tmp_path: Path
) -> None:
    one, two = spoken(youtube, 1, 2)
    table = f"url,title,note,tags,date\nhttps://youtu.be/{one},T,the best,swiss,2021-03-04\n"
    (tmp_path / "table.csv").write_text(table, encoding="utf-8")
    (tmp_path / "takeout.zip").write_bytes(takeout_zip(playlists=1, videos=3))
    run(str(tmp_path / "table.csv"), str(tmp_path / "takeout.zip"), two, "--list", "x", "--no-wait")
    entries = {entry.video.youtube_id: entry for entry in ListEntry.objects.select_related("video")}
    assert (entries[one].note, entries[one].file_title, entries[one].added_at.year) == (
        "the best",
        "T",
        2021,
    )
    assert [tag.name for tag in entries[one].tags.all()] == ["swiss"]
    assert entries[video_id(0)].added_at == added_at(0)
    assert list(ImportItem.objects.order_by("number").values_list("line", "verdict")) == [
        (2, "new"),
        (4, "new"),  # the archive begins after the table's two lines, with a line of headers
        (5, "repeated"),
        (6, "new"),
        (7, "repeated"),
    ]


def test_a_videos_address_means_its_playlist_when_asked_to(
    run: Run, youtube: YouTubeStandIn
) -> None:
    ids = spoken(youtube, 1, 2, 3)
    youtube.catalogue.add_playlist(PLAYLIST, ids)
    address = f"https://www.youtube.com/watch?v={ids[1]}&list={PLAYLIST}"
    assert run(address, "--list", "one", "--inline")[1].splitlines()[-1] == "1 video imported"
    assert (
        run(address, "--list", "all", "--inline", "--whole-playlists")[1].splitlines()[-1]
        == "3 videos imported"
    )
    assert VideoList.objects.get(name="all").entries.count() == 3


def test_a_whole_playlist_that_cannot_be_read_is_a_failure(run: Run) -> None:
    code, _, err = run(
        f"https://youtu.be/{video_id(1)}?list={PLAYLIST}",
        "--list",
        "x",
        "--inline",
        "--whole-playlists",
    )
    assert (code, "This playlist does not exist or is private." in err) == (1, True)


def test_a_limit_holds_for_a_playlist(run: Run, youtube: YouTubeStandIn) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, spoken(youtube, *range(9)))
    code, out, _ = run(PLAYLIST, "--list", "x", "--inline", "--limit", "4")
    assert (code, out.splitlines()[-1]) == (0, "4 videos imported")


# Saying and queueing only


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    run: Run, admin: Any, youtube: YouTubeStandIn
) -> None:
    code, out, _ = run(
        "-",
        "--list",
        "x",
        "--dry-run",
        given=f"{video_id(1)}\n{video_id(2)}\n{video_id(1)}\n{PLAYLIST}\nhello world\n",
    )
    assert code == 0
    assert out.splitlines() == [
        "2 videos",
        "0 already in the list",
        "1 playlist",
        "0 channels",
        "5: hello world (This is not an address of a video.)",
    ]
    assert (VideoList.objects.count(), Video.objects.count(), len(youtube.log.calls)) == (0, 0, 0)


def test_it_queues_and_returns(run: Run, clean_redis: redis.Redis, youtube: YouTubeStandIn) -> None:
    clean_redis.set(f"{project.REDIS_PREFIX}{ALIVE}", 1)
    code, out, err = run(video_id(1), "--list", "x", "--no-wait")
    assert (code, out.strip(), err) == (0, f"Import {ImportBatch.objects.get().pk} is queued.", "")
    assert (EnrichmentJob.objects.count(), len(youtube.log.calls)) == (1, 0)


def test_without_a_worker_it_says_so_at_once_and_names_inline(run: Run) -> None:
    code, _, err = run(video_id(1), "--list", "x")
    assert code == 2
    assert "No worker is running" in err
    assert "--inline" in err
    assert not ImportBatch.objects.exists()


def test_without_a_worker_it_queues_and_says_so(run: Run) -> None:
    code, out, err = run(video_id(1), "--list", "x", "--no-wait")
    assert (code, "is queued" in out, "--inline" in err) == (0, True, True)


# Misuse


@pytest.mark.parametrize(
    "arguments",
    [
        [video_id(1), "--list", ""],
        [video_id(1), "--list", "x" * 300],
        [video_id(1), "--list", "x", "--limit", "0"],
        [video_id(1), "--list", "x", "--limit", "-3"],
        [video_id(1), "--list", "x", "--user", "nobody"],
        [video_id(1), "--list", "x", "--user", "closed"],
        ["/there/is/no/such.txt", "--list", "x"],
        [video_id(1), "typo.csv", "--list", "x"],
        [video_id(1), "/", "--list", "x"],
        ["hello world", "--list", "x"],
        ["-", "--list", "x"],
        ["a\0b", "--list", "x"],
    ],
)
def test_misuse_ends_with_2_and_does_nothing(run: Run, arguments: list[str]) -> None:
    person("closed", is_active=False)
    code, _, err = run(*arguments, "--inline")
    assert code == 2
    assert err.strip()
    assert (VideoList.objects.count(), ImportBatch.objects.count()) == (0, 0)


def test_a_file_that_cannot_be_read_is_misuse(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 nonsense")
    for name in ("empty.txt", "broken.zip"):
        code, _, err = run(str(tmp_path / name), "--list", "x", "--inline")
        assert (code, name in err) == (2, True)


def test_without_an_administrator_a_user_is_asked_for(
    run: Run, admin: Any, alice: Any, youtube: YouTubeStandIn
) -> None:
    admin.delete()
    assert run(video_id(1), "--list", "x", "--inline")[0] == 2
    assert run(*spoken(youtube, 1), "--list", "x", "--inline", "--user", "alice")[0] == 0
    assert VideoList.objects.get().owner == alice


# As a process of its own


@pytest.fixture(scope="module")
def installation(
    tmp_path_factory: pytest.TempPathFactory, youtube_process: YouTubeStandIn
) -> dict[str, str]:
    """The environment of an installation with its own database, its first user, and no worker."""
    folder = tmp_path_factory.mktemp("installation")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL", "DATA_DIR", "DJANGO_SETTINGS_MODULE")
    }
    environment = {
        **kept,
        "DATA_DIR": str(folder),
        "YOUTUBE_BASE_DELAY": "0",
        "YOUTUBE_BURST": "50",
        **youtube_process.environment,
    }
    environment |= {
        "DJANGO_SUPERUSER_USERNAME": "admin",
        "DJANGO_SUPERUSER_PASSWORD": "x",
        "DJANGO_SUPERUSER_EMAIL": "a@example.org",
    }
    subprocess.run(
        [*MANAGE, "quickstart", "--prepare-only"],
        env=environment,
        check=True,
        capture_output=True,
        cwd=project.BASE_DIR,
    )
    return environment


MANAGE = [sys.executable, "manage.py"]


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    mine, its = pty.openpty()
    yield mine, its
    for end in (mine, its):
        os.close(end)


def read_terminal(
    mine: int, process: subprocess.Popen[bytes], until: str = "", seconds: float = 40
) -> str:
    """What it shows until it has ended, or until a text is there."""
    shown, give_up = b"", time.monotonic() + seconds
    while time.monotonic() < give_up:
        if select.select([mine], [], [], 0.1)[0]:
            shown += os.read(mine, 65536)
            if until and until.encode() in shown:
                break
        elif process.poll() is not None:
            break
    return shown.decode(errors="replace")


def in_terminal(installation: dict[str, str], its: int, *arguments: str) -> subprocess.Popen[bytes]:
    command = [*MANAGE, "import_playlist", *arguments, "--inline"]
    return subprocess.Popen(
        command, env={**installation, "TERM": "xterm"}, stdout=its, stderr=its, cwd=project.BASE_DIR
    )


@pytest.mark.slow
@pytest.mark.usefixtures("heard")
def test_ctrl_c_leaves_the_import_to_go_on(
    installation: dict[str, str], youtube: YouTubeStandIn, terminal: tuple[int, int]
) -> None:
    mine, its = terminal
    youtube.faults.add(Fault("hang"))
    with in_terminal(
        installation, its, "-dashed_id1", *spoken(youtube, 12), "--list", "Left"
    ) as process:
        read_terminal(mine, process, until="0/2")
        youtube.log.wait(1)
        process.send_signal(signal.SIGINT)
        shown = read_terminal(mine, process)
        assert process.wait(10) == 1, shown
    assert re.search(r"Import \d+ is kept", shown), shown
    assert "Traceback" not in shown
    youtube.faults.clear()
    with in_terminal(installation, its, *spoken(youtube, 1, 2, 3), "--list", "Left") as process:
        shown = read_terminal(mine, process)
        assert process.wait(10) == 0, shown
    assert "Import" in shown
    assert "3/3" in shown
    assert "Video" in shown  # the one that moves
    assert "\x1b[" in shown  # drawn again and again
    assert shown.rstrip().endswith("3 videos imported")


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C is heard by what is started here.

    What is ignored is inherited, and a shell ignores it for what it runs in the background.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("heard")
def test_ctrl_c_before_any_input_imports_nothing(
    installation: dict[str, str], terminal: tuple[int, int]
) -> None:
    mine, its = terminal
    command = [*MANAGE, "import_playlist", "-", "--list", "Nothing"]
    with subprocess.Popen(
        command,
        env=installation,
        stdin=subprocess.PIPE,
        stdout=its,
        stderr=its,
        cwd=project.BASE_DIR,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"\n" * 500_000)  # more than a pipe holds: the command is reading
        process.stdin.flush()
        wait_for(lambda: psutil.Process(process.pid).status() == psutil.STATUS_SLEEPING)  # for more
        process.send_signal(signal.SIGINT)
        shown = read_terminal(mine, process)
        assert (process.wait(10), "Nothing was imported" in shown, "Traceback" in shown) == (
            2,
            True,
            False,
        ), shown


@pytest.mark.slow
def test_the_process_ends_with_2_on_misuse(installation: dict[str, str]) -> None:
    command = [*MANAGE, "import_playlist", video_id(1), "--list", "x"]
    ended = subprocess.run(
        command, env=installation, capture_output=True, text=True, cwd=project.BASE_DIR, timeout=30
    )
    assert (ended.returncode, "--inline" in ended.stderr, "Traceback" in ended.stderr) == (
        2,
        True,
        False,
    ), ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"), [(["--list", "x", "--sideways"], "usage:"), ([], "--list")]
)
def test_a_command_line_that_is_none_ends_with_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        execute_from_command_line(["manage.py", "import_playlist", video_id(1), *arguments])
    assert (end.value.code, said in capsys.readouterr().err) == (2, True)
