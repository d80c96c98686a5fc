import pytest

from config.supervisor.plan import Part
from config.supervisor.slot import CALM, FAILED_STARTS, KILLED, POLITE, QUICK, SILENCE, Slot


@pytest.fixture
def slot() -> Slot:
    return Slot(Part("worker", "The worker", ("true",)))


def test_a_part_that_keeps_ending_at_its_start_is_given_up(slot: Slot) -> None:
    for attempt in range(FAILED_STARTS):
        assert not slot.is_hopeless
        slot.note_start(pid=1, now=attempt)
        slot.note_end(code=1, now=attempt + 0.5)

    assert slot.is_hopeless


def test_it_waits_longer_after_each_failed_start(slot: Slot) -> None:
    pauses = []
    for _ in range(FAILED_STARTS):
        slot.note_start(pid=1, now=0)
        slot.note_end(code=1, now=0)
        pauses.append(slot.start_at)

    assert pauses == sorted(set(pauses))


def test_it_never_gives_up_a_part_that_others_kill(slot: Slot) -> None:
    for second in range(0, 500, 5):
        slot.note_start(pid=1, now=second)
        slot.note_end(code=KILLED, now=second + 5)
        assert slot.start_at < second + 5.5

    assert not slot.is_hopeless


def test_part_killed_at_work_had_started(slot: Slot) -> None:
    """In turns it ends early, as it does when its pool is killed, and is killed itself."""
    for second in range(0, 500, 10):
        slot.note_start(pid=1, now=second)
        slot.note_end(code=1, now=second + 5)
        slot.note_start(pid=2, now=second + 5)
        slot.note_well(now=second + 8)
        slot.note_end(code=KILLED, now=second + 10)
        assert not slot.is_hopeless

    assert slot.failed_starts == 0


def test_part_that_ends_by_itself_though_well_is_given_up(slot: Slot) -> None:
    for attempt in range(FAILED_STARTS):
        slot.note_start(pid=1, now=attempt)
        slot.note_well(now=attempt + 0.3)
        slot.note_end(code=1, now=attempt + 0.5)

    assert slot.is_hopeless


def test_it_forgets_failed_starts_once_the_part_has_run_well(slot: Slot) -> None:
    slot.note_start(pid=1, now=0)
    slot.note_end(code=1, now=1)
    slot.note_start(pid=2, now=2)
    slot.note_well(now=2 + QUICK + 1)

    assert slot.failed_starts == 0


def test_it_is_silent_only_after_a_while_without_a_sign_of_life(slot: Slot) -> None:
    slot.note_start(pid=1, now=0)
    slot.note_well(now=10)

    assert not slot.is_silent(now=10 + SILENCE)
    assert slot.is_silent(now=11 + SILENCE)


def test_it_counts_silence_from_the_start_as_a_failed_start(slot: Slot) -> None:
    slot.note_start(pid=1, now=0)
    slot.note_silence(now=SILENCE)
    assert slot.failed_starts == 1

    slot.note_start(pid=2, now=100)
    slot.note_well(now=101)
    slot.note_silence(now=SILENCE)
    assert slot.failed_starts == 1


def test_silent_part_is_asked_first_and_killed_later(slot: Slot) -> None:
    slot.note_start(pid=1, now=0)
    asked = SILENCE + 1
    slot.note_silence(now=asked)

    assert not slot.ignores_the_question(now=asked + POLITE)
    assert slot.ignores_the_question(now=asked + POLITE + 1)


def test_silent_part_is_not_ended_twice_within_minutes(slot: Slot) -> None:
    slot.note_start(pid=1, now=0)
    slot.note_silence(now=SILENCE + 1)
    slot.note_end(code=-15, now=SILENCE + 2)
    slot.note_start(pid=2, now=SILENCE + 3)

    assert not slot.ignores_the_question(now=2 * SILENCE)
    assert not slot.is_silent(now=2 * SILENCE + 10)
    assert not slot.is_silent(now=SILENCE + 1 + CALM)
    assert slot.is_silent(now=SILENCE + 2 + CALM)


@pytest.mark.parametrize(
    ("code", "lived", "failed"),
    [(1, QUICK - 0.1, 1), (1, QUICK, 0), (0, 0.5, 1), (KILLED, 0.5, 0), (1, 60.0, 0)],
)
def test_only_an_early_end_of_its_own_is_a_failed_start(
    slot: Slot, code: int, lived: float, failed: int
) -> None:
    slot.note_start(pid=7, now=100.0)
    slot.note_end(code=code, now=100.0 + lived)
    assert (slot.failed_starts, slot.pid) == (failed, 0)
    assert slot.start_at == pytest.approx(100.0 + lived + (0.2 if failed else 0.1))


def test_a_new_part_is_not_running_and_due_at_once(slot: Slot) -> None:
    assert (slot.pid, slot.start_at, slot.failed_starts) == (0, 0.0, 0)
    assert not slot.is_silent(now=9 * SILENCE)
    assert not slot.is_hopeless


@pytest.mark.parametrize(("after", "forgotten"), [(QUICK, False), (QUICK + 0.1, True)])
def test_failed_starts_are_forgotten_after_a_while(
    slot: Slot, after: float, forgotten: bool
) -> None:
    """A part that answers for a moment and ends again has not really started."""
    slot.failed_starts = 3
    slot.note_start(pid=7, now=100.0)
    slot.note_well(now=100.0 + after)
    assert (slot.failed_starts == 0) == forgotten
    assert (slot.well, slot.seen_well) == (100.0 + after, True)


def test_a_new_life_has_not_been_asked_to_end(slot: Slot) -> None:
    slot.note_start(pid=7, now=100.0)
    slot.note_silence(now=200.0)
    assert slot.ignores_the_question(now=200.0 + POLITE + 0.1)
    slot.note_end(code=0, now=201.0)
    assert not slot.ignores_the_question(now=200.0 + POLITE + 0.1)
    slot.note_start(pid=8, now=202.0)
    assert not slot.ignores_the_question(now=200.0 + POLITE + 0.1)
    assert not slot.seen_well
