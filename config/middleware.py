"""Tell `config.callers` which sessions and tokens turned out to be real."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from config.callers import COOKIE, callers, hint_for
from videos.models import ApiToken

Handler = Callable[[HttpRequest], Any]


@sync_and_async_middleware
def known_callers(get_response: Handler) -> Handler:
    """A middleware after the one that knows the user. Asks nothing of the database itself."""
    if iscoroutinefunction(get_response):

        async def later(request: HttpRequest) -> HttpResponseBase:
            answer = cast(Awaitable[HttpResponse], get_response(request))
            response = await answer
            learn_from(request, response)
            return response

        return later

    def at_once(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponse = get_response(request)
        learn_from(request, response)
        return response

    return at_once


def learn_from(request: HttpRequest, response: HttpResponse) -> None:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    auth = getattr(request, "auth", None)
    if isinstance(auth, ApiToken):
        callers.learn(token.strip(), auth.owner_id)
        return
    if scheme.lower() == "token" and response.status_code == 401:
        callers.forget(token.strip())
    if is_user_known(request):
        learn_session(request, response)


def is_user_known(request: HttpRequest) -> bool:
    """Return whether the view looked who it is, or just signed somebody in.

    Until then `request.user` stands for a query, which even `isinstance` would make.
    """
    user = request.__dict__.get("user")
    return hasattr(request, "_cached_user") or issubclass(type(user), AbstractBaseUser)


def learn_session(request: HttpRequest, response: HttpResponse) -> None:
    user = request.user
    session = request.session.session_key
    came_with = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if came_with and came_with != session:
        callers.forget(came_with)
    if not user.is_authenticated or not session:
        if came_with:
            callers.forget(came_with)
        if COOKIE in request.COOKIES:
            response.delete_cookie(COOKIE, samesite="Lax")
        return
    callers.learn(session, user.pk)
    hint = hint_for(session, user.pk)
    if request.COOKIES.get(COOKIE) != hint:
        set_hint(response, hint)


def set_hint(response: HttpResponse, hint: str) -> None:
    response.set_cookie(
        COOKIE,
        hint,
        max_age=settings.SESSION_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
