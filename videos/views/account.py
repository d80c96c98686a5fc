"""What a person sets for themselves."""

from django.conf import settings as installation
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from rest_framework.authtoken.models import Token

from videos.access import Request, signed_in
from videos.forms import CaptionLanguagesForm
from videos.preferences import choose_languages, chosen_languages
from videos.responses import next_url
from videos.templatetags.library import THEMES

THEME_COOKIE = "theme"
A_YEAR = 365 * 24 * 3600


@signed_in
@require_GET
def settings(request: Request) -> HttpResponse:
    return _settings(
        request,
        CaptionLanguagesForm(initial={"languages": ", ".join(chosen_languages(request.user))}),
    )


def _settings(request: Request, form: CaptionLanguagesForm) -> HttpResponse:
    context = {
        "token": Token.objects.filter(user=request.user).first(),
        "captions": form,
        "usual_languages": ", ".join(installation.CAPTION_LANGUAGES),
    }
    return render(request, "account/settings.html", context, status=422 if form.is_bound else 200)


@signed_in
@require_POST
def set_caption_languages(request: Request) -> HttpResponse:
    """In which languages captions are fetched for this person's videos; empty leaves it to the
    installation.
    """
    form = CaptionLanguagesForm(request.POST)
    if not form.is_valid():
        return _settings(request, form)
    choose_languages(user=request.user, codes=form.cleaned_data["languages"])
    messages.success(request, _("Caption languages saved."))
    return redirect("settings")


@signed_in
@require_POST
def renew_token(request: Request) -> HttpResponse:
    """A new token for the REST interface; the one before ends at once."""
    with transaction.atomic():
        replaced, _rows = Token.objects.filter(user=request.user).delete()
        Token.objects.create(user=request.user)
    if replaced:
        messages.success(request, _("There is a new token. The old one no longer works."))
    else:
        messages.success(request, _("Here is your token."))
    return redirect("settings")


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
