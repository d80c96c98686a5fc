"""Which caption track is taken, what it costs, and that "withheld" is never taken for "none"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.errors import NetworkBlip, SourceError, Throttled, VideoVerdict, YouTubeChanged
from enrichment.sources.captions import in_order
from enrichment.sources.types import CaptionTrack
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
from videos.causes import Cause
from videos.stages import CaptionsSource

ID = video_id(1)
SPOKEN = (Cue(0.5, 2.0, "Willkommen zurück."), Cue(3.0, 2.5, "Heute geht es um Uhren."))


def fetch(youtube, source, *captions, languages=("de", "en"), **fields):
    youtube.catalogue.add(VideoSpec(ID, captions=captions, **fields))
    return source.fetch_captions(ID, source.fetch_metadata(ID), languages)


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


@pytest.mark.parametrize("act", ["empty", "html"])
def test_a_withheld_track_is_fetched_the_other_way(youtube, source, act):
    youtube.faults.add(Fault(act, kind="timedtext", times=1))
    found = fetch(
        youtube,
        source,
        CaptionSpec("fr"),
        CaptionSpec("de", cues=SPOKEN),
        CaptionSpec("de", auto=True),
    )
    assert (found.source, found.language) == (CaptionsSource.MANUAL, "de")
    assert [cue.text for cue in found.cues] == ["Willkommen zurück.", "Heute geht es um Uhren."]
    assert youtube.log.kinds() == {"watch": 1, "timedtext": 2, "player": 1}


def test_an_address_that_is_gone_is_fetched_the_other_way(youtube, source):
    youtube.faults.add(Fault("status", status=404, kind="timedtext", times=1))
    assert (
        fetch(youtube, source, CaptionSpec("de", auto=True, cues=SPOKEN)).source
        == CaptionsSource.AUTO
    )


@pytest.mark.parametrize(
    "captions", [CaptionSpec("de", needs_po_token=True), CaptionSpec("de", auto=True, empty=True)]
)
def test_a_track_withheld_both_ways_is_blocked_and_never_none(youtube, source, captions):
    error = failure_of(youtube, source, captions)
    assert (type(error), error.cause) == (Throttled, Cause.BLOCKED)


def test_tracks_that_one_client_lists_and_the_other_denies_are_blocked(youtube, source):
    youtube.catalogue.add(VideoSpec(ID, captions=(CaptionSpec("de", needs_po_token=True),)))
    info = source.fetch_metadata(ID)
    youtube.catalogue.add(VideoSpec(ID))
    with pytest.raises(Throttled) as caught:
        source.fetch_captions(ID, info, ["de"])
    assert caught.value.cause == Cause.BLOCKED


def test_a_track_marked_for_a_token_is_not_even_asked_for(youtube, source):
    failure_of(youtube, source, CaptionSpec("de", needs_po_token=True))
    assert youtube.log.kinds() == {"watch": 1, "player": 1}


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


def second_way(youtube, source, fault):
    """The first way gets an empty answer, the second one meets the fault."""
    youtube.faults.add(fault)
    youtube.faults.add(Fault("empty", kind="timedtext", times=1))
    return failure_of(youtube, source, CaptionSpec("de"))


@pytest.mark.parametrize(
    ("fault", "kind", "cause"),
    [
        (Fault("status", status=429, kind="player"), Throttled, Cause.THROTTLED),
        (Fault("status", status=403, kind="player"), Throttled, Cause.BLOCKED),
        (Fault("status", status=429, kind="timedtext"), Throttled, Cause.THROTTLED),
        (Fault("status", status=500, kind="player"), NetworkBlip, Cause.YOUTUBE_DOWN),
        (Fault("reset", kind="player"), NetworkBlip, Cause.NETWORK),
        (Fault("cut", kind="timedtext"), NetworkBlip, Cause.NETWORK),
        (Fault("empty", kind="timedtext"), Throttled, Cause.BLOCKED),
        (Fault("html", kind="player"), YouTubeChanged, Cause.YOUTUBE_CHANGED),
        (Fault("empty", kind="player"), YouTubeChanged, Cause.YOUTUBE_CHANGED),
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
def test_trouble_on_the_second_way_has_its_cause_too(youtube, source, fault, kind, cause):
    error = second_way(youtube, source, fault)
    assert (type(error), error.cause) == (kind, cause)
    assert youtube.log.count(kind="watch") == 1


def test_the_second_way_alone_knows_captcha_pages_and_gives_its_consent(youtube, source):
    youtube.catalogue.add(VideoSpec(ID, captions=(CaptionSpec("de", needs_po_token=True),)))
    info = source.fetch_metadata(ID)
    source.client().youtube.api_key = (
        ""  # as when the page had none: now the library reads a watch page of its own
    )
    youtube.catalogue.add(VideoSpec(ID, captions=(CaptionSpec("de", cues=SPOKEN),)))
    youtube.faults.add(Fault("consent", kind="watch"))
    assert source.fetch_captions(ID, info, ["de"]).language == "de"
    youtube.faults.add(Fault("captcha", kind="watch"))
    with pytest.raises(Throttled) as caught:
        source.fetch_captions(ID, info, ["de"])
    assert caught.value.cause == Cause.BLOCKED


def test_the_original_automatic_track_of_a_dubbed_video_is_taken(youtube, source):
    found = fetch(
        youtube,
        source,
        CaptionSpec("de", auto=True),
        audio=(AudioSpec("tr", "dubbed"), AudioSpec("de")),
        language="de",
    )
    assert found.language == "de"
