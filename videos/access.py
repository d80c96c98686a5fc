"""Who may see what.

Anything that does not hang on a list of the user's does not exist for them: 404, never 403.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from videos import openid
from videos.api.requests import PerCaller
from videos.models import Video, VideoList

MOST_KEPT = 512 * 1024  # characters of a text that a login carries along, about 10,000 addresses
KEPT = "kept_text"  # where the session has it after the login

P = ParamSpec("P")
User = AbstractBaseUser | AnonymousUser


class Request(HttpRequest):
    """A request as the views see it, after the middleware."""

    htmx: HtmxDetails
    user: Any


Answer = TypeVar("Answer", bound=HttpResponseBase)


def signed_in(
    view: Callable[Concatenate[Request, P], Answer],
) -> Callable[Concatenate[Request, P], Answer | HttpResponse]:
    """Let only signed-in users in.

    A fragment asked for after the session ended leads the whole page to the login, not a part of
    it.
    """

    @wraps(view)
    def checked(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Answer | HttpResponse:
        if not request.user.is_authenticated:
            return ask_to_sign_in(request)
        rate = PerCaller()
        if not rate.take_of_user(request.user.pk):
            return too_many_requests(rate.wait())
        return view(request, *args, **kwargs)

    return checked


def ask_to_sign_in(request: Request) -> HttpResponse:
    """Lead to the login, and from there back to what was asked for, where that is possible."""
    if request.htmx:
        login = redirect_to_login(request.htmx.current_url_abs_path or "/")
        return HttpResponseClientRedirect(login.url)
    if request.method == "POST" and request.POST.get("text"):
        return login_keeping(request)
    if request.method == "GET":
        return redirect_to_login(request.get_full_path())
    return redirect_to_login("/")


def too_many_requests(wait: float) -> HttpResponse:
    """429: pages and REST count together, so that a script has no other way round."""
    response = HttpResponse(
        _("Too many requests. Please try again in a minute."), content_type="text/plain", status=429
    )
    response["Retry-After"] = str(int(wait) + 1)
    return response


def login_keeping(request: Request) -> HttpResponse:
    """The login, which carries along what was sent to an address whose own page takes it up again:
    nothing typed is lost.
    """
    context = {
        "form": AuthenticationForm(request),
        "next": request.path,
        "kept": request.POST["text"][:MOST_KEPT],
        "provider": openid.shown_name(),
    }
    return render(request, "registration/login.html", context)


def list_of(user: Any, list_id: int) -> VideoList:
    """One query; 404 for a list of somebody else."""
    return get_object_or_404(VideoList.objects.owned_by(user), pk=list_id)


def video_of(user: Any, video_id: int) -> Video:
    """One query; 404 for a video in none of the user's lists."""
    return get_object_or_404(Video.objects.visible_to(user), pk=video_id)
