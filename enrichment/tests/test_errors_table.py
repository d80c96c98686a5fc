"""What YouTube says, row by row: final is what is known to be final, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment import errors
from enrichment.errors import NetworkBlip, Throttled, VideoVerdict, YouTubeChanged
from videos.causes import CAUSES, Cause

UNKNOWN = Cause.YOUTUBE_CHANGED
ROWS: list[tuple[str, str, Cause]] = [
    # about us, or passing
    ("UNPLAYABLE ERROR", "The page needs to be reloaded.", UNKNOWN),
    ("UNPLAYABLE ERROR", "The following content is not available on this app.", UNKNOWN),
    (
        "UNPLAYABLE ERROR",
        "The following content is not available on this app. "
        "Watch on the latest version of YouTube.",
        UNKNOWN,
    ),
    ("ERROR", "An error occurred. Please try again later. (Playback ID: x1)", Cause.YOUTUBE_DOWN),
    ("ERROR", "Something went wrong. Refresh or try again later.", Cause.YOUTUBE_DOWN),
    ("ERROR", "Something went wrong. Tap to retry.", Cause.YOUTUBE_DOWN),
    ("ERROR", "Sorry, something is wrong", Cause.YOUTUBE_DOWN),
    ("ERROR", "We're currently offline", Cause.YOUTUBE_DOWN),
    ("UNPLAYABLE LOGIN_REQUIRED", "Please sign in", Cause.BLOCKED),
    ("UNPLAYABLE", "This content isn't available. Try again later", Cause.THROTTLED),
    ("UNPLAYABLE", "This content isn’t available, try again later.", Cause.THROTTLED),
    ("ERROR", "This content isn't available.", UNKNOWN),
    (
        "UNPLAYABLE",
        "Video unavailable. This video is restricted. Please check the Google Workspace "
        "administrator and/or the network administrator restrictions.",
        Cause.RESTRICTED_HERE,
    ),
    (
        "UNPLAYABLE ERROR",
        "Your network administrator has blocked YouTube",
        Cause.RESTRICTED_HERE,
    ),
    ("UNPLAYABLE", "This video is not available on this device", UNKNOWN),
    ("UNPLAYABLE", "Update YouTube to continue", UNKNOWN),
    ("UNPLAYABLE", "A newer version of the app is required", UNKNOWN),
    ("UNPLAYABLE", "Watch this video on YouTube", UNKNOWN),
    ("UNPLAYABLE", "Playback on other websites has been disabled by the video owner", UNKNOWN),
    ("UNPLAYABLE ERROR LOGIN_REQUIRED", "", UNKNOWN),
    ("UNPLAYABLE ERROR LOGIN_REQUIRED SOMETHING_NEW", "words never read before", UNKNOWN),
    ("UNPLAYABLE", "Video unavailable. Words never read before", UNKNOWN),
    ("LOGIN_REQUIRED", "Sign in to confirm you’re not a bot", Cause.BLOCKED),
    ("LOGIN_REQUIRED", "Sign in to confirm that you're not a bot", Cause.BLOCKED),
    ("LOGIN_REQUIRED", "Melde dich an, damit wir wissen, dass du kein Bot bist", Cause.BLOCKED),
    ("LOGIN_REQUIRED", "Connectez-vous pour confirmer que vous n'êtes pas un robot", Cause.BLOCKED),
    ("LOGIN_REQUIRED", "Faça login para confirmar que você não é um robô", Cause.BLOCKED),
    ("LOGIN_REQUIRED", "ロボットではないことを確認", Cause.BLOCKED),
    ("UNPLAYABLE", "Our systems have detected unusual traffic", Cause.BLOCKED),
    ("LOGIN_REQUIRED", "Zaloguj się, aby potwierdzić, że nie jesteś botem", Cause.BLOCKED),
    ("LOGIN_REQUIRED", "ログインしてbotではないことを確認してください", Cause.BLOCKED),
    ("LOGIN_REQUIRED", "봇이 아님을 확인하려면 로그인하세요", Cause.BLOCKED),
    ("LOGIN_REQUIRED", "Vahvista, ettet ole robotti", Cause.BLOCKED),
    ("LOGIN_REQUIRED", "سجّل الدخول لتأكيد أنك لست برنامج روبوت", Cause.BLOCKED),
    ("LOGIN_REQUIRED", "Sign in to continue", UNKNOWN),
    ("LOGIN_REQUIRED", "Watch this about botany", UNKNOWN),
    ("UNPLAYABLE", "This content is not available. Please try again later.", Cause.THROTTLED),
    ("UNPLAYABLE", "This video isn't available right now", UNKNOWN),
    ("UNPLAYABLE", "YouTube is not available in your country", Cause.RESTRICTED_HERE),
    ("ERROR", "YouTube is currently unavailable in your country", Cause.RESTRICTED_HERE),
    (
        "UNPLAYABLE",
        "This video is unavailable with Restricted Mode enabled. To view this video, you will "
        "need to disable Restricted Mode.",
        Cause.RESTRICTED_HERE,
    ),
    ("UNPLAYABLE", "YouTube is currently blocked on this network", Cause.RESTRICTED_HERE),
    # not yet
    ("ERROR", "Video is processing", Cause.PROCESSING),
    ("UNPLAYABLE", "This video is being processed", Cause.PROCESSING),
    ("UNPLAYABLE", "Stream is still processing", Cause.PROCESSING),
    ("ERROR", "This video is under review and will be available soon", Cause.PROCESSING),
    ("UNPLAYABLE", "We're processing this video. Check back later.", Cause.PROCESSING),
    ("LIVE_STREAM_OFFLINE", "Live stream offline", Cause.PROCESSING),
    ("LIVE_STREAM_OFFLINE", "This live stream has been cancelled", Cause.UPCOMING),
    ("LIVE_STREAM_OFFLINE", "This live event will begin in a few moments.", Cause.UPCOMING),
    ("LIVE_STREAM_OFFLINE", "Premieres in 27 minutes", Cause.UPCOMING),
    ("LIVE_STREAM_OFFLINE", "Waiting for Somebody", Cause.UPCOMING),
    ("LIVE_STREAM_OFFLINE", "This live event has ended.", Cause.PROCESSING),
    ("UNPLAYABLE", "Premieres December 1, 2026", Cause.UPCOMING),
    # final
    ("ERROR", "We’re sorry, this video is no longer available.", Cause.UNAVAILABLE),
    ("ERROR", "Sorry, this video does not exist", Cause.UNAVAILABLE),
    ("UNPLAYABLE", "This video is not available in your region", Cause.GEO_BLOCKED),
    (
        "ERROR",
        "This video has been removed for violating YouTube's policy on hate speech. "
        "Learn more about combating hate speech in your country.",
        Cause.UNAVAILABLE,
    ),
    (
        "ERROR",
        "Video unavailable. This video has been removed by the uploader",
        Cause.UNAVAILABLE,
    ),
    ("ERROR", "Video unavailable. This video is unavailable", Cause.UNAVAILABLE),
    ("ERROR UNPLAYABLE", "Video unavailable", Cause.UNAVAILABLE),
    ("ERROR", "This video isn't available anymore", Cause.UNAVAILABLE),
    (
        "ERROR",
        "Video unavailable. This video is no longer available because the uploader has "
        "closed their YouTube account.",
        Cause.UNAVAILABLE,
    ),
    ("ERROR", "This video isn't available in your location", Cause.GEO_BLOCKED),
    (
        "UNPLAYABLE",
        "Video unavailable. The uploader has not made this video available in your country",
        Cause.GEO_BLOCKED,
    ),
    ("ERROR", "This video was removed because it was too long.", Cause.UNAVAILABLE),
    (
        "ERROR",
        "This video is a duplicate of a previously uploaded video.",
        Cause.UNAVAILABLE,
    ),
    ("ERROR", "Video does not exist.", Cause.UNAVAILABLE),
    (
        "UNPLAYABLE",
        "This content is not available on this country domain due to a court order.",
        Cause.GEO_BLOCKED,
    ),
    (
        "UNPLAYABLE",
        "The video is unavailable in your current location",
        Cause.GEO_BLOCKED,
    ),
    ("ERROR", "This video is unavailable because its owner has made it private", Cause.PRIVATE),
    ("UNPLAYABLE", "You need to be a member of the channel to see this", Cause.MEMBERS_ONLY),
    (
        "UNPLAYABLE",
        "Join this YouTube channel from your computer or Android app to get access",
        Cause.MEMBERS_ONLY,
    ),
    ("UNPLAYABLE", "This movie requires a purchase", Cause.PAID),
    ("UNPLAYABLE", "This video is only available to members of the channel", Cause.MEMBERS_ONLY),
    ("UNPLAYABLE", "This video is only available for Premium users", Cause.PAID),
    ("UNPLAYABLE", "Primetime subscription required", Cause.PAID),
    ("UNPLAYABLE", "Purchase this video", Cause.PAID),
    (
        "CONTENT_CHECK_REQUIRED",
        "The following content may contain suicide or self-harm topics.",
        Cause.CONTENT_WARNING,
    ),
    ("CONTENT_CHECK_REQUIRED", "words never read before", Cause.CONTENT_WARNING),
    ("AGE_VERIFICATION_REQUIRED AGE_CHECK_REQUIRED", "", Cause.AGE_RESTRICTED),
    ("LOGIN_REQUIRED", "Sign in to confirm your age", Cause.AGE_RESTRICTED),
    (
        "LOGIN_REQUIRED",
        "This is a private video. Please sign in to verify that you may see it.",
        Cause.PRIVATE,
    ),
    ("LOGIN_REQUIRED", "Private video. Sign in if you've been granted access", Cause.PRIVATE),
]
SAID = [(status, text, cause) for statuses, text, cause in ROWS for status in statuses.split()]


@pytest.mark.parametrize(("status", "text", "cause"), SAID)
def test_words_of_youtube_have_their_cause(status, text, cause):
    assert errors.cause_of_playability(status, text) == cause


@pytest.mark.parametrize(
    ("status", "kind", "cause"),
    [
        (302, YouTubeChanged, UNKNOWN),
        (401, YouTubeChanged, UNKNOWN),
        (402, NetworkBlip, Cause.NETWORK),
        (407, NetworkBlip, Cause.NETWORK),
        (451, VideoVerdict, Cause.GEO_BLOCKED),
        (403, Throttled, Cause.BLOCKED),
        (429, Throttled, Cause.THROTTLED),
        (404, VideoVerdict, Cause.UNAVAILABLE),
        (503, NetworkBlip, Cause.YOUTUBE_DOWN),
    ],
)
def test_status_of_http_has_its_cause(status, kind, cause):
    error = errors.error_for_status(status)
    assert (type(error), error.cause) == (kind, cause)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("This playlist is private.", Cause.PLAYLIST_MISSING),
        ("Failed to resolve url (does the playlist exist?)", Cause.PLAYLIST_MISSING),
        (
            "This channel was removed because it violated our Community Guidelines.",
            Cause.PLAYLIST_MISSING,
        ),
        ("Requested format is not available", Cause.TRANSCRIPTION_FAILED),
    ],
)
def test_words_of_lists_and_audio_have_their_cause(text, cause):
    assert errors.cause_of_text(text) == cause


@given(st.sampled_from(["UNPLAYABLE", "ERROR", "LOGIN_REQUIRED", "NEW"]), st.text(max_size=80))
def test_words_nobody_said_yet_are_never_final(status, text):
    """Whatever comes: either known words, or a cause that is tried again."""
    cause = errors.cause_of_playability(status, text)
    assert cause is not None
    if errors.cause_of_text(text) is None:
        assert CAUSES[cause].retryable
