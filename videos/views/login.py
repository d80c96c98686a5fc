"""The login: as Django has it, but passwords cannot be guessed at any speed."""

from typing import Any

from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy, ngettext

from videos.api.requests import PasswordsForName, PasswordsFromAddress

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
        address, by_name = PasswordsFromAddress(), PasswordsForName()
        if not address.take_from(
            str(self.request.META.get("REMOTE_ADDR", "")) if self.request else ""
        ):
            raise self._refused(address.wait())
        if not by_name.take_for(name):
            by_name.give_back()  # what is refused here does not shut the name's owner out of REST
            raise self._refused(by_name.wait())
        cleaned = super().clean()
        address.give_back()
        by_name.give_back()
        return cleaned

    def _refused(self, wait: float) -> ValidationError:
        self.wait = wait
        minutes = max(1, round(wait / 60))
        message = ngettext(
            "That was tried too often. Please try again in %(minutes)s minute.",
            "That was tried too often. Please try again in %(minutes)s minutes.",
            minutes,
        )
        return ValidationError(message % {"minutes": minutes}, code=THROTTLED)


class LoginView(views.LoginView):
    form_class = LoginForm

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
