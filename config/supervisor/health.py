"""What the installation says about itself: one question to `/healthz` tells about the web server,
Redis, the worker and the database.
"""

import http.client
import json

from config.supervisor.plan import Health

PATIENCE = 1.5  # seconds; the page itself answers within about one


def ask(health: Health) -> dict[str, str] | None:
    """Part -> "ok" or "down"; None when nobody answers.

    An answer that is no health report leaves only the web server known.
    """
    connection = http.client.HTTPConnection(health.host, health.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz", headers=health.headers)
        response = connection.getresponse()
        body = response.read(10_000)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    try:
        report = json.loads(body)
    except ValueError:
        report = None
    if not isinstance(report, dict):
        return {"web": "ok"}
    return {"web": "ok", **report}
