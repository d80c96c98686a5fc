"""From YouTube's words and statuses to our causes. Pure."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment import errors
from enrichment.errors import NetworkBlip, Throttled, VideoVerdict, YouTubeChanged
from videos.causes import CAUSES, Cause

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Private video. Sign in if you've been granted access to this video", Cause.PRIVATE),
        ("Video unavailable. This video is private", Cause.PRIVATE),
        ("Video unavailable. This video has been removed by the uploader", Cause.UNAVAILABLE),
        ("This video is unavailable", Cause.UNAVAILABLE),
        ("This video is not available", Cause.UNAVAILABLE),
        (
            "This video is no longer available because the YouTube account associated with "
            "this video has been terminated.",
            Cause.UNAVAILABLE,
        ),
        ("This video has been removed for violating YouTube's Terms of Service", Cause.UNAVAILABLE),
        ("This live stream recording is not available.", Cause.UNAVAILABLE),
        (
            "This video is available to this channel’s members on level: "
            "Gold (or any higher level).",
            Cause.MEMBERS_ONLY,
        ),
        (
            "Join this channel to get access to members-only content like this video",
            Cause.MEMBERS_ONLY,
        ),
        ("This video is only available to Music Premium members", Cause.PAID),
        ("This video requires payment to watch.", Cause.PAID),
        (
            "Sign in to confirm your age. This video may be inappropriate for some users.",
            Cause.AGE_RESTRICTED,
        ),
        (
            "Video unavailable. The uploader has not made this video available in your country",
            Cause.GEO_BLOCKED,
        ),
        (
            "This video contains content from WMG, "
            "who has blocked it in your country on copyright grounds",
            Cause.GEO_BLOCKED,
        ),
        ("This live event will begin in 3 hours.", Cause.UPCOMING),
        ("This live event will begin in a few moments.", Cause.UPCOMING),
        ("Premieres in 27 minutes", Cause.UPCOMING),
        ("We're processing this video. Check back later.", Cause.PROCESSING),
        ("This live event has ended.", Cause.PROCESSING),
        ("This video is DRM protected", Cause.DRM),
        (
            "Sign in to confirm you’re not a bot. This helps protect our community. Learn more",
            Cause.BLOCKED,
        ),
        ("Sign in to confirm you're not a bot", Cause.BLOCKED),
        (
            "Video unavailable. YouTube is requiring a captcha challenge before playback",
            Cause.BLOCKED,
        ),
        (
            "All player responses are invalid. Your IP is likely being blocked by Youtube",
            Cause.BLOCKED,
        ),
        ("Our systems have detected unusual traffic from your computer network.", Cause.BLOCKED),
        ("Video unavailable. This content isn’t available, try again later.", Cause.THROTTLED),
        (
            "The current session has been rate-limited by YouTube for up to an hour.",
            Cause.THROTTLED,
        ),
        ("YouTube said: The playlist does not exist.", Cause.PLAYLIST_MISSING),
        ("SOMETHING NEW", None),
        ("", None),
    ],
)
def test_it_knows_what_youtube_says(text, cause):
    assert errors.cause_of_text(text) == cause
    assert errors.cause_of_text(text.upper().replace(" ", "\u00a0\n")) == cause


@pytest.mark.parametrize(
    ("status", "reason", "cause"),
    [
        ("OK", "", None),
        ("ERROR", "", Cause.YOUTUBE_CHANGED),
        ("UNPLAYABLE", "words never read before", Cause.YOUTUBE_CHANGED),
        ("LIVE_STREAM_OFFLINE", "Offline.", Cause.UPCOMING),
        ("AGE_VERIFICATION_REQUIRED", "", Cause.AGE_RESTRICTED),
        ("LOGIN_REQUIRED", "words never read before", Cause.YOUTUBE_CHANGED),
        ("None", "", Cause.YOUTUBE_CHANGED),
    ],
)
def test_the_status_decides_where_the_words_are_new(status, reason, cause):
    assert errors.cause_of_playability(status, reason) == cause


@pytest.mark.parametrize(
    ("status", "kind", "cause"),
    [
        (429, Throttled, Cause.THROTTLED),
        (403, Throttled, Cause.BLOCKED),
        (404, VideoVerdict, Cause.UNAVAILABLE),
        (410, VideoVerdict, Cause.UNAVAILABLE),
        (408, NetworkBlip, Cause.YOUTUBE_DOWN),
        (500, NetworkBlip, Cause.YOUTUBE_DOWN),
        (503, NetworkBlip, Cause.YOUTUBE_DOWN),
        (400, YouTubeChanged, Cause.YOUTUBE_CHANGED),
        (418, YouTubeChanged, Cause.YOUTUBE_CHANGED),
    ],
)
def test_a_status_keeps_its_number_and_its_retry_after(status, kind, cause):
    error = errors.error_for_status(status, "90")
    assert (type(error), error.cause, error.status, error.retry_after) == (
        kind,
        cause,
        status,
        90.0,
    )


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("90", 90.0),
        (" 1.5 ", 1.5),
        ("999999999", errors.LONGEST_RETRY_AFTER),
        ("Sun, 22 Nov 2026 12:01:30 GMT", 90.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("Sun, 22 Nov 2026 12:01:30 -0000", 90.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header, seconds):
    assert errors.seconds_to_wait(header, now=NOW) == seconds


@given(st.text())
def test_no_text_breaks_the_tables(text):
    assert errors.cause_of_text(text) is None or text
    assert errors.seconds_to_wait(text, now=NOW) is None or text.strip()


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_belongs_to_one_kind_of_error(cause):
    error = errors.error_for(cause, "why")
    assert error.cause == cause
    assert isinstance(error, Throttled) == CAUSES[cause].throttle
    assert str(error) == f"{cause.value}: why"
