"""Which yt-dlp is in use, and `update_ytdlp` at its plainest; the rest of that command is tried in
`tests/faults/test_update_ytdlp.py`.
"""

from io import StringIO

import pytest
from django.core.management import call_command

from enrichment.ytdlp import versions
from enrichment.ytdlp.versions import Installed, State
from tests.wheels import build_wheel
from tests.ytdlp_updates import NEWER, NEWEST, OLDER, run
from tests.ytdlp_updates import data_dir as data_dir
from tests.ytdlp_updates import wheels as wheels

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis", "data_dir")]


@pytest.mark.slow
def test_newer_version_is_installed_and_used(wheels):
    build_wheel(wheels, NEWER)
    code, out, err = run("--from", str(wheels))
    assert (code, err) == (0, "")
    assert f"{NEWER} is in use now" in out
    assert versions.version_in_use() == NEWER
    assert versions.read_state().in_use.channel == "folder"


@pytest.mark.slow
def test_broken_version_is_not_used(wheels):
    build_wheel(wheels, NEWER, replaced={"_extract_player_responses": "_read_player_responses"})
    code, _, err = run("--from", str(wheels))
    assert code == 1
    assert f"{NEWER} cannot be used" in err
    assert versions.in_use() is None


def test_new_sammelwerk_with_a_newer_one_wins(tmp_path):
    folder = tmp_path / "old"
    (folder / "yt_dlp").mkdir(parents=True)
    versions.write_state(State(in_use=Installed(OLDER, str(folder))))
    assert versions.in_use() is None
    assert versions.version_in_use() == versions.bundled_version()


def test_broken_state_file_means_the_bundled_one(tmp_path):
    versions.root().mkdir()
    for text in ("", "[]", "{", '{"in_use": {"version": 3, "color": 1}}', '{"taken_back": 3}'):
        versions.state_file().write_text(text)
        assert versions.version_in_use() == versions.bundled_version()


def test_doctor_says_version_age_origin_and_what_is_newer(tmp_path):
    (tmp_path / "there" / "yt_dlp").mkdir(parents=True)
    chosen = Installed(NEWER, str(tmp_path / "there"), channel="nightly")
    state = State(in_use=chosen, newest=NEWEST, reason="2098.1.1: it reads no page")
    versions.write_state(state)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=out)
    text = out.getvalue()
    assert f"{NEWER}, 0 days old, a nightly build put into DATA_DIR" in text
    assert f"{NEWEST} is there: manage.py update_ytdlp" in text
    assert "last not used: 2098.1.1: it reads no page" in text


def test_admin_says_version_age_and_origin(admin_client):
    version = versions.bundled_version()
    page = admin_client.get("/admin/enrichment/lanestate/").content.decode()
    assert f"yt-dlp {version}" in page
    assert "days old" in page
