"""What the installation says about itself: one question to `/healthz` tells about the web server,
Redis, the worker and the database.
"""

import http.client
import json

from config.supervisor.plan import Health

PATIENCE = 1.5  # seconds; the page itself answers within about one


def ask(health: Health) -> dict[str, str] | None:
    """Part -> "ok" or "down"; None when nobody answers."""
    body = fetch(health)
    if body is None:
        return None
    return {"web": "ok", **report_in(body)}


def fetch(health: Health) -> bytes | None:
    connection = http.client.HTTPConnection(health.host, health.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz", headers=health.headers)
        return connection.getresponse().read(10_000)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def report_in(body: bytes) -> dict[str, str]:
    """{} for an answer that is no health report: then only the web server is known."""
    try:
        report = json.loads(body)
    except ValueError:
        return {}
    if isinstance(report, dict):
        return report
    return {}
