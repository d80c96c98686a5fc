"""What the banner says each second under ten troubles, against what happened then."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import redis

from importer.imports import services
from importer.imports.tests.banner_bench import Answer, Installation, Noted, Story, table
from importer.tests.ledger import start
from videos.models import Video, VideoList

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]


def throttled_between(first: float, last: float) -> Any:
    def answers(at: float, lane: str) -> Answer:
        if first <= at < last and lane != "groq":
            return Answer.THROTTLED
        return Answer.GOOD

    return answers


def steady(client: redis.Redis, mine: VideoList, others: VideoList) -> Installation:
    installation = Installation(client)
    installation.tell(start(mine, *range(60)))
    return installation


def slow_line(client: redis.Redis, mine: VideoList, others: VideoList) -> Installation:
    """Each question takes 12 s, so three at once are slower than the lane."""
    installation = Installation(client, takes=12.0)
    installation.tell(start(mine, *range(60)))
    return installation


def short_ban(client: redis.Redis, mine: VideoList, others: VideoList) -> Installation:
    installation = Installation(client, answers=throttled_between(20, 26))
    installation.tell(start(mine, *range(60)))
    return installation


def long_ban(client: redis.Redis, mine: VideoList, others: VideoList) -> Installation:
    installation = Installation(client, answers=throttled_between(20, 200))
    installation.tell(start(mine, *range(60)))
    return installation


def slowed_down(client: redis.Redis, mine: VideoList, others: VideoList) -> Installation:
    """YouTube lets one in six seconds through, and says so once to each that comes too early."""
    last = [-100.0]

    def answers(at: float, lane: str) -> Answer:
        if at - last[0] < 6:
            return Answer.THROTTLED
        last[0] = at
        return Answer.GOOD

    installation = Installation(client, answers=answers)
    installation.tell(start(mine, *range(60)))
    return installation


def hour_used_up(client: redis.Redis, mine: VideoList, others: VideoList) -> Installation:
    installation = Installation(client, budget=40)
    installation.tell(start(mine, *range(60)))
    return installation


def two_people(client: redis.Redis, mine: VideoList, others: VideoList) -> Installation:
    """The second one begins in the middle of the first one's import."""
    installation = Installation(client)
    installation.tell(start(mine, *range(60)))
    installation.run(40)
    installation.tell(start(others, *range(100, 115)))
    return installation


def moved_to_front(client: redis.Redis, mine: VideoList, others: VideoList) -> Installation:
    """The other person's import goes first as a whole."""
    installation = Installation(client)
    installation.tell(start(mine, *range(60)))
    installation.run(20)
    later = start(others, *range(100, 160))
    installation.tell(later)
    services.move_batch_to_front(batch=later)
    installation.news.append(installation.at)
    return installation


def one_of_two_ways(client: redis.Redis, mine: VideoList, others: VideoList) -> Installation:
    def answers(at: float, lane: str) -> Answer:
        return Answer.THROTTLED if lane == "way 1" and at > 10 else Answer.GOOD

    installation = Installation(client, ways_out=2, answers=answers)
    installation.tell(start(mine, *range(80)))
    return installation


def no_groq(client: redis.Redis, mine: VideoList, others: VideoList) -> Installation:
    """Videos without captions, and a transcription that is refused for a while."""

    def answers(at: float, lane: str) -> Answer:
        if lane == "groq" and at < 120:
            return Answer.THROTTLED
        return Answer.NO_CAPTIONS

    installation = Installation(client, answers=answers)
    installation.tell(start(mine, *range(12)))
    Video.objects.update(duration=300)
    return installation


def groq_hour_used_up(client: redis.Redis, mine: VideoList, others: VideoList) -> Installation:
    installation = Installation(
        client, groq_budget=1800, answers=lambda at, lane: Answer.NO_CAPTIONS
    )
    installation.tell(start(mine, *range(9)))
    Video.objects.update(duration=300)
    return installation


TROUBLES = [
    short_ban,
    steady,
    slow_line,
    long_ban,
    slowed_down,
    hour_used_up,
    two_people,
    moved_to_front,
    one_of_two_ways,
    no_groq,
    groq_hour_used_up,
]


@pytest.fixture(params=TROUBLES, ids=lambda trouble: trouble.__name__)
def installation(
    request: Any, clean_redis: redis.Redis, video_list: VideoList, bob: Any
) -> Installation:
    others = VideoList.objects.create(owner=bob, name="Bob's")
    made: Installation = request.param(clean_redis, video_list, others)
    made.run()
    return made


MINUTE = 60.0


def half_time(story: Story) -> Noted:
    assert story.done_at is not None
    first = story.noted[0].at
    middle = first + (story.done_at - first) / 2
    return min(story.noted, key=lambda noted: abs(noted.at - middle))


def moved_promises(story: Story, news: list[float]) -> list[tuple[Noted, Noted]]:
    """Times that were promised, and changed by more than a minute though nothing new was said."""
    found = []
    for before, after in pairwise(story.noted):
        if before.until is None or after.until is None:
            continue
        moved = abs(after.until - before.until) > MINUTE
        if moved and not heard_between(news, before.at, after.at):
            found.append((before, after))
    return found


def broken_promises(story: Story, news: list[float]) -> list[tuple[Noted, float]]:
    """Times that were promised, and the import went on over a minute away from them."""
    found = []
    for noted in story.noted:
        went_on = next_start(story, noted)
        if noted.until is None or went_on is None or heard_between(news, noted.at, went_on):
            continue
        if abs(noted.until - went_on) > MINUTE:
            found.append((noted, went_on))
    return found


def silent_stalls(story: Story, news: list[float]) -> list[tuple[Noted, float]]:
    """Over a minute without a video of this import, and nothing was said of waiting."""
    found = []
    for noted in story.noted:
        went_on = next_start(story, noted)
        if noted.until is not None or went_on is None or heard_between(news, noted.at, went_on):
            continue
        if went_on - noted.at > MINUTE:
            found.append((noted, went_on))
    return found


def contradictions(story: Story) -> list[Noted]:
    """A pace beside an estimate that it does not lead to, within a fifth and a minute."""
    found = []
    for noted in story.noted:
        if noted.pace is None or noted.eta is None:
            continue
        at_that_pace = noted.waiting * MINUTE / noted.pace
        if abs(at_that_pace - noted.eta) > max(0.2 * noted.eta, MINUTE):
            found.append(noted)
    return found


def next_start(story: Story, noted: Noted) -> float | None:
    return next((at for at in story.begun if at > noted.at), None)


def heard_between(news: list[float], first: float, last: float) -> bool:
    return any(first < at <= last for at in news)


@pytest.mark.slow
def test_banner_says_what_then_happens(installation: Installation) -> None:
    """And at half-time, when it will be done: within a fifth, or half a minute."""
    news = installation.news
    for story in installation.stories:
        said = table([story])
        assert moved_promises(story, news) == [], said
        assert broken_promises(story, news) == [], said
        assert silent_stalls(story, news) == [], said
        assert contradictions(story) == [], said
        assert all(noted.eta is not None for noted in story.noted), said
        middle = half_time(story)
        assert story.done_at is not None
        assert middle.eta == pytest.approx(story.done_at - middle.at, rel=0.2, abs=30), said
