"""An ASGI application whose answer breaks off in the middle of the body, which hears frames without
a limit. At `/answers` it sends a large one for each that it hears, at `/much` without a limit.
"""

import asyncio
from typing import Any

PART = "x" * 16_000  # characters of one frame
MOST_PARTS = 6_000  # frames sent to a client that nobody cuts off
cut: list[int] = []  # after how many frames of many a socket ended


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        if scope["path"] == "/much":
            await send_much(asyncio.ensure_future(receive_end(receive)), send)
        elif scope["path"] == "/answers":
            await answer(receive, send)
        else:
            await receive_end(receive)
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/cut":
        await send({"type": "http.response.body", "body": b"%d cut" % len(cut)})
        return
    await send({"type": "http.response.body", "body": b"first part", "more_body": True})
    raise RuntimeError("The rest cannot be had.")


async def receive_end(receive: Any) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def answer(receive: Any, send: Any) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        await send({"type": "websocket.send", "text": PART})


async def send_much(ending: asyncio.Future[None], send: Any) -> None:
    for number in range(MOST_PARTS):
        await send({"type": "websocket.send", "text": PART})
        await asyncio.sleep(0)
        if ending.done():
            cut.append(number)
            return
    await ending
