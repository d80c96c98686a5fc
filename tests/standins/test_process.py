"""The stand-ins as a process of their own: steered from outside, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.standins.demo import DEMO_PLAYLIST_ID
from tests.standins.process import StandInProcess

pytest_plugins = ["tests.standins.fixtures"]

VIDEO = "hemmung_001"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInProcess]:
    with StandInProcess(
        tmp_path_factory.mktemp("standins"), "--ways", "2", "--demo", "--latency-ms", "1"
    ) as running:
        yield running


def test_it_can_be_steered_from_outside(process: StandInProcess) -> None:
    session = requests.Session()
    session.trust_env, session.verify = False, process.state["ca_file"]
    session.proxies = {"https": process.state["proxies"][1]}
    url = f"https://www.youtube.com/watch?v={VIDEO}"
    process.control(
        "POST",
        "videos",
        {"video_id": VIDEO, "title": "Von außen", "captions": [{"language": "de", "cues": []}]},
    )
    number = process.control("POST", "faults", {"act": "status", "status": 503, "way": 1})["id"]
    assert session.get(url, timeout=5).status_code == 503
    process.control("DELETE", f"faults/{number}")
    assert "Von außen" in session.get(url, timeout=5).text
    session.close()
    assert [call["status"] for call in process.control("GET", "calls?kind=watch")] == [503, 200]
    with pytest.raises(urllib.error.HTTPError, match="400") as caught:
        process.control("POST", "faults", {"act": "status", "colour": "red"})
    caught.value.close()


def test_it_has_a_demo_with_every_state(process: StandInProcess) -> None:
    session = requests.Session()
    session.trust_env, session.verify = False, process.state["ca_file"]
    session.proxies = {"https": process.state["proxies"][0]}
    page = session.get(f"https://www.youtube.com/playlist?list={DEMO_PLAYLIST_ID}", timeout=5).text
    session.close()
    ids = [part[:11] for part in page.split('"videoId":"')[1:]]
    videos = [process.control("GET", f"videos/{member}") for member in ids]
    assert len(videos) == 57, "60 without the hidden ones"
    assert {video["failure"] for video in videos} >= {
        None,
        "geo_subreason",
        "members",
        "age",
        "upcoming",
    }
    assert sum(not video["captions"] for video in videos) == 6
    with urllib.request.urlopen(
        f"{process.state['control']}/vi/{ids[0]}/hqdefault.jpg", timeout=5
    ) as picture:
        assert picture.headers["Content-Type"] == "image/svg+xml"


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time, pathlib\n"
        f"folder = {str(tmp_path)!r}\n"
        "subprocess.Popen([sys.executable, '-m', 'tests.standins', '--state', folder])\n"
        "state = pathlib.Path(folder, 'standins.json')\n"
        "while not state.exists(): time.sleep(0.02)\n"
    )
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=30,
    )
    deadline = time.monotonic() + 10
    while (tmp_path / "standins.json").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not (tmp_path / "standins.json").exists()


def test_it_ends_cleanly_on_a_signal(tmp_path: Path) -> None:
    running = StandInProcess(tmp_path)
    os.kill(running.state["pid"], signal.SIGTERM)
    assert running.stop() == 0
    assert not (tmp_path / "standins.json").exists()
