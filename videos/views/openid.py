"""Sign-in by OpenID Connect: to the provider, back from it, and the settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.forms import AuthenticationForm
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from videos import openid, two_factor
from videos.access import KEPT, MOST_KEPT, Request, signed_in, too_many_requests
from videos.browsers import remember_browser
from videos.models import OpenIdIdentity
from videos.views.two_factor import ask_for_code

BACKEND = f"{ModelBackend.__module__}.{ModelBackend.__qualname__}"
NEXT = "openid_next"  # in the session: where the sign-in leads
CONNECT = "openid_connect"  # in the session: until when who comes back is connected, not signed in
PATIENCE = 600.0  # seconds


@require_http_methods(["GET", "POST"])
@never_cache
def openid_begin(request: Request) -> HttpResponse:
    """Lead to the provider.

    A form brings what was typed before signing in. The page that answers it has a link to the
    provider, since a form may lead to our own pages only.
    """
    if not openid.is_on():
        raise Http404
    begun = openid.SignInsBegun()
    if not begun.take_for_address(str(request.META.get("REMOTE_ADDR", ""))):
        return too_many_requests(begun.wait())
    if request.method == "POST":
        return _keep_text(request)
    request.session[NEXT] = _wanted_page(request)
    try:
        return openid.begin_sign_in(request, request.build_absolute_uri(reverse("openid_back")))
    except openid.SignInFailed as problem:
        return _refused(request, problem.text, status=502)


def _wanted_page(request: Request) -> str:
    """Return where to go after the sign-in; "" for a page of another host."""
    wanted = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
        return wanted
    return ""


def _keep_text(request: Request) -> HttpResponse:
    """Keep the text in the session, where the import dialog finds it after the sign-in."""
    request.session[KEPT] = request.POST.get("kept", "")[:MOST_KEPT]
    context = {"next": request.POST.get("next", ""), "provider": settings.OIDC_NAME}
    return render(request, "registration/openid.html", context)


@require_GET
@never_cache
def openid_back(request: Request) -> HttpResponse:
    """Take who comes back from the provider: sign them in, or connect them."""
    if not openid.is_on():
        raise Http404
    connects = _takes_connection(request)
    try:
        person = openid.finish_sign_in(request)
        if connects:
            return _connect(request, person)
        return _sign_in(request, _user_for(person))
    except openid.SignInFailed as problem:
        return _refused(request, problem.text, status=403)


def _takes_connection(request: Request) -> bool:
    """Whether the settings asked for it just now. That counts once."""
    until = request.session.pop(CONNECT, 0.0)
    return bool(request.user.is_authenticated and until > timezone.now().timestamp())


def _user_for(person: openid.Person) -> Any:
    """Return the user; SignInFailed when there is none for this person, or none any more."""
    user = openid.user_of(person)
    if user is None and settings.OIDC_CREATE_USERS:
        user = openid.create_user(person)
    if user is None:
        text = _(
            "Nobody here is connected with this account at %(provider)s. "
            "Log in with your password, then connect it in the settings."
        )
        raise openid.SignInFailed(text % {"provider": settings.OIDC_NAME})
    if not user.is_active:
        raise openid.SignInFailed(_("Your account here is closed."))
    return user


def _sign_in(request: Request, user: Any) -> HttpResponse:
    next_page = request.session.pop(NEXT, "") or resolve_url(settings.LOGIN_REDIRECT_URL)
    if two_factor.is_on(user):
        return ask_for_code(request, user, next_page=next_page, backend=BACKEND)
    login(request, user, backend=BACKEND)
    response = HttpResponseRedirect(next_page)
    remember_browser(request, response, user.get_username())
    return response


def _connect(request: Request, person: openid.Person) -> HttpResponse:
    names = {"provider": settings.OIDC_NAME}
    if openid.connect_user(request.user, person):
        messages.success(request, _("You can log in with %(provider)s from now on.") % names)
    else:
        text = _("This account at %(provider)s is connected with somebody else here.")
        messages.error(request, text % names)
    return redirect("settings")


def _refused(request: Request, text: str, *, status: int) -> HttpResponse:
    """Say why: on the login, or in the settings of somebody who is signed in."""
    if request.user.is_authenticated:
        messages.error(request, text)
        return redirect("settings")
    context = {
        "form": AuthenticationForm(request),
        "next": request.session.get(NEXT, ""),
        "problem": text,
        "provider": settings.OIDC_NAME,
    }
    return render(request, "registration/login.html", context, status=status)


@signed_in
@require_POST
def openid_connect(request: Request) -> HttpResponse:
    """Let who comes back from the provider within ten minutes be connected with this user.

    The page that follows has a link to the provider: a form may lead to our own pages only.
    """
    if not openid.is_on():
        raise Http404
    request.session[CONNECT] = timezone.now().timestamp() + PATIENCE
    return render(request, "account/openid.html", {"provider": settings.OIDC_NAME})


@signed_in
@require_POST
def openid_disconnect(request: Request) -> HttpResponse:
    """End the connection, unless it is the user's only way in."""
    if not request.user.has_usable_password():
        text = _("You have no password here, so this is your only way in.")
        messages.error(request, text)
        return redirect("settings")
    OpenIdIdentity.objects.filter(user=request.user).delete()
    messages.success(request, _("The connection is removed."))
    return redirect("settings")
