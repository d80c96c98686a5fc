"""Whether a client is refused for one video, or for everybody.

Words that many different videos get in a row are about us, whatever they say. Each client has a row
of its own (`ClientState`): an answer empties it, a refusal adds the video to its streak. A streak
that is long enough closes the client; then it is asked with one video now and then, after pauses
that double up to an hour, and its first answer opens it again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from enrichment.client_state import Client, ClientState
from enrichment.errors import SourceError
from videos.prepared import PreparedSelect

logger = logging.getLogger(__name__)

CLOSE_AFTER = 3  # different videos in a row: a caption client that is closed costs nobody anything
SPELL_AFTER = 10  # the same for the watch page: while it is closed every video waits
FIRST_PAUSE = 60.0  # seconds until the first probe
LONGEST_PAUSE = 3600.0  # seconds between two probes at most
PROBE_LEASE = timedelta(minutes=2)  # a probe that was not heard of by then has died
REMEMBERED = (
    1.0  # seconds this process takes a client without a row for healthy before it looks again
)

_REFUSED = PreparedSelect(
    lambda client: ClientState.objects.filter(
        client=client, streak_since__isnull=False
    ).values_list("pk"),
    str,
)
_healthy_at: dict[str, float] = {}  # client -> when its row was last seen empty, monotonic clock


@dataclass(frozen=True)
class Trouble:
    """A client that is closed. `detail` is YouTube's answer, for the operator."""

    client: str
    since: datetime
    asked_again_at: datetime | None
    cause: str
    detail: str


def may_ask(client: Client, *, now: datetime | None = None) -> bool:
    """Whether this client may be asked now: it is open, or this is the one probe that is due.

    At most two queries.
    """
    state = _refused_state(client)
    if state is None or state.closed_since is None:
        return True
    now = now or timezone.now()
    if state.closed_until is not None and now < state.closed_until:
        return False
    due = ClientState.objects.filter(pk=state.pk, closed_until=state.closed_until)
    return due.update(closed_until=now + PROBE_LEASE, probing=True) == 1


def note_answer(client: Client) -> datetime | None:
    """An answer came: whatever was refused before was about those videos.

    Return since when the client had been closed.

    None when it was open. Costs no query while the client is known to be healthy.
    """
    # Without a lock, so that good answers do not wait for each other.
    if _refused_state(client) is None:
        return None
    with transaction.atomic():
        state = ClientState.objects.select_for_update().filter(client=client).first()
        if state is None or not state.streak:
            _healthy_at[client] = time.monotonic()
            return None
        since = state.closed_since
        _open(state)
    if since is not None:
        logger.warning("%s answers again, it had been closed since %s", client, since)
    return since


def _open(state: ClientState) -> None:
    state.streak, state.streak_since = [], None
    state.closed_since, state.closed_until = None, None
    state.probing, state.pause = False, 0.0
    state.save()


def _add_to_streak(state: ClientState, youtube_id: str, now: datetime, *, most: int) -> None:
    """Note one more video that was refused; the same one counts once."""
    state.streak_since = state.streak_since or now
    if youtube_id not in state.streak and len(state.streak) < most:
        state.streak = [*state.streak, youtube_id]


def note_refusal(
    client: Client,
    youtube_id: str,
    error: SourceError,
    *,
    close_after: int = CLOSE_AFTER,
    on_close: Callable[[ClientState], None] | None = None,
) -> bool:
    """A refusal came for this video. Return whether the client is closed now.

    `on_close` is called in the same transaction when this refusal is the one that closes it. A
    handful of queries, and only when something is refused.
    """
    _healthy_at.pop(client, None)
    now = timezone.now()
    ClientState.objects.get_or_create(client=client)
    with transaction.atomic():
        state = ClientState.objects.select_for_update().get(client=client)
        _add_to_streak(state, youtube_id, now, most=close_after)
        state.cause, state.detail = error.cause, error.detail[:500]
        closing = state.closed_since is None and len(state.streak) >= close_after
        if closing:
            state.closed_since = now
        if closing or state.probing:  # late answers of runs begun before make the pause no longer
            _double_pause(state, now)
        state.save()
        if closing and on_close is not None:
            on_close(state)
    if closing:
        logger.error(
            "%s: no answer for %s different videos in a row: %s. It is asked now and then.",
            client,
            len(state.streak),
            error,
        )
    return state.closed_since is not None


def _double_pause(state: ClientState, now: datetime) -> None:
    state.pause = min(max(state.pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
    state.closed_until = now + timedelta(seconds=state.pause)
    state.probing = False


def is_closed(client: Client) -> bool:
    """Whether this client is refused for everybody, as far as we know."""
    state = _refused_state(client)
    return state is not None and state.closed_since is not None


def is_resting(client: Client, *, now: datetime) -> bool:
    """Whether this client is closed, and its probe not due yet."""
    state = _refused_state(client)
    if state is None or state.closed_until is None:
        return False
    return state.closed_until > now


def asked_again_at(clients: tuple[Client, ...]) -> datetime | None:
    """When the first of these closed clients is asked again; None when none of them is closed.

    One query.
    """
    times = ClientState.objects.filter(client__in=clients, closed_since__isnull=False)
    return times.order_by("closed_until").values_list("closed_until", flat=True).first()


def troubles() -> list[Trouble]:
    """The clients that are closed now, for pages, `doctor` and `/healthz`. One query."""
    closed = ClientState.objects.filter(closed_since__isnull=False).order_by("closed_since")
    found = []
    for state in closed:
        if state.closed_since is not None:
            found.append(_trouble_of(state, state.closed_since))
    return found


def _trouble_of(state: ClientState, since: datetime) -> Trouble:
    return Trouble(state.client, since, state.closed_until, state.cause, state.detail)


def forget_what_is_remembered() -> None:
    """Look into the database at the next answer, as a new process does."""
    _healthy_at.clear()


def _refused_state(client: Client) -> ClientState | None:
    """The state of a client that was refused lately; None of one that is healthy."""
    if time.monotonic() - _healthy_at.get(client, float("-inf")) < REMEMBERED:
        return None
    if not _REFUSED.rows(client.value):
        _healthy_at[client] = time.monotonic()
        return None
    return ClientState.objects.filter(client=client).first()
