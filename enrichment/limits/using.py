"""The one way to use a permit: whatever happens while it is held, it ends exactly once, with the
right outcome.

    with limits.using(limiter, permit) as use:
        page = use.ask(fetch_page)

| what happened inside             | what the lane is told                                    |
| -------------------------------- | -------------------------------------------------------- |
| nothing was asked                | unused: token and budget are given back, a breaker stays |
| an answer came, or a verdict     | success                                                  |
| Throttled, NetworkBlip           | a throttle answer, with its Retry-After                  |
| asked, and no answer came        | nothing: only the place is free again                    |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from enrichment.errors import NetworkBlip, SourceError, Throttled
from enrichment.limits.limiter import AdaptiveRateLimiter
from enrichment.limits.permits import Permit

T = TypeVar("T")

ABOUT_US = (Throttled, NetworkBlip)


class PermitUse:
    """What was done with a permit so far. Questions that go through `ask` are counted."""

    def __init__(
        self,
        limiter: AdaptiveRateLimiter,
        permit: Permit,
        about_us: tuple[type[SourceError], ...] = ABOUT_US,
    ) -> None:
        self.limiter = limiter
        self.permit = permit
        self.about_us = about_us
        self.has_asked = False
        self.has_answer = False
        self._throttled = False
        self._retry_after: float | None = None

    def ask(self, fetch: Callable[[], T]) -> T:
        """Return what `fetch` returns. Its errors pass; they count when the permit ends."""
        self.has_asked = True
        answer = fetch()
        self.has_answer = True
        return answer

    def renew(self) -> bool:
        """Let the permit's lease begin again.

        False when it is lost: then nothing may be asked any more.
        """
        return self.limiter.renew(self.permit)

    def note_error(self, error: SourceError) -> None:
        """Let the permit end by what this error says: about us, or an answer like any other."""
        if isinstance(error, self.about_us):
            self.note_throttle(error.retry_after)
        else:
            self.has_answer = self.has_asked

    def note_throttle(self, retry_after: float | None = None) -> None:
        """End the permit as throttled, although the error does not say so: what was answered is
        about us. Seconds.
        """
        self._throttled = True
        self._retry_after = retry_after

    def _end(self) -> None:
        if self._throttled:
            self.limiter.on_failure(self.permit, is_rate_limit=True, retry_after=self._retry_after)
        elif self.has_answer:
            self.limiter.on_success(self.permit)
        elif self.has_asked:
            self.limiter.on_failure(self.permit, is_rate_limit=False)
        else:
            self.limiter.cancel(self.permit)


@contextmanager
def using(
    limiter: AdaptiveRateLimiter,
    permit: Permit,
    *,
    about_us: tuple[type[SourceError], ...] = ABOUT_US,
) -> Iterator[PermitUse]:
    """Hold a permit for the block, and end it by what happened in it. Errors pass through.

    `about_us`: the errors that mean that the lane is throttled; every other SourceError is an
    answer like any other.
    """
    use = PermitUse(limiter, permit, about_us)
    try:
        yield use
    except SourceError as error:
        use.note_error(error)
        raise
    finally:
        use._end()
