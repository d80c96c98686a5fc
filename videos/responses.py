"""How an action answers: a page without JavaScript is led on, a page with it is told what changed
and asks for the parts it shows.

A view with both chooses its template by `page_or_fragment`.
"""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import trigger_client_event

from videos.access import Request


def done(request: Request, to: Any, **events: Any) -> HttpResponse:
    """204 with the events (underscores become dashes) for HTMX, else a redirect: to `next` when the
    form named one, to `to` otherwise.
    """
    if not request.htmx:
        return lead_on(request, to)
    response = HttpResponse(status=204)
    for name, detail in events.items():
        trigger_client_event(response, name.replace("_", "-"), detail)
    return response


def lead_on(request: Request, to: Any, *args: Any) -> HttpResponseRedirect:
    """Redirect to `next` when the form named one, else to `to` as `redirect` would.

    Never `redirect(next_url(…))`: it takes a word without a slash for the name of a view.
    """
    return HttpResponseRedirect(next_url(request) or resolve_url(to, *args))


def page_or_fragment(request: Request, *, page: str, fragment: str) -> str:
    """The template to answer with: HTMX takes the fragment, everybody else a whole page."""
    if request.htmx:
        return fragment
    return page


def next_url(request: Request) -> str:
    """The address a form asks to be led to, or "" when it is none of ours."""
    url = request.POST.get("next", "")
    return url if url_has_allowed_host_and_scheme(url, {request.get_host()}) else ""
