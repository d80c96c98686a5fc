"""What is made of one watch page: real yt-dlp against the stand-in, one request each."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from enrichment.errors import NetworkBlip, SourceError, Throttled, VideoVerdict, YouTubeChanged
from enrichment.sources.metadata import read_video
from enrichment.sources.youtube import VIDEOS_PER_CLIENT, YouTubeSource
from tests.standins import (
    AudioSpec,
    CaptionSpec,
    ChapterSpec,
    Failure,
    Fault,
    PageStyle,
    VideoSpec,
    video_id,
)
from videos.causes import Cause

ID = video_id(1)


def failure_of(call, *args):
    with pytest.raises(SourceError) as caught:
        call(*args)
    return caught.value


def test_one_request_brings_everything_but_the_captions_text(youtube, source):
    youtube.catalogue.add(
        VideoSpec(
            ID,
            title="Wie eine Uhr tickt",
            channel="Uhrwerk & Söhne",
            duration=754,
            description="Ein Film über Uhren.",
            chapters=(ChapterSpec(0, "Anfang"), ChapterSpec(61, "Mitte"), ChapterSpec(600, "Ende")),
            captions=(CaptionSpec("de", auto=True), CaptionSpec("en", vss_id=".en-CcQ45jRV4-E")),
        )
    )
    info = source.fetch_metadata(ID)
    assert (info.youtube_id, info.title, info.channel, info.duration) == (
        ID,
        "Wie eine Uhr tickt",
        "Uhrwerk & Söhne",
        754,
    )
    assert (info.description, info.published_at, info.language) == (
        "Ein Film über Uhren.",
        date(2024, 3, 17),
        "de",
    )
    assert info.channel_id.startswith("UC")
    assert [(chapter.start, chapter.end, chapter.title) for chapter in info.chapters] == [
        (0, 61, "Anfang"),
        (61, 600, "Mitte"),
        (600, 754, "Ende"),
    ]
    assert [(track.language, track.kind, track.blocked) for track in info.tracks] == [
        ("en", "manual", False),
        ("de", "auto", False),
    ]
    assert youtube.log.kinds() == {"watch": 1}


def test_channel_is_the_author_when_page_has_no_owner(youtube, source):
    """Some pages name their owner nowhere; then yt-dlp knows no channel."""
    youtube.catalogue.add(VideoSpec(ID, channel="Uhrwerk & Söhne", owner_named=False))
    info = source.fetch_metadata(ID)
    assert info.channel == "Uhrwerk & Söhne"
    assert info.channel_id.startswith("UC")
    assert youtube.log.kinds() == {"watch": 1}


@pytest.mark.parametrize(
    "style", [PageStyle(dedicated_script=False), PageStyle(translations=True), PageStyle(weight=0)]
)
def test_every_layout_of_the_page_costs_one_request(youtube, source, style):
    youtube.style = style
    youtube.catalogue.add(VideoSpec(ID, title="Titel", captions=(CaptionSpec("de", auto=True),)))
    info = source.fetch_metadata(ID)
    assert info.title == "Titel"
    assert [(track.language, track.kind) for track in info.tracks] == [("de", "auto")]
    assert youtube.log.kinds() == {"watch": 1}


def test_chapters_of_the_description_are_the_second_choice(youtube, source):
    description = "Kapitel:\n0:00 Anfang\n[01:00] Mitte\n• 2:00 – Ende"
    youtube.catalogue.add(
        VideoSpec(ID, duration=300, description=description),
        VideoSpec(video_id(2), description="12:30 the good part"),
    )
    assert [chapter.title for chapter in source.fetch_metadata(ID).chapters] == [
        "Anfang",
        "Mitte",
        "Ende",
    ]
    assert source.fetch_metadata(video_id(2)).chapters == ()


def test_a_hostile_title_fits_the_columns(youtube, source):
    youtube.catalogue.add(
        VideoSpec(
            ID,
            title="<b>\x00\u202e" + "x" * 900,
            channel="\n" + "y" * 900,
            description="a\x00b\r\nc",
            chapters=(ChapterSpec(0, "z" * 900),),
        )
    )
    info = source.fetch_metadata(ID)
    assert info.title == "<b>" + "x" * 497
    assert info.channel == "y" * 200
    assert info.description == "ab\nc"
    assert info.chapters[0].title == "z" * 300


@pytest.mark.parametrize(
    ("failure", "cause", "titled"),
    [
        (Failure.PRIVATE, Cause.PRIVATE, False),
        (Failure.PRIVATE_PLAIN, Cause.PRIVATE, False),
        (Failure.DELETED, Cause.UNAVAILABLE, False),
        (Failure.UNAVAILABLE, Cause.UNAVAILABLE, False),
        (Failure.TERMINATED, Cause.UNAVAILABLE, False),
        (Failure.COPYRIGHT, Cause.UNAVAILABLE, False),
        (Failure.RULES, Cause.UNAVAILABLE, False),
        (Failure.MEMBERS, Cause.MEMBERS_ONLY, True),
        (Failure.MEMBERS_LEVEL, Cause.MEMBERS_ONLY, True),
        (Failure.PREMIUM, Cause.PAID, True),
        (Failure.PAID, Cause.PAID, True),
        (Failure.RENTAL, Cause.PAID, True),
        (Failure.AGE, Cause.AGE_RESTRICTED, True),
        (Failure.AGE_INAPPROPRIATE, Cause.AGE_RESTRICTED, True),
        (Failure.GEO_SUBREASON, Cause.GEO_BLOCKED, True),
        (Failure.GEO_REASON, Cause.GEO_BLOCKED, True),
        (Failure.UPCOMING, Cause.UPCOMING, True),
        (Failure.UPCOMING_SOON, Cause.UPCOMING, True),
        (Failure.PREMIERE, Cause.UPCOMING, True),
        (Failure.LIVE, Cause.LIVE, True),
        (Failure.LIVE_ENDED, Cause.UNAVAILABLE, True),
        (Failure.PROCESSING, Cause.PROCESSING, True),
        (Failure.DRM, Cause.DRM, True),
    ],
)
def test_an_unavailable_video_gets_its_verdict_in_one_request(
    youtube, source, failure, cause, titled
):
    youtube.catalogue.add(VideoSpec(ID, title="Titel", channel="Kanal", failure=failure))
    error = failure_of(source.fetch_metadata, ID)
    assert (type(error), error.cause) == (VideoVerdict, cause)
    assert (error.info and (error.info.title, error.info.channel)) == (
        ("Titel", "Kanal") if titled else None
    )
    assert youtube.log.kinds() == {"watch": 1}


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (Failure.BOT_CHECK, Cause.BLOCKED),
        (Failure.CAPTCHA, Cause.BLOCKED),
        (Failure.SESSION_LIMIT, Cause.THROTTLED),
    ],
)
def test_what_is_said_about_us_is_no_verdict_about_the_video(youtube, source, failure, cause):
    youtube.faults.verdict(failure)
    error = failure_of(source.fetch_metadata, ID)
    assert (type(error), error.cause, error.info) == (Throttled, cause, None)
    assert youtube.log.kinds() == {"watch": 1}


def test_refusal_without_a_reason_is_never_final(youtube, source):
    youtube.faults.verdict(Failure.NO_REASON)
    error = failure_of(source.fetch_metadata, ID)
    assert (type(error), error.cause) == (YouTubeChanged, Cause.YOUTUBE_CHANGED)


@pytest.mark.parametrize("failure", [Failure.UPCOMING, Failure.PREMIERE])
def test_an_upcoming_video_says_when_it_starts(youtube, source, failure):
    starts_at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=30)
    youtube.catalogue.add(VideoSpec(ID, failure=failure, starts_at=starts_at))
    assert failure_of(source.fetch_metadata, ID).starts_at == starts_at


@pytest.mark.parametrize(
    ("status", "kind", "cause"),
    [
        (429, Throttled, Cause.THROTTLED),
        (403, Throttled, Cause.BLOCKED),
        (404, VideoVerdict, Cause.UNAVAILABLE),
        (500, NetworkBlip, Cause.YOUTUBE_DOWN),
        (503, NetworkBlip, Cause.YOUTUBE_DOWN),
        (400, YouTubeChanged, Cause.YOUTUBE_CHANGED),
    ],
)
@pytest.mark.parametrize("kind_of_request", ["watch", ()])
def test_the_first_bad_status_ends_it(youtube, source, status, kind, cause, kind_of_request):
    youtube.faults.add(Fault("status", kind=kind_of_request, status=status, retry_after=90))
    error = failure_of(source.fetch_metadata, ID)
    assert (type(error), error.cause, error.status, error.retry_after) == (kind, cause, status, 90)
    assert youtube.log.kinds() == {"watch": 1}


@pytest.mark.parametrize("act", ["reset", "cut"])
def test_a_broken_connection_is_a_blip(youtube, source, act):
    youtube.faults.add(Fault(act))
    error = failure_of(source.fetch_metadata, ID)
    assert (type(error), error.cause) == (NetworkBlip, Cause.NETWORK)
    assert youtube.log.kinds() == {"watch": 1}


def test_a_silent_server_is_a_blip_after_the_timeout(youtube):
    youtube.faults.hang()
    impatient = YouTubeSource(proxy=youtube.proxy_url, ca_file=str(youtube.ca_file), timeout=0.2)
    error = failure_of(impatient.fetch_metadata, ID)
    assert (type(error), error.cause) == (NetworkBlip, Cause.NETWORK)


def test_a_dead_proxy_is_a_blip_and_its_password_is_never_told(youtube):
    dead = YouTubeSource(proxy="http://wolf:geheim@127.0.0.1:9", ca_file=str(youtube.ca_file))
    error = failure_of(dead.fetch_metadata, ID)
    assert (type(error), error.cause) == (NetworkBlip, Cause.NETWORK)
    assert "geheim" not in "".join(map(repr, (error, error.detail, error.__cause__, vars(error))))
    assert error.__suppress_context__


def test_a_captcha_page_is_met_once(youtube, source):
    youtube.faults.add(Fault("captcha"))
    error = failure_of(source.fetch_metadata, ID)
    assert (type(error), error.cause) == (Throttled, Cause.BLOCKED)
    assert youtube.log.kinds() == {"watch": 1}


def test_a_consent_page_everywhere_is_about_us(youtube, source):
    youtube.faults.add(Fault("consent"))
    error = failure_of(source.fetch_metadata, ID)
    assert (type(error), error.cause) == (YouTubeChanged, Cause.SIGN_IN)


@pytest.mark.parametrize("act", ["consent", "html", "empty"])
def test_unreadable_page_costs_a_probe_one_request(youtube, source, act):
    youtube.faults.add(Fault(act))
    with pytest.raises(YouTubeChanged):
        source.fetch_metadata(ID, one_request=True)
    assert youtube.log.kinds() == {"watch": 1}


def test_page_without_a_player_response_costs_one_request(youtube, source):
    """It speaks of one, and has none that can be read."""
    youtube.faults.add(Fault("garbled", kind="watch"))
    with pytest.raises(YouTubeChanged):
        source.fetch_metadata(ID, one_request=True)
    assert youtube.log.kinds() == {"watch": 1}


def test_probe_reads_a_good_page(youtube, source):
    youtube.catalogue.add(VideoSpec(ID, title="Titel"))
    assert source.fetch_metadata(ID, one_request=True).title == "Titel"
    assert youtube.log.kinds() == {"watch": 1}


def test_sign_in_page_is_about_us(youtube, source):
    youtube.faults.status(302, location="https://accounts.google.com/ServiceLogin?service=youtube")
    error = failure_of(source.fetch_metadata, ID)
    assert (type(error), error.cause) == (YouTubeChanged, Cause.SIGN_IN)
    assert youtube.log.kinds() == {"watch": 1}


LOGIN = ("SAPISID", "__Secure-1PAPISID", "__Secure-3PAPISID", "LOGIN_INFO")


@pytest.fixture
def signed_in(youtube, tmp_path):
    cookies = tmp_path / "cookies.txt"
    lines = [f".youtube.com\tTRUE\t/\tTRUE\t4102444800\t{name}\tsecret" for name in LOGIN]
    cookies.write_text("\n".join(["# Netscape HTTP Cookie File", *lines]) + "\n")
    options = {"ca_file": str(youtube.ca_file), "cookies_file": str(cookies)}
    own = YouTubeSource(proxy=youtube.proxy_url, **options)
    yield own
    own.close()


def test_bot_check_of_an_expired_login_says_so(youtube, signed_in):
    """YouTube takes rotated cookies, knows nobody by them, and asks for a sign-in."""
    youtube.style = PageStyle(knows_logins=False)
    youtube.faults.verdict(Failure.BOT_CHECK)
    error = failure_of(signed_in.fetch_metadata, ID)
    assert (type(error), error.cause) == (YouTubeChanged, Cause.SIGN_IN)


def test_bot_check_of_a_good_login_is_a_bot_check(youtube, signed_in):
    youtube.faults.verdict(Failure.BOT_CHECK)
    error = failure_of(signed_in.fetch_metadata, ID)
    assert (type(error), error.cause) == (Throttled, Cause.BLOCKED)


def test_bot_check_of_a_guest_is_a_bot_check(youtube, source):
    youtube.faults.verdict(Failure.BOT_CHECK)
    error = failure_of(source.fetch_metadata, ID)
    assert (type(error), error.cause) == (Throttled, Cause.BLOCKED)


@pytest.mark.parametrize("act", ["html", "empty"])
def test_pages_we_cannot_read_mean_that_youtube_changed(youtube, source, act):
    youtube.faults.add(Fault(act))
    assert type(failure_of(source.fetch_metadata, ID)) is YouTubeChanged


@pytest.mark.parametrize("act", ["consent", "html", "empty"])
def test_an_unreadable_watch_page_alone_is_got_around(youtube, source, act):
    youtube.faults.add(Fault(act, kind="watch"))
    youtube.catalogue.add(VideoSpec(ID, title="Titel"))
    assert source.fetch_metadata(ID).title == "Titel"
    assert youtube.log.kinds() == {"watch": 1, "next": 1, "player": 1}


def test_a_video_made_for_children_is_an_ordinary_video(youtube, source):
    youtube.catalogue.add(
        VideoSpec(ID, title="Zahnrad für Kinder", made_for_kids=True, captions=(CaptionSpec("de"),))
    )
    info = source.fetch_metadata(ID)
    assert (info.title, len(info.tracks)) == ("Zahnrad für Kinder", 1)


def test_a_video_that_this_client_cannot_play_is_not_gone(youtube, source):
    youtube.catalogue.add(
        VideoSpec(
            ID,
            title="Titel",
            failure=Failure.PROCESSING,
            verdict_reason="This video is not available",
        )
    )
    assert source.fetch_metadata(ID).title == "Titel"
    for failure in (Failure.UNAVAILABLE, Failure.NO_REASON):  # neither tells more about the video
        youtube.catalogue.add(
            VideoSpec(ID, failure=failure, verdict_reason="This video is not available")
        )
        assert failure_of(source.fetch_metadata, ID).cause == Cause.UNAVAILABLE


def test_a_dubbed_video_is_an_ordinary_video(youtube, source):
    audio = (AudioSpec("tr", "dubbed"), AudioSpec("de"), AudioSpec("de", "descriptive"))
    youtube.catalogue.add(VideoSpec(ID, audio=audio, captions=(CaptionSpec("de", auto=True),)))
    assert source.fetch_metadata(ID).language == "de"


@pytest.mark.slow
def test_a_hundred_videos_are_a_hundred_requests(youtube, source):
    youtube.style = PageStyle(weight=0)
    first = source.client()
    for number in range(VIDEOS_PER_CLIENT + 1):
        assert source.fetch_metadata(video_id(number)).title
    assert youtube.log.kinds() == {"watch": VIDEOS_PER_CLIENT + 1}
    assert source.client() is not first
    assert source.client().cookiejar is first.cookiejar


ANSWER = {
    "id": ID,
    "title": "Titel",
    "channel": "Kanal",
    "channel_id": "UC0",
    "duration": 60,
    "description": "0:00 a\n0:20 b\n0:40 c",
    "upload_date": "20240317",
    "chapters": [{"start_time": 0.0, "title": "a"}],
    "subtitles": {
        "de": [{"ext": "json3", "url": "https://www.youtube.com/api/timedtext?lang=de"}],
        "live_chat": [{"ext": "json"}],
    },
    "automatic_captions": {
        "de-orig": [
            {"ext": "json3", "url": "https://www.youtube.com/api/timedtext?lang=de&kind=asr"}
        ]
    },
    "live_status": "not_live",
    "release_timestamp": 1_700_000_000,
}
LISTS = {
    "captionTracks": [{"languageCode": "de", "kind": "asr"}],
    "audioTracks": [{"audioTrackId": "de.4"}],
}
SCREEN = {
    "playerErrorMessageRenderer": {
        "reason": {"runs": [{"text": "Premieres in 3 hours"}]},
        "subreason": {"simpleText": "soon"},
    }
}
SLATE = {
    "liveStreamabilityRenderer": {
        "offlineSlate": {"liveStreamOfflineSlateRenderer": {"scheduledStartTime": "1700000000"}}
    }
}
RESPONSE = {
    "playabilityStatus": {
        "status": "LIVE_STREAM_OFFLINE",
        "reason": "Premieres in 3 hours",
        "messages": ["soon"],
        "errorScreen": SCREEN,
        "liveStreamability": SLATE,
    },
    "captions": {"playerCaptionsTracklistRenderer": LISTS},
    "streamingData": {"licenseInfos": [{}]},
}
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    float("nan"),
    "",
    "\x00\ud800",
    "x" * 5000,
    [],
    [None, 5, "x"],
    {},
    {"x": {"y": [1]}},
)


def spoiled(value):
    """The value with each of its parts in turn replaced by each odd one, or gone."""
    yield from ODD
    items = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, part in items:
        for odd in spoiled(part):
            copy = dict(value) if isinstance(value, dict) else list(value)
            copy[key] = odd
            yield copy
    if isinstance(value, dict):
        yield from ({key: part for key, part in value.items() if key != gone} for gone in value)


def read_or_refuse(answer, responses):
    try:
        return read_video(ID, answer, responses)
    except SourceError as error:
        return error.info


def test_no_answer_breaks_the_reading_otherwise_than_as_ours():
    playable = {"playabilityStatus": {"status": "OK"}}
    spoiled_answers = [answer for answer in spoiled(ANSWER) if isinstance(answer, dict)]
    answers = [(answer, responses) for answer in spoiled_answers for responses in ((), (playable,))]
    responses = [
        (ANSWER, (response,)) for response in spoiled(RESPONSE) if isinstance(response, dict)
    ]
    assert len(answers) + len(responses) > 500
    for info in filter(None, (read_or_refuse(*given) for given in (*answers, *responses))):
        assert 0 < len(info.title) <= 500
        assert info.duration is None or info.duration > 0
        assert all(chapter.end >= chapter.start >= 0 for chapter in info.chapters)
        f"{info}".encode()


@pytest.mark.parametrize(
    ("status", "cause"), [("is_live", Cause.LIVE), ("is_upcoming", Cause.UPCOMING)]
)
def test_a_video_that_plays_already_and_is_not_whole_waits(status, cause):
    error = failure_of(
        read_video,
        ID,
        {**ANSWER, "live_status": status},
        ({"playabilityStatus": {"status": "OK"}},),
    )
    assert (error.cause, error.info.title) == (cause, "Titel")
    assert (error.starts_at is not None) == (cause == Cause.UPCOMING)


def test_a_translated_track_is_never_taken():
    translated = {
        "en": [
            {
                "ext": "json3",
                "url": "https://www.youtube.com/api/timedtext?lang=de&kind=asr&tlang=en",
            }
        ]
    }
    info = read_video(
        ID,
        {
            **ANSWER,
            "subtitles": {},
            "automatic_captions": {**translated, **ANSWER["automatic_captions"]},
        },
        (),
    )
    assert [track.language for track in info.tracks] == ["de"]
