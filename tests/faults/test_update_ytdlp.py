"""`update_ytdlp` from folders of wheels that the tests build: newer, older, broken ones, and the
way back. Each runs the real pip two or three times, which takes minutes in all.
"""

import json
import subprocess
import sys

import pytest

from enrichment.ytdlp import updating, versions, watching
from enrichment.ytdlp.versions import Installed, State
from tests.standins import Fault, VideoSpec, video_id
from tests.tiers import some_first
from tests.wheels import build_wheel
from tests.ytdlp_updates import NEWER, NEWEST, OLDER, run
from tests.ytdlp_updates import data_dir as data_dir
from tests.ytdlp_updates import wheels as wheels

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis", "data_dir")]


def test_newest_of_a_folder_is_chosen(wheels):
    build_wheel(wheels, NEWER)
    build_wheel(wheels, OLDER)
    build_wheel(wheels, f"{NEWEST}.dev0")
    assert run("--from", str(wheels))[0] == 0
    assert versions.version_in_use() == f"{NEWEST}.dev0"


@pytest.mark.slow
def test_second_update_finds_nothing_to_do(wheels):
    build_wheel(wheels, NEWER)
    run("--from", str(wheels))
    code, out, _ = run("--from", str(wheels))
    assert code == 0
    assert "no newer one" in out


def test_older_version_is_not_used(wheels):
    build_wheel(wheels, OLDER)
    code, _, err = run("--from", str(wheels))
    assert code == 1
    assert "is older" in err
    assert versions.in_use() is None


BROKEN = {
    "a hook is gone": {"replaced": {"_extract_player_responses": "_read_player_responses"}},
    "a list's hook is gone": {"replaced": {"def _extract_response": "def _fetch_response"}},
    "it cannot be imported": {"replaced": {"class YoutubeIE(": "class YoutubeIE(Missing, "}},
    "it reads no title": {"replaced": {"'videoDetails'": "'videoDetail'"}},
    "it lies about its version": {"says": "2098.1.1"},
    "it brings another package": {"extra": {"django/__init__.py": "raise SystemExit"}},
}


@pytest.mark.parametrize("how", some_first(list(BROKEN), 1), ids=str)
def test_broken_version_is_never_used(wheels, how):
    build_wheel(wheels, NEWER, **BROKEN[how])
    code, _, err = run("--from", str(wheels))
    assert code == 1
    assert f"{NEWER} cannot be used" in err
    assert versions.in_use() is None
    assert NEWER in versions.read_state().taken_back
    assert [path for path in versions.root().iterdir() if path.is_dir()] == []


def test_empty_folder_is_said(wheels):
    wheels.mkdir()
    code, _, err = run("--from", str(wheels))
    assert code == 1
    assert "No yt-dlp could be found" in err


def test_check_changes_nothing(wheels):
    build_wheel(wheels, NEWER)
    code, out, _ = run("--check", "--from", str(wheels))
    assert code == 0
    assert f"{NEWER} is there" in out
    assert versions.in_use() is None


@pytest.mark.slow
def test_rollback_goes_back_one_version_each(wheels):
    build_wheel(wheels, NEWER)
    run("--from", str(wheels))
    build_wheel(wheels, NEWEST)
    run("--from", str(wheels))
    code, out, _ = run("--rollback")
    assert (code, versions.version_in_use()) == (0, NEWER)
    assert f"{NEWEST} was taken back" in out
    run("--rollback")
    assert versions.in_use() is None
    assert "in use already" in run("--rollback")[1]


CHILD = """
import json, sys
import django
django.setup()
from django.conf import settings
from pathlib import Path
settings.DATA_DIR = Path({data_dir!r})
settings.REDIS_PREFIX = {prefix!r}
settings.REDIS_URL = {redis_url!r}
from enrichment.sources import registry
from enrichment.ytdlp import loading, versions
settings.YOUTUBE_CA_FILE = {ca_file!r}
registry.load_clients()
source = registry.source_for({proxy!r})
read, failed = [], []
for youtube_id in {ids!r}:
    try:
        read.append(source.fetch_metadata(youtube_id).youtube_id)
    except Exception as error:
        failed.append(type(error).__name__)
import yt_dlp.version
print(json.dumps([yt_dlp.version.__version__, read, failed, loading.is_outdated()]))
"""


