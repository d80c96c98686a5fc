"""The switch for mails about imports, and the choice of a language, which mails follow."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from importer.notices.services import change_language, subscribe, unsubscribe
from videos.access import Request, signed_in


@signed_in
@require_POST
def set_mail(request: Request) -> HttpResponse:
    """Turn mails about imports on or off (`mail`: "1" or "")."""
    if request.POST.get("mail"):
        subscribe(owner=request.user, language=get_language() or "")
        messages.success(request, _("Mails about imports are on."))
    else:
        unsubscribe(owner=request.user)
        messages.success(request, _("Mails about imports are off."))
    return redirect("settings")


@require_POST
def choose_language(request: HttpRequest) -> HttpResponseBase:
    """Show the pages in another language from now on, and write mails in it."""
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        change_language(owner=request.user, language=language)
    response: HttpResponseBase = set_language(request)
    return response
