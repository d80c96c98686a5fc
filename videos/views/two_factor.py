"""Two-factor sign-in: the page that asks for the code, and the settings."""

from __future__ import annotations

from math import ceil
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from videos import two_factor
from videos.access import KEPT, MOST_KEPT, Request, signed_in
from videos.browsers import remember_browser
from videos.forms import form_status

PENDING = "second_factor"  # in the session: who gave the right password, and until when it counts
PATIENCE = 600.0  # seconds between the password and the code
KEY = "two_factor_key"  # in the session: the key that the settings showed


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=32,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True}
        ),
    )

    def refuse(self, wait: float) -> None:
        """Say that the code is wrong, or when the next one may be tried."""
        if wait <= 1.0:
            self.add_error("code", _("This code is wrong."))
            return
        self.add_error("code", tried_too_often(wait))


def tried_too_often(wait: float) -> str:
    """Tell in how many minutes to try again. `wait` is in seconds."""
    minutes = max(1, ceil(wait / 60))
    text = ngettext(
        "That was tried too often. Please try again in %(minutes)s minute.",
        "That was tried too often. Please try again in %(minutes)s minutes.",
        minutes,
    )
    return text % {"minutes": minutes}


def ask_for_code(request: HttpRequest, user: Any, *, next_page: str, backend: str) -> HttpResponse:
    """Remember whose password was right, and lead to the page that asks for the code."""
    if text := request.POST.get("kept"):
        request.session[KEPT] = text[:MOST_KEPT]
    request.session[PENDING] = {
        "user": user.pk,
        "backend": backend,
        "next": next_page,
        "until": timezone.now().timestamp() + PATIENCE,
    }
    return redirect("login_code")


@never_cache
def login_code(request: HttpRequest) -> HttpResponse:
    """Ask for the code of somebody who gave the right password, and sign in."""
    pending = request.session.get(PENDING)
    if not pending or pending["until"] < timezone.now().timestamp():
        request.session.pop(PENDING, None)
        return redirect("login")
    user: Any = get_user_model()._default_manager.filter(pk=pending["user"], is_active=True).first()
    if user is None:
        return redirect("login")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        wait = two_factor.check_code(user, form.cleaned_data["code"])
        if not wait:
            return _sign_in(request, user, pending)
        form.refuse(wait)
    context = {"form": form}
    return render(request, "registration/login_code.html", context, status=form_status(form))


def _sign_in(request: HttpRequest, user: Any, pending: dict[str, Any]) -> HttpResponse:
    del request.session[PENDING]
    login(request, user, backend=pending["backend"])
    response = HttpResponseRedirect(pending["next"])
    remember_browser(request, response, user.get_username())
    return response


@signed_in
@never_cache
def settings_two_factor(request: Request) -> HttpResponse:
    """Show whether it is on; where it is off, the key for an app, and turn it on with its code."""
    if two_factor.is_on(request.user):
        return _page(request, {"is_on": True, "form": CodeForm()})
    form = CodeForm(request.POST or None)
    key = request.session.get(KEY)
    if request.method == "POST" and key and form.is_valid():
        codes = two_factor.turn_on(request.user, key, form.cleaned_data["code"])
        if codes:
            del request.session[KEY]
            return _page(request, {"is_on": True, "form": CodeForm(), "codes": codes})
        form.refuse(0.0)
    if not key:
        key = two_factor.new_key()
        request.session[KEY] = key
    key_for_app = two_factor.key_for_app(request.user, key)
    return _page(request, {"is_on": False, "form": form, "key": key_for_app})


@signed_in
@never_cache
@require_POST
def settings_recovery_codes(request: Request) -> HttpResponse:
    """Make new recovery codes; those of before count no longer."""
    form = CodeForm(request.POST)
    if not _is_confirmed(request, form):
        return _page(request, {"is_on": two_factor.is_on(request.user), "form": form})
    codes = two_factor.new_recovery_codes(request.user)
    return _page(request, {"is_on": True, "form": CodeForm(), "codes": codes})


@signed_in
@require_POST
def settings_two_factor_off(request: Request) -> HttpResponse:
    form = CodeForm(request.POST)
    if not _is_confirmed(request, form):
        return _page(request, {"is_on": two_factor.is_on(request.user), "form": form})
    two_factor.turn_off(request.user)
    messages.success(request, _("Two-factor sign-in is off."))
    return redirect("settings")


def _is_confirmed(request: Request, form: CodeForm) -> bool:
    if not two_factor.is_on(request.user):
        form.add_error(None, _("Two-factor sign-in is off."))
        return False
    if not form.is_valid():
        return False
    wait = two_factor.check_code(request.user, form.cleaned_data["code"])
    if wait:
        form.refuse(wait)
    return not wait


def _page(request: Request, context: dict[str, Any]) -> HttpResponse:
    left = two_factor.recovery_codes_left(request.user)
    status = form_status(context["form"])
    return render(
        request, "account/two_factor.html", {"codes_left": left, **context}, status=status
    )
