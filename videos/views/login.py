"""The login: as Django has it, but passwords cannot be guessed at any speed."""

from typing import Any

from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy

from videos import openid, two_factor
from videos.api.requests import (
    PasswordsForName,
    PasswordsFromAddress,
    PasswordsFromBrowser,
    WrongPasswords,
    digest_of_name,
)
from videos.browsers import browser_of, remember_browser
from videos.views.two_factor import ask_for_code, tried_too_often

THROTTLED = "throttled"


class LoginForm(AuthenticationForm):
    """Counts before it looks, so that tries at the same moment are counted too; one that succeeds
    is given back.
    """

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": gettext_lazy("Username or password is wrong."),
    }
    wait = 0.0  # seconds until the next try, when this one was refused

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username")
        if not name or not self.cleaned_data.get("password"):
            return super().clean()  # nothing was tried
        taken = self._take(name)
        cleaned = super().clean()
        for count in taken:
            count.give_back()
        return cleaned

    def _take(self, name: str) -> list[WrongPasswords]:
        """Count the try where it counts; ValidationError when it has to wait."""
        taken = []
        for count, ident in self._counts_of(name):
            if not count.take_for(ident):
                raise self._refused(count.wait())
            taken.append(count)
        return taken

    def _counts_of(self, name: str) -> list[tuple[WrongPasswords, str]]:
        """What a try with this name counts in, each with the key to count under.

        A browser that this name signed in with before counts by itself, so that what strangers try
        keeps nobody out.
        """
        browser = browser_of(self.request, name)
        if browser:
            return [(PasswordsFromBrowser(), browser)]
        address = ""
        if self.request:
            address = str(self.request.META.get("REMOTE_ADDR", ""))
        return [
            (PasswordsFromAddress(), address),
            (PasswordsForName(), digest_of_name(name)),
        ]

    def _refused(self, wait: float) -> ValidationError:
        self.wait = wait
        return ValidationError(tried_too_often(wait), code=THROTTLED)


class LoginView(views.LoginView):
    form_class = LoginForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(provider=openid.shown_name(), **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        if two_factor.is_on(user):
            return ask_for_code(
                self.request, user, next_page=self.get_success_url(), backend=user.backend
            )
        response = super().form_valid(form)
        remember_browser(self.request, response, form.cleaned_data["username"])
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, THROTTLED):
            response.status_code = 429
            response["Retry-After"] = str(int(form.wait) + 1)
        return response


class AdminLoginView(LoginView):
    """The login of the administration.

    Somebody who is signed in and has no rights there is told so.
    """

    next_page = "admin:index"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user: Any = request.user
        if user.is_authenticated and not user.is_staff:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)