def in_a_process(settings, youtube, ids):
    """Load yt-dlp in a new process and read these videos: its version, the videos, the errors,
    whether it is outdated.
    """
    code = CHILD.format(
        data_dir=str(settings.DATA_DIR),
        prefix=settings.REDIS_PREFIX,
        redis_url=settings.REDIS_URL,
        ca_file=str(youtube.ca_file),
        proxy=youtube.proxy_url,
        ids=[video_id(number) for number in ids],
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_new_process_reads_with_the_version_in_use(wheels, youtube, settings):
    build_wheel(wheels, NEWER)
    run("--from", str(wheels))
    version, read, failed, _ = in_a_process(settings, youtube, [1])
    assert (version, read, failed) == (NEWER, [video_id(1)], [])
    assert versions.read_state().in_use.proved


@pytest.mark.slow
def test_version_that_reads_nothing_is_taken_back(wheels, youtube, settings):
    build_wheel(wheels, NEWER)
    run("--from", str(wheels))
    youtube.faults.add(Fault("html"))
    ids = range(watching.FAILURES)
    version, read, failed, outdated = in_a_process(settings, youtube, ids)
    assert (version, read, len(failed), outdated) == (NEWER, [], watching.FAILURES, True)
    assert versions.in_use() is None
    assert versions.read_state().taken_back == (NEWER,)


@pytest.mark.slow
def test_one_good_video_proves_a_version(wheels, youtube, settings):
    build_wheel(wheels, NEWER)
    run("--from", str(wheels))
    in_a_process(settings, youtube, [99])
    youtube.faults.add(Fault("html"))
    in_a_process(settings, youtube, range(watching.FAILURES + 1))
    assert versions.version_in_use() == NEWER


def test_version_that_cannot_be_loaded_is_taken_back(settings, youtube, tmp_path):
    folder = tmp_path / "ytdlp" / "broken"
    (folder / "yt_dlp").mkdir(parents=True)
    (folder / "yt_dlp" / "__init__.py").write_text("raise RuntimeError")
    versions.write_state(State(in_use=Installed(NEWER, str(folder))))
    version, read, _, _ = in_a_process(settings, youtube, [1])
    assert (version, read) == (versions.bundled_version(), [video_id(1)])
    assert versions.in_use() is None


@pytest.mark.parametrize(
    ("broken", "used"), [({}, True), ({"'videoDetails'": "'videoDetail'"}, False)], ids=str
)
@pytest.mark.slow
def test_trial_at_youtube_compares_with_the_one_in_use(wheels, youtube, broken, used):
    """A page that only the new version cannot read speaks against it; one that nobody can read does
    not.
    """
    youtube.catalogue.add(VideoSpec("jNQXAC9IVRw", title="Me at the zoo"))
    build_wheel(wheels, NEWER, replaced=broken)
    code, out, _ = run("--from", str(wheels))
    assert (code == 0, versions.version_in_use() == NEWER) == (used, used)
    assert ("It read a video at YouTube." in out) == used


@pytest.mark.slow
def test_page_that_no_version_reads_speaks_against_none(wheels, youtube):
    youtube.faults.add(Fault("html"))
    build_wheel(wheels, NEWER)
    code, out, _ = run("--from", str(wheels))
    assert code == 0
    assert "Neither it nor the one before" in out


@pytest.fixture
def index(wheels, monkeypatch):
    """What pip finds without being told where: a folder in place of PyPI."""
    wheels.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return wheels


def test_updating_by_itself_is_off_unless_wanted(settings, index):
    settings.YTDLP_AUTO_UPDATE = "off"
    build_wheel(index, NEWER)
    assert updating.update_by_itself() is None
    assert versions.in_use() is None


@pytest.mark.slow
def test_updating_by_itself_looks_once_a_day(settings, index):
    settings.YTDLP_AUTO_UPDATE = "stable"
    build_wheel(index, NEWER)
    updating.update_by_itself()
    assert versions.version_in_use() == NEWER
    build_wheel(index, NEWEST)
    assert updating.update_by_itself() is None
    assert versions.version_in_use() == NEWER


def test_updating_by_itself_leaves_what_was_taken_back(settings, index):
    settings.YTDLP_AUTO_UPDATE = "nightly"
    build_wheel(index, f"{NEWER}.dev0")
    versions.write_state(State(taken_back=(f"{NEWER}.dev0",)))
    updating.update_by_itself()
    assert versions.in_use() is None
    assert versions.read_state().newest == f"{NEWER}.dev0"


def test_stable_takes_no_nightly(index):
    build_wheel(index, f"{NEWER}.dev0")
    build_wheel(index, OLDER)
    code, out, _ = run()
    assert code == 0
    assert "stays" in out
    assert versions.in_use() is None
