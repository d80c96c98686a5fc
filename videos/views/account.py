"""What a person sets for themselves."""

from typing import Any

from django.conf import settings as installation
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from videos import openid
from videos.access import Request, signed_in
from videos.forms import CaptionLanguagesForm, TokenForm
from videos.models import ApiToken, OpenIdIdentity
from videos.preferences import choose_languages, chosen_languages, name_languages
from videos.responses import lead_on
from videos.templatetags.library import THEMES
from videos.tokens import NewToken, TooManyTokensError, create_token

THEME_COOKIE = "theme"
A_YEAR = 365 * 24 * 3600


@signed_in
@require_GET
def settings(request: Request) -> HttpResponse:
    return _settings(request)


def _settings(
    request: Request,
    *,
    captions: CaptionLanguagesForm | None = None,
    new_token: TokenForm | None = None,
    created: NewToken | None = None,
) -> HttpResponse:
    """The page; a form that is given has a mistake in it. `created` is shown this once."""
    chosen = name_languages(chosen_languages(request.user))
    context: dict[str, Any] = {
        "tokens": ApiToken.objects.filter(owner=request.user),
        "created": created,
        "new_token": new_token or TokenForm(),
        "captions": captions or CaptionLanguagesForm(initial={"languages": chosen}),
        "usual_languages": name_languages(installation.CAPTION_LANGUAGES),
    }
    if openid.is_on():
        context["provider"] = installation.OIDC_NAME
        context["is_connected"] = OpenIdIdentity.objects.filter(user=request.user).exists()
    status = 200
    if captions or new_token:
        status = 422
    return render(request, "account/settings.html", context, status=status)


@signed_in
@require_POST
def set_caption_languages(request: Request) -> HttpResponse:
    """In which languages captions are fetched for this person's videos; empty leaves it to the
    installation.
    """
    form = CaptionLanguagesForm(request.POST)
    if not form.is_valid():
        return _settings(request, captions=form)
    choose_languages(user=request.user, codes=form.cleaned_data["languages"])
    messages.success(request, _("Caption languages saved."))
    return redirect("settings")


@signed_in
@never_cache
@require_POST
def token_create(request: Request) -> HttpResponse:
    """Make a token and show it, this once: nobody can read it anywhere afterwards."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _settings(request, new_token=form)
    try:
        created = create_token(
            owner=request.user, name=form.cleaned_data["name"], days=form.cleaned_data["days"]
        )
    except TooManyTokensError:
        form.add_error("name", _("These are too many tokens. Remove one you no longer need."))
        return _settings(request, new_token=form)
    return _settings(request, created=created)


@signed_in
@require_POST
def token_remove(request: Request, token_id: int) -> HttpResponse:
    """End a token at once."""
    token = get_object_or_404(ApiToken, owner=request.user, pk=token_id)
    token.delete()
    messages.success(request, _("Token “%(name)s” no longer works.") % {"name": token.name})
    return redirect("settings")


@require_POST
def set_theme(request: Request) -> HttpResponse:
    """Remember light or dark, or forget both and follow the system."""
    response = lead_on(request, "list_index")
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie(THEME_COOKIE, theme, max_age=A_YEAR, samesite="Lax", httponly=True)
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response
