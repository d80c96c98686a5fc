"""Browsers that somebody signed in with before: a signed cookie says for which name.

Wrong passwords that strangers try must not keep the owner of a name out, so such a browser has
counts of its own. The cookie gives nothing else: whoever steals it still needs the password.
"""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from videos.api.requests import digest_of_name

COOKIE = "browser"
SALT = "videos.browsers"
KEPT = 365 * 24 * 3600  # seconds


def browser_of(request: HttpRequest | None, name: str) -> str:
    """Return the browser's own mark when this name signed in with it before, else ""."""
    if request is None:
        return ""
    try:
        kept = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT)
    except signing.BadSignature:
        return ""
    if kept["name"] != digest_of_name(name):
        return ""
    return str(kept["mark"])


def remember_browser(request: HttpRequest, response: HttpResponse, name: str) -> None:
    """Set the cookie after a login; a browser that has it for this name keeps its mark."""
    mark = browser_of(request, name) or secrets.token_hex(16)
    kept = {"name": digest_of_name(name), "mark": mark}
    response.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=SALT),
        max_age=KEPT,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
