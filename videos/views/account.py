"""What a person sets for themselves."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from videos.access import Request, signed_in
from videos.responses import next_url
from videos.templatetags.library import THEMES

THEME_COOKIE = "theme"
A_YEAR = 365 * 24 * 3600


@signed_in
@require_GET
def settings(request: Request) -> HttpResponse:
    return render(request, "account/settings.html")


@require_POST
def set_theme(request: Request) -> HttpResponse:
    """Remember light or dark, or forget both and follow the system."""
    response = redirect(next_url(request) or "list_index")
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie(THEME_COOKIE, theme, max_age=A_YEAR, samesite="Lax", httponly=True)
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response
