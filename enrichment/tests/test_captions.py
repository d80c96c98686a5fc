"""Captions after the import: fetched again, uploaded, removed, in the languages of those who want
the video.
"""

from typing import Any

import pytest

from enrichment import jobs, recovery, transcription
from enrichment.models import EnrichmentJob, Work
from enrichment.services import (
    TranscriptKept,
    fetch_captions_again,
    keep_transcript,
    refresh_videos,
    remove_transcript,
)
from enrichment.sources.registry import transcriber
from enrichment.tests.holders import a_run
from enrichment.tests.pipeline_bench import ID, Bench
from enrichment.tests.pipeline_bench import bench as bench
from tests.standins import CaptionSpec, ChapterSpec, Cue, GroqStandIn, VideoSpec
from videos import cues
from videos.models import ListEntry, Transcript, Video, VideoList
from videos.preferences import choose_languages
from videos.stages import CaptionsSource, Stage

pytestmark = pytest.mark.django_db(transaction=True)
MINE = [cues.Cue(0, 2, "My own words.")]


def put_in_list(video: Video, owner: Any) -> VideoList:
    video_list = VideoList.objects.create(owner=owner, name="x")
    ListEntry.objects.create(
        video_list=video_list, video=video, position=video_list.reserve_positions(1)
    )
    return video_list


def complete(bench: Bench, owner: Any, **spec: Any) -> Video:
    bench.youtube.catalogue.add(
        VideoSpec(ID, **{"title": "Before", "captions": (said("de", "alt"),), **spec})
    )
    video = bench.want()
    put_in_list(video, owner)
    bench.run()
    bench.youtube.log.reset()
    video.refresh_from_db()
    assert video.import_stage == Stage.COMPLETE
    return video


def said(language: str, text: str) -> CaptionSpec:
    return CaptionSpec(language, cues=(Cue(0, 2, text),))


def this(video: Video) -> Any:
    return Video.objects.filter(pk=video.pk)


def text_of(video: Video) -> str:
    return " ".join(row[2] for row in Transcript.objects.get(video=video).cues)


def test_captions_again_are_two_requests_and_change_no_more(bench: Bench, alice: Any) -> None:
    video = complete(bench, alice, chapters=tuple(ChapterSpec(60 * n, f"{n}") for n in range(3)))
    bench.youtube.catalogue.change(
        ID, title="After", chapters=(), description="New", captions=(said("de", "neu"),)
    )
    assert fetch_captions_again(videos=this(video)) == 1
    bench.run()
    video.refresh_from_db()
    assert (video.title, video.description, video.chapters.count(), text_of(video)) == (
        "Before",
        "",
        3,
        "neu",
    )
    assert bench.youtube.log.kinds() == {"watch": 1, "timedtext": 1}
    assert not EnrichmentJob.objects.exists()


def test_a_refresh_takes_all_that_is_new(bench: Bench, alice: Any) -> None:
    video = complete(bench, alice)
    bench.youtube.catalogue.change(ID, title="After", captions=(said("de", "neu"),))
    assert refresh_videos(videos=this(video)) == 1
    bench.run()
    video.refresh_from_db()
    assert (video.title, text_of(video), video.import_stage) == ("After", "neu", Stage.COMPLETE)


def test_automatic_captions_replace_what_was_there(bench: Bench, alice: Any) -> None:
    video = complete(bench, alice)
    spoken = CaptionSpec("de", auto=True, cues=(Cue(0, 2, "gesprochen"),))
    bench.youtube.catalogue.change(ID, captions=(spoken,))
    fetch_captions_again(videos=this(video))
    bench.run()
    video.refresh_from_db()
    assert (video.captions_source, text_of(video)) == (CaptionsSource.AUTO, "gesprochen")
    assert Transcript.objects.get().source == CaptionsSource.AUTO


def test_captions_that_are_gone_are_not_lost(bench: Bench, alice: Any) -> None:
    video = complete(bench, alice)
    bench.youtube.catalogue.change(ID, captions=())
    fetch_captions_again(videos=this(video))
    bench.run()
    video.refresh_from_db()
    assert (video.captions_source, text_of(video)) == (CaptionsSource.MANUAL, "alt")


def test_captions_that_kill_workers_end_no_video(bench: Bench, alice: Any) -> None:
    """The third death ends the look at the captions, not the import that was done long before."""
    video = complete(bench, alice)
    fetch_captions_again(videos=this(video))
    for _ in range(jobs.MAX_ATTEMPTS):
        bench.claim("doomed")
        assert recovery.forget_node("doomed") == 1
    video.refresh_from_db()
    assert (video.import_stage, video.error_cause) == (Stage.COMPLETE, "")
    assert (video.captions_source, text_of(video)) == (CaptionsSource.MANUAL, "alt")
    assert not EnrichmentJob.objects.exists()


def test_a_refresh_ending_in_a_transcription_keeps_the_title(
    bench: Bench, alice: Any, groq: GroqStandIn, settings: Any
) -> None:
    video = complete(bench, alice, captions=(), duration=20)
    bench.youtube.catalogue.change(ID, title="After")
    settings.GROQ_API_KEY, settings.GROQ_BASE_URL = groq.api_key, groq.base_url
    refresh_videos(videos=this(video))
    bench.run()
    video.refresh_from_db()
    assert (video.title, EnrichmentJob.objects.get().work) == ("After", Work.TRANSCRIBE)


