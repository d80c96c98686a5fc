"""What we rely on in yt-dlp: its private corners, its certificates, and that only workers pay for
it.
"""

import os
import subprocess
import sys

import pytest
from yt_dlp.extractor.youtube import YoutubeIE as StockYoutubeIE
from yt_dlp.networking._requests import RequestsRH

from enrichment.errors import NetworkBlip
from enrichment.sources.registry import source_for
from enrichment.sources.transport import TrustingRH, WayOut
from enrichment.sources.youtube import YouTubeSource
from enrichment.sources.ytdlp import OPTIONS, LeanYoutubeDL, YoutubeIE
from tests.standins import CaptionSpec, ChapterSpec, Failure, Fault, PageStyle, VideoSpec, video_id
from videos.causes import Cause

ID = video_id(1)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in vars(YoutubeIE)
        if callable(getattr(YoutubeIE, name)) and not name.startswith("__")
    ],
)
def test_what_we_override_is_still_there(name):
    assert hasattr(StockYoutubeIE, name)


def test_what_we_trust_more_is_still_there():
    assert hasattr(RequestsRH, "_make_sslcontext")
    assert TrustingRH.RH_KEY == "Trusting"


def test_youtubes_own_verdict_reaches_us(youtube, source):
    youtube.catalogue.add(VideoSpec(ID, failure=Failure.PRIVATE))
    ydl = source.client()
    ydl.ask(f"https://www.youtube.com/watch?v={ID}", "Youtube")
    assert {
        response["playabilityStatus"]["status"] for response in ydl.youtube.player_responses
    } == {"LOGIN_REQUIRED"}


def test_the_verdict_of_one_video_is_not_taken_for_the_next_ones(youtube, source):
    youtube.catalogue.add(VideoSpec(ID, failure=Failure.PRIVATE))
    ydl = source.client()
    ydl.ask(f"https://www.youtube.com/watch?v={ID}", "Youtube")
    youtube.faults.add(Fault("status", status=500))
    with pytest.raises(NetworkBlip):
        ydl.ask(f"https://www.youtube.com/watch?v={video_id(2)}", "Youtube")
    assert ydl.youtube.player_responses == ()


def test_translations_are_left_out_and_tracks_are_json3_alone(youtube, source):
    youtube.style = PageStyle(translations=True)
    youtube.catalogue.add(VideoSpec(ID, captions=(CaptionSpec("en"), CaptionSpec("de", auto=True))))
    answer = source.client().ask(f"https://www.youtube.com/watch?v={ID}", "Youtube")
    assert set(answer["automatic_captions"]) == {"de", "de-orig"}
    assert [entry["ext"] for entry in answer["subtitles"]["en"]] == ["json3"]


def test_descriptions_make_no_chapters_in_yt_dlp(youtube, source):
    youtube.catalogue.add(
        VideoSpec(ID, description="12:30 the good part"),
        VideoSpec(video_id(2), chapters=(ChapterSpec(0, "a"),)),
    )
    ask = source.client().ask
    assert not ask(f"https://www.youtube.com/watch?v={ID}", "Youtube")["chapters"]
    assert ask(f"https://www.youtube.com/watch?v={video_id(2)}", "Youtube")["chapters"]


def test_a_certificate_of_nobody_known_is_refused(youtube):
    source = YouTubeSource(proxy=youtube.proxy_url)
    with pytest.raises(NetworkBlip) as caught:
        source.fetch_metadata(ID)
    assert caught.value.cause == Cause.NETWORK
    assert "CertificateVerifyError" in caught.value.detail
    assert youtube.log.calls == []


def test_the_environment_decides_nothing(youtube, monkeypatch):
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, os.devnull)
    source = YouTubeSource(proxy=youtube.proxy_url, ca_file=str(youtube.ca_file))
    youtube.catalogue.add(VideoSpec(ID, captions=(CaptionSpec("de"),)))
    assert source.fetch_open_track(source.fetch_metadata(ID), ["de"])
    assert source.fetch_track_of_second_client(ID, ["de"])
    assert source.fetch_track_of_transcript_api(ID, ["de"])
    assert youtube.log.kinds() == {"watch": 1, "timedtext": 3, "player": 2}
    direct = LeanYoutubeDL(OPTIONS, WayOut())
    assert direct.proxies == {"all": "__noproxy__"}


def test_no_address_but_youtubes_is_ever_extracted():
    ydl = LeanYoutubeDL(OPTIONS, WayOut())
    assert set(ydl._ies) == {"Youtube", "YoutubePlaylist", "YoutubeTab"}


def test_the_cookies_file_is_read_and_never_written(youtube, tmp_path):
    cookies = tmp_path / "cookies.txt"
    content = "# Netscape HTTP Cookie File\n.youtube.com\tTRUE\t/\tTRUE\t4102444800\tSID\tsecret\n"
    cookies.write_text(content)
    source = YouTubeSource(
        proxy=youtube.proxy_url, ca_file=str(youtube.ca_file), cookies_file=str(cookies)
    )
    source.fetch_metadata(ID)
    assert "SID" in [cookie.name for cookie in source.client().cookiejar]
    source.close()
    assert cookies.read_text() == content


def test_a_process_has_one_source_per_way_out(settings, youtube):
    settings.YOUTUBE_CA_FILE = str(youtube.ca_file)
    first, second, *_ = youtube.proxy_urls
    assert source_for(first) is source_for(first)
    assert source_for(first) is not source_for(second)
    source_for(second).fetch_metadata(ID)
    assert [call.way for call in youtube.log.calls] == [1]


def printed_by(code, environment):
    """What a new process prints that runs this code."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_plugins_are_turned_off_before_yt_dlp_is_loaded():
    code = """
import os, sys
import enrichment.sources
print(os.environ.get("YTDLP_NO_PLUGINS"), "yt_dlp" in sys.modules)
"""
    environment = {name: value for name, value in os.environ.items() if name != "YTDLP_NO_PLUGINS"}
    assert printed_by(code, environment) == "1 False"


@pytest.mark.slow
def test_the_web_process_does_not_load_yt_dlp():
    code = """
import sys, django
django.setup()
import enrichment.checks, enrichment.errors, enrichment.sources.registry, videos.cues
heavy = ("yt_dlp", "youtube_transcript_api", "groq", "av")
print([name for name in heavy if name in sys.modules])
"""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    assert printed_by(code, environment) == "[]"
