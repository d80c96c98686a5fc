"""The page for an error of ours.

It needs neither the database nor the session, which may be what failed.
"""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.csrf import requires_csrf_token

from videos.disk import is_disk_full
from videos.templatetags.library import THEMES


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """Answer in the language and with the theme of the browser's cookies and headers."""
    language = translation.get_language_from_request(request)
    theme = request.COOKIES.get("theme", "")
    if theme not in THEMES:
        theme = ""
    disk_full = is_disk_full()
    context = {"language": language, "theme": theme, "disk_full": disk_full}
    with translation.override(language):
        html = render_to_string("500.html", context)
    if disk_full:
        return HttpResponse(html, status=503)
    return HttpResponse(html, status=500)
