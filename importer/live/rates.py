"""How much one person's sockets may ask for: frames a second, sockets at once, readings at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

FRAMES_A_SECOND = 20  # of one socket; a page sends a few when it opens and one when it scrolls
SOCKETS_OF_A_USER = 20  # in this process; a page beyond that asks by polling
SYNC_INTERVAL = 1.0  # seconds between two answers to `sync`; what is asked meanwhile is merged

# Readings of sockets have threads of their own, so that they never keep pages or /healthz waiting.
readings = ThreadPoolExecutor(max_workers=4, thread_name_prefix="socket")
open_sockets: Counter[int] = Counter()  # by user


class FrameRate:
    """Counts the frames of one socket, by windows of a second."""

    def __init__(self, most: int = FRAMES_A_SECOND) -> None:
        self.most = most
        self.began = 0.0
        self.count = 0

    def take(self, now: float) -> bool:
        """Count a frame. False when there were too many within a second. `now` is monotonic."""
        if now - self.began >= 1.0:
            self.began = now
            self.count = 0
        self.count += 1
        return self.count <= self.most


def enter(user_id: int) -> bool:
    """Count a socket that opens. False when the user has too many."""
    if open_sockets[user_id] >= SOCKETS_OF_A_USER:
        return False
    open_sockets[user_id] += 1
    return True


def leave(user_id: int) -> None:
    """Forget a socket that was counted."""
    open_sockets[user_id] -= 1
    if open_sockets[user_id] <= 0:
        del open_sockets[user_id]
