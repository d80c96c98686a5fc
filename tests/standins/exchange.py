"""One request met: logged, delayed, answered, or broken off, as the rules want it.

The same for every stand-in.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.standins.calls import Call, CallLog
from tests.standins.faults import Faults, Rule
from tests.standins.wire import Connection, Response

_BREAKS = frozenset({"hang", "reset", "cut"})
_GLANCE_SECONDS = 0.1


@dataclass
class Counter:
    """Where requests are met. `latency`: seconds each answer takes, drawn between the two."""

    latency: tuple[float, float] = (0, 0)
    log: CallLog = field(default_factory=CallLog)
    faults: Faults = field(default_factory=Faults)
    ended: threading.Event = field(default_factory=threading.Event)

    def meet(
        self,
        connection: Connection,
        call: Call,
        *,
        answer: Callable[[], Response],
        troubled: Callable[[Rule], Response],
        head: bool = False,
        client: str = "",
    ) -> bool:
        """Answers one request; False when the connection ended with it.

        The log has the end before the client has the answer.
        """
        trouble = self.faults.meet(call.kind, call.video_id, call.way, client)
        if delay := trouble.delay + random.uniform(*self.latency):
            self.ended.wait(delay)
        if trouble.rule is not None and trouble.rule.fault.act in _BREAKS:
            _break_off(connection, trouble.rule, answer)
            self.log.end(call, 0, str(trouble.rule.fault))
            return False
        response = answer() if trouble.rule is None else troubled(trouble.rule)
        self.log.end(call, response.status, str(trouble.rule.fault) if trouble.rule else None)
        connection.send(response, head=head)
        return True

    def reset(self, latency: tuple[float, float]) -> None:
        self.faults.clear()
        self.log.reset()
        self.latency = latency

    def end(self) -> None:
        """Nobody waits any longer."""
        self.ended.set()
        self.faults.clear()


def plain_trouble(rule: Rule) -> Response:
    """What a `status`, `empty`, `hollow`, `garbled` or `html` fault answers."""
    fault = rule.fault
    if fault.act == "empty":
        return Response(200, b"", "text/html; charset=UTF-8")
    if fault.act == "hollow":
        return Response.of_json({"responseContext": {}})
    if fault.act == "garbled":
        return Response.of_html("<script>var ytInitialPlayerResponse = {new: format}</script>")
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {}
    if fault.location:
        headers["Location"] = fault.location
    status = fault.status if fault.act == "status" else 200
    return Response(
        status,
        b"<!DOCTYPE html><html><body><h1>Sorry</h1></body></html>",
        "text/html; charset=UTF-8",
        headers,
    )


def _break_off(connection: Connection, rule: Rule, answer: Callable[[], Response]) -> None:
    if rule.fault.act == "hang":
        while not rule.ended.is_set() and not connection.is_gone(_GLANCE_SECONDS):
            pass
    elif rule.fault.act == "cut":
        connection.send_half(answer())
        connection.close()
        return
    connection.reset()
