"""An ASGI application whose answer breaks off in the middle of the body."""

from typing import Any


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"first part", "more_body": True})
    raise RuntimeError("The rest cannot be had.")
