"""One part's life: started, seen well, ended, started again."""

from dataclasses import dataclass

from config.supervisor.plan import Part

QUICK = 10.0  # seconds; a part that ends by itself sooner than this has not really started
FAILED_STARTS = 5  # so many in a row, and it is not going to work
# Seconds without any sign of life, then a part is asked to end: slow is not dead.
SILENCE = 120.0
POLITE = 10.0  # seconds from asking a silent part to end until it is killed
CALM = 300.0  # seconds between two times a part is ended for its silence
KILLED = -9


@dataclass
class Slot:
    """Times are those of the monotonic clock, in seconds."""

    part: Part
    pid: int = 0  # 0: not running
    started: float = 0.0
    well: float = 0.0  # when it was last seen well, or could not be judged, or was started
    seen_well: bool = False  # since its last start
    failed_starts: int = 0
    start_at: float = 0.0
    asked_at: float | None = None  # when it was last asked to end because it was silent

    def note_start(self, pid: int, now: float) -> None:
        self.pid, self.started, self.well, self.seen_well = pid, now, now, False

    def note_well(self, now: float) -> None:
        self.well, self.seen_well = now, True
        if now - self.started > QUICK:
            self.failed_starts = 0

    def note_end(self, code: int, now: float) -> None:
        """Sets the time of the next start: soon, and later with each failed start in a row.

        Only a part that ends by itself right after its start counts as a failed start. SIGKILL
        comes from outside (a person, or a machine short of memory), however often, and says nothing
        about whether the next start works; a part that worked until then had started.
        """
        if code != KILLED and now - self.started < QUICK:
            self.failed_starts += 1
        elif self.seen_well:
            self.failed_starts = 0
        self.pid = 0
        self.start_at = now + 0.1 * 2**self.failed_starts

    def note_silence(self, now: float) -> None:
        """It is asked to end because it said nothing.

        One that never did since its start has failed to start.
        """
        self.asked_at = now
        if not self.seen_well:
            self.failed_starts += 1

    def is_silent(self, now: float) -> bool:
        """Whether it is to be asked to end; at most once within minutes."""
        if not self.pid or now - self.well <= SILENCE:
            return False
        return self.asked_at is None or now - self.asked_at > CALM

    def ignores_the_question(self, now: float) -> bool:
        """Whether it was asked to end, in this life, and has not."""
        if not self.pid or self.asked_at is None or self.asked_at < self.started:
            return False
        return now - self.asked_at > POLITE

    @property
    def is_hopeless(self) -> bool:
        return self.failed_starts >= FAILED_STARTS
