"""Which caption track is taken, what it costs, and that "withheld" is never taken for "none"."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.errors import NetworkBlip, SourceError, Throttled, VideoVerdict, YouTubeChanged
from enrichment.sources.captions import in_order
from enrichment.sources.types import WITHHELD, CaptionTrack
from enrichment.sources.youtube import YouTubeSource
from tests.standins import (
    AudioSpec,
    CaptionSpec,
    Cue,
    Failure,
    Fault,
    PageStyle,
    VideoSpec,
    video_id,
)
from tests.tiers import some_first
from videos.causes import Cause
from videos.stages import CaptionsSource

ID = video_id(1)
SPOKEN = (Cue(0.5, 2.0, "Willkommen zurück."), Cue(3.0, 2.5, "Heute geht es um Uhren."))


def fetch(youtube, source, *captions, languages=("de", "en"), **fields):
    youtube.catalogue.add(VideoSpec(ID, captions=captions, **fields))
    return source.fetch_open_track(source.fetch_metadata(ID), languages)


def failure_of(youtube, source, *captions, **fields):
    with pytest.raises(SourceError) as caught:
        fetch(youtube, source, *captions, **fields)
    return caught.value


@pytest.mark.parametrize(
    ("listed", "languages", "taken"),
    [
        ("auto:de manual:en manual:de", "de en", "manual:de"),
        ("auto:de manual:en manual:fr", "de en", "manual:en"),
        ("manual:de-AT manual:de", "de en", "manual:de"),
        ("manual:de-AT manual:en", "de en", "manual:de-AT"),
        ("manual:DE", "de", "manual:DE"),
        ("manual:den auto:fr", "de en", "auto:fr"),
        ("manual:fr auto:fr manual:es", "de en", "auto:fr"),
        ("manual:fr manual:es", "de en", "manual:fr"),
        ("manual:en auto:de", "", "auto:de"),
        ("auto:ja auto:de", "de", "auto:ja"),
        ("manual:en manual:iw", "he en", "manual:iw"),
        ("manual:en manual:he", "iw en", "manual:he"),
        ("manual:en manual:no", "nb en", "manual:no"),
        ("manual:en manual:nb", "no en", "manual:nb"),
        ("manual:en manual:zh-CN", "zh-Hans en", "manual:zh-CN"),
        ("manual:zh-TW manual:zh-Hans", "zh-CN en", "manual:zh-Hans"),
        ("manual:zh-Hans manual:zh-Hant-HK", "zh-TW en", "manual:zh-Hant-HK"),
        ("manual:en manual:zh-TW", "zh en", "manual:zh-TW"),
        ("manual:en manual:id", "in en", "manual:id"),
        ("manual:en manual:pt-BR", "pt_BR en", "manual:pt-BR"),
    ],
)
def test_the_best_track_comes_first(listed, languages, taken):
    tracks = [
        CaptionTrack(language, kind, "")
        for kind, language in (track.split(":") for track in listed.split())
    ]
    best = in_order(tracks, languages.split())[0]
    assert f"{best.kind}:{best.language}" == taken


@given(
    st.lists(
        st.builds(
            CaptionTrack,
            st.sampled_from(["de", "de-CH", "en", "fr"]),
            st.sampled_from(["manual", "auto"]),
            st.just("x"),
        )
    )
)
def test_ordering_loses_no_track(tracks):
    assert sorted(in_order(tracks, ["de", "en"]), key=repr) == sorted(tracks, key=repr)


def test_a_manual_track_costs_one_request_more(youtube, source):
    found = fetch(
        youtube,
        source,
        CaptionSpec("de", auto=True),
        CaptionSpec("de", cues=SPOKEN, vss_id=".de-CcQ45jRV4-E"),
    )
    assert (found.source, found.language) == (CaptionsSource.MANUAL, "de")
    assert [tuple(cue) for cue in found.cues] == [
        (0.5, 2.5, "Willkommen zurück."),
        (3.0, 5.5, "Heute geht es um Uhren."),
    ]
    assert youtube.log.kinds() == {"watch": 1, "timedtext": 1}


def test_rolling_automatic_captions_become_text(youtube, source):
    youtube.style = PageStyle(translations=True)
    found = fetch(youtube, source, CaptionSpec("fr"), CaptionSpec("de", auto=True, cues=SPOKEN))
    assert (found.source, found.language) == (CaptionsSource.AUTO, "de")
    assert [cue.text for cue in found.cues] == ["Willkommen zurück.", "Heute geht es um Uhren."]
    assert found.cues[0].end <= found.cues[1].start
    assert youtube.log.kinds() == {"watch": 1, "timedtext": 1}
    assert "tlang" not in youtube.log.calls[-1].url


def test_without_captions_nothing_more_is_asked(youtube, source):
    assert fetch(youtube, source) is None
    assert youtube.log.kinds() == {"watch": 1}


def test_a_track_without_text_gives_way_to_the_next(youtube, source):
    found = fetch(
        youtube,
        source,
        CaptionSpec("de", cues=()),
        CaptionSpec("en", cues=SPOKEN),
        CaptionSpec("fr"),
    )
    assert found.language == "en"
    assert youtube.log.kinds() == {"watch": 1, "timedtext": 2}


def test_tracks_without_any_text_are_no_captions(youtube, source):
    assert (
        fetch(youtube, source, *(CaptionSpec(language, cues=()) for language in ("de", "en", "fr")))
        is None
    )
    assert youtube.log.kinds() == {"watch": 1, "timedtext": 2}


OTHERS = ("second_client", "transcript_api")


def fetch_other(source, other, languages=("de", "en")):
    """What one of the clients behind the watch page gets, in the session of that page."""
    source.fetch_metadata(ID)
    return getattr(source, f"fetch_track_of_{other}")(ID, languages)


@pytest.mark.parametrize(
    "fault",
    [Fault("empty"), Fault("html"), Fault("status", status=404)],
    ids=str,
)
def test_track_that_is_not_given_is_withheld_and_never_none(youtube, source, fault):
    youtube.faults.add(replace(fault, kind="timedtext"))
    assert fetch(youtube, source, CaptionSpec("de"), CaptionSpec("fr")) is WITHHELD
    assert youtube.log.kinds() == {"watch": 1, "timedtext": 1}


def test_track_marked_for_a_token_is_not_even_asked_for(youtube, source):
    assert fetch(youtube, source, CaptionSpec("de", token_clients=("WEB",))) is WITHHELD
    assert youtube.log.kinds() == {"watch": 1}


@pytest.mark.parametrize("other", OTHERS)
def test_other_client_gets_the_best_track(youtube, source, other):
    listed = (
        CaptionSpec("fr", token_clients=("WEB",)),
        CaptionSpec("de", cues=SPOKEN, token_clients=("WEB",)),
        CaptionSpec("de", auto=True, token_clients=("WEB",)),
    )
    youtube.catalogue.add(VideoSpec(ID, captions=listed))
    found = fetch_other(source, other)
    assert (found.source, found.language) == (CaptionsSource.MANUAL, "de")
    assert [cue.text for cue in found.cues] == ["Willkommen zurück.", "Heute geht es um Uhren."]
    assert youtube.log.kinds() == {"watch": 1, "player": 1, "timedtext": 1}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("captions", [(CaptionSpec("de", empty=True),), ()])
def test_other_client_that_gives_nothing_withholds(youtube, source, other, captions):
    """Also when it lists no track at all: it was asked because the watch page lists some."""
    youtube.catalogue.add(VideoSpec(ID, captions=captions))
    try:
        found = fetch_other(source, other)
    except Throttled as error:
        assert error.cause == Cause.BLOCKED  # noqa: PT017 - both are an answer
    else:
        assert found is WITHHELD


@pytest.mark.parametrize(
    ("status", "kind", "cause"),
    [
        (429, Throttled, Cause.THROTTLED),
        (403, Throttled, Cause.BLOCKED),
        (500, NetworkBlip, Cause.YOUTUBE_DOWN),
        (400, YouTubeChanged, Cause.YOUTUBE_CHANGED),
    ],
)
def test_a_refused_track_says_why_and_asks_no_more(youtube, source, status, kind, cause):
    youtube.faults.add(Fault("status", kind="timedtext", status=status, retry_after=30))
    error = failure_of(youtube, source, CaptionSpec("de"))
    assert (type(error), error.cause, error.retry_after) == (kind, cause, 30)
    assert youtube.log.kinds() == {"watch": 1, "timedtext": 1}


@pytest.mark.parametrize(
    ("fault", "kind", "cause"),
    [
        (Fault("status", status=429, kind="player"), Throttled, Cause.THROTTLED),
        (Fault("status", status=403, kind="player"), Throttled, Cause.BLOCKED),
        (Fault("status", status=429, kind="timedtext"), Throttled, Cause.THROTTLED),
        (Fault("status", status=500, kind="player"), NetworkBlip, Cause.YOUTUBE_DOWN),
        (Fault("reset", kind="player"), NetworkBlip, Cause.NETWORK),
        (Fault("cut", kind="timedtext"), NetworkBlip, Cause.NETWORK),
        (Fault("html", kind="player"), YouTubeChanged, Cause.YOUTUBE_CHANGED),
        (Fault("empty", kind="player"), YouTubeChanged, Cause.YOUTUBE_CHANGED),
        (
            Fault("refusal", kind="player", reason="Words nobody has said yet"),
            YouTubeChanged,
            Cause.YOUTUBE_CHANGED,
        ),
        (Fault("verdict", kind="player", failure=Failure.BOT_CHECK), Throttled, Cause.BLOCKED),
        (
            Fault("verdict", kind="player", failure=Failure.SESSION_LIMIT),
            Throttled,
            Cause.THROTTLED,
        ),
        (Fault("verdict", kind="player", failure=Failure.PRIVATE), VideoVerdict, Cause.PRIVATE),
        (
            Fault("verdict", kind="player", failure=Failure.UNAVAILABLE),
            VideoVerdict,
            Cause.UNAVAILABLE,
        ),
        (
            Fault("verdict", kind="player", failure=Failure.GEO_REASON),
            VideoVerdict,
            Cause.GEO_BLOCKED,
        ),
        (
            Fault("verdict", kind="player", failure=Failure.AGE_INAPPROPRIATE),
            VideoVerdict,
            Cause.AGE_RESTRICTED,
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, Fault) else "",
)
@pytest.mark.parametrize("other", some_first(OTHERS, 1))
def test_trouble_of_another_client_has_its_cause_too(youtube, source, other, fault, kind, cause):
    youtube.catalogue.add(VideoSpec(ID, captions=(CaptionSpec("de"),)))
    youtube.faults.add(fault)
    with pytest.raises(SourceError) as caught:
        fetch_other(source, other)
    assert (type(caught.value), caught.value.cause) == (kind, cause)
    assert youtube.log.count(kind="watch") == 1


def test_exception_out_of_yt_dlp_is_an_answer_we_cannot_read(youtube, source):
    youtube.catalogue.add(VideoSpec(ID, captions=(CaptionSpec("de"),)))
    youtube.faults.add(Fault("riddle", kind="player"))
    with pytest.raises(YouTubeChanged) as caught:
        fetch_other(source, "second_client")
    assert "AttributeError" in caught.value.detail


def test_transcript_api_knows_captcha_pages_and_consents(youtube, source):
    """Without the key of the watch page the library reads one of its own."""
    youtube.catalogue.add(VideoSpec(ID, captions=(CaptionSpec("de", cues=SPOKEN),)))
    youtube.faults.add(Fault("consent", kind="watch"))
    assert source.fetch_track_of_transcript_api(ID, ["de"]).language == "de"
    youtube.faults.add(Fault("captcha", kind="watch"))
    with pytest.raises(Throttled) as caught:
        source.fetch_track_of_transcript_api(ID, ["de"])
    assert caught.value.cause == Cause.BLOCKED


def test_second_client_introduces_itself_with_visitor_data(youtube, source):
    """Without it the stand-in, as YouTube, takes it for a bot."""
    youtube.catalogue.add(VideoSpec(ID, captions=(CaptionSpec("de"),)))
    assert fetch_other(source, "second_client").language == "de"
    second = source._second
    assert second.ydl.cookiejar is source.client().cookiejar


def test_visitor_named_in_the_player_response_alone_is_taken(youtube, source):
    """Else the second client reads the watch page once more for it: four requests instead of
    three.
    """
    youtube.style = PageStyle(names_visitor=False)
    youtube.catalogue.add(VideoSpec(ID, captions=(CaptionSpec("de", token_clients=("WEB",)),)))
    source.fetch_metadata(ID)
    assert source.fetch_track_of_second_client(ID, ["de"])
    assert youtube.log.kinds() == {"watch": 1, "player": 1, "timedtext": 1}


def test_login_is_used_for_the_watch_page_alone(youtube, tmp_path):
    """With a login's cookies yt-dlp leaves the second client out, and then there is no audio."""
    cookies = tmp_path / "cookies.txt"
    lines = [
        "# Netscape HTTP Cookie File",
        *(
            f".youtube.com\tTRUE\t/\tTRUE\t4000000000\t{name}\tgeheim"
            for name in ("SAPISID", "__Secure-3PAPISID", "LOGIN_INFO")
        ),
    ]
    cookies.write_text("\n".join(lines) + "\n")
    youtube.catalogue.add(VideoSpec(ID, duration=20, captions=(CaptionSpec("de"),)))
    source = YouTubeSource(
        proxy=youtube.proxy_url, ca_file=str(youtube.ca_file), cookies_file=str(cookies)
    )
    assert source.fetch_metadata(ID).title
    assert source.client().youtube.is_authenticated
    assert source.fetch_track_of_second_client(ID, ["de"]).language == "de"
    assert source.fetch_audio(ID, tmp_path).size > 0
    assert youtube.log.kinds() == {"watch": 1, "player": 1, "timedtext": 1, "media": 1}
    source.close()


def test_the_original_automatic_track_of_a_dubbed_video_is_taken(youtube, source):
    found = fetch(
        youtube,
        source,
        CaptionSpec("de", auto=True),
        audio=(AudioSpec("tr", "dubbed"), AudioSpec("de")),
        language="de",
    )
    assert found.language == "de"