def test_an_uploaded_transcript_stays_whatever_youtube_has(bench: Bench, alice: Any) -> None:
    video = complete(bench, alice)
    keep_transcript(user=alice, video=video, language="en", cues=MINE)
    assert fetch_captions_again(videos=this(video)) == 0
    bench.youtube.catalogue.change(ID, title="After", captions=(said("de", "neu"),))
    refresh_videos(videos=this(video))
    bench.run()
    video.refresh_from_db()
    assert (video.title, text_of(video), video.captions_source) == (
        "After",
        "My own words.",
        CaptionsSource.MANUAL,
    )
    assert bench.youtube.log.kinds() == {"watch": 1}


def test_a_transcript_uploaded_in_the_middle_of_a_run_stays(bench: Bench, alice: Any) -> None:
    bench.youtube.catalogue.add(VideoSpec(ID, captions=(said("de", "alt"),)))
    bench.youtube.faults.reset(kind="timedtext", times=1)
    video = bench.want()
    put_in_list(video, alice)
    bench.run(on_sleep=lambda: keep_transcript(user=alice, video=video, language="en", cues=MINE))
    before = video.version
    video.refresh_from_db()
    assert (video.import_stage, video.captions_source, text_of(video)) == (
        Stage.COMPLETE,
        CaptionsSource.MANUAL,
        "My own words.",
    )
    assert video.version == before + 5, "each change is its own version"


def test_a_video_with_an_uploaded_transcript_is_not_transcribed(
    bench: Bench, alice: Any, groq: GroqStandIn, settings: Any
) -> None:
    settings.GROQ_API_KEY, settings.GROQ_BASE_URL = groq.api_key, groq.base_url
    transcriber.cache_clear()
    bench.youtube.catalogue.add(VideoSpec(ID, captions=(), duration=20))
    video = bench.want()
    put_in_list(video, alice)
    bench.run()
    keep_transcript(user=alice, video=video, language="en", cues=MINE)
    claim = jobs.claim_transcription(a_run())
    assert claim
    transcription.transcribe(claim)
    transcriber.cache_clear()
    video.refresh_from_db()
    assert (video.import_stage, video.captions_source, text_of(video)) == (
        Stage.COMPLETE,
        CaptionsSource.MANUAL,
        "My own words.",
    )
    assert groq.log.calls == []


def test_captions_nobody_waits_for_any_more_are_not_fetched(bench: Bench, alice: Any) -> None:
    video = complete(bench, alice, captions=())
    fetch_captions_again(videos=this(video))
    keep_transcript(user=alice, video=video, language="en", cues=MINE)
    assert not EnrichmentJob.objects.exists()


def test_after_an_uploaded_transcript_youtubes_come_back(bench: Bench, alice: Any) -> None:
    video = complete(bench, alice)
    keep_transcript(user=alice, video=video, language="en", cues=MINE)
    remove_transcript(user=alice, video=video)
    video.refresh_from_db()
    assert (video.captions_source, Transcript.objects.count()) == (CaptionsSource.NONE, 0)
    bench.run()
    video.refresh_from_db()
    assert (video.captions_source, text_of(video)) == (CaptionsSource.MANUAL, "alt")


def test_a_fetched_transcript_that_is_removed_stays_away(bench: Bench, alice: Any) -> None:
    video = complete(bench, alice)
    remove_transcript(user=alice, video=video)
    video.refresh_from_db()
    assert (video.captions_source, Transcript.objects.count(), EnrichmentJob.objects.count()) == (
        CaptionsSource.NONE,
        0,
        0,
    )


# Who may ------------------------------------------------------------------------------------------


def test_what_others_have_too_is_not_one_persons_to_change(
    bench: Bench, alice: Any, bob: Any
) -> None:
    video = complete(bench, alice)
    theirs = put_in_list(video, bob)
    for change in (
        lambda: keep_transcript(user=alice, video=video, language="en", cues=MINE),
        lambda: remove_transcript(user=alice, video=video),
    ):
        with pytest.raises(TranscriptKept):
            change()
    assert text_of(video) == "alt"
    theirs.delete()
    keep_transcript(user=alice, video=video, language="en", cues=MINE)
    assert text_of(video) == "My own words."


def test_an_upload_is_its_owners_as_long_as_they_have_the_video(
    bench: Bench, alice: Any, bob: Any
) -> None:
    video = complete(bench, alice, captions=())
    put_in_list(video, bob)
    keep_transcript(user=alice, video=video, language="en", cues=MINE)
    keep_transcript(user=alice, video=video, language="de", cues=MINE)
    with pytest.raises(TranscriptKept):
        remove_transcript(user=bob, video=video)
    ListEntry.objects.filter(video_list__owner=alice).delete()
    remove_transcript(user=bob, video=video)
    assert not Transcript.objects.exists()


# Languages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alices", "bobs", "taken"),
    [
        ([], [], "de"),
        (["fr"], [], "fr"),
        ([], ["it"], "it"),
        (["fr"], ["it"], "fr"),
        (["ja", "it"], ["fr"], "it"),
        (["ja"], ["ru"], "de"),
    ],
)
def test_caption_language_prefers_the_earliest_owner(
    bench: Bench, alice: Any, bob: Any, alices: list[str], bobs: list[str], taken: str
) -> None:
    bench.youtube.catalogue.add(
        VideoSpec(ID, captions=tuple(CaptionSpec(code) for code in ("en", "it", "fr", "de")))
    )
    choose_languages(user=bob, codes=bobs)
    choose_languages(user=alice, codes=alices)
    video = bench.want()
    put_in_list(video, alice)
    put_in_list(video, bob)
    bench.run()
    assert Transcript.objects.get(video=video).language == taken
    assert bench.youtube.log.kinds() == {"watch": 1, "timedtext": 1}
