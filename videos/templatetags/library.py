"""Small words of the templates: icons, times, the lists of the side bar."""

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template.context import RequestContext
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from videos.models import Video
from videos.queries import ListSummary, list_summaries
from videos.text import one_of
from videos.titles import title_of

register = template.Library()

THEMES = {"light", "dark"}


@register.simple_tag
def icon(name: str) -> SafeString:
    """One drawing of the sprite; it says nothing to a screen reader, the text beside it does."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag(takes_context=True)
def lists(context: RequestContext) -> list[ListSummary]:
    """The user's lists with their counts; one query per request however often a page shows them."""
    request: HttpRequest = context["request"]
    if not hasattr(request, "_list_summaries"):
        request._list_summaries = list_summaries(request.user)  # type: ignore[attr-defined]
    summaries: list[ListSummary] = request._list_summaries  # type: ignore[attr-defined]
    return summaries


@register.simple_tag(takes_context=True)
def theme(context: RequestContext) -> str:
    """The chosen theme, or "" to follow the system."""
    return one_of(THEMES, context["request"].COOKIES.get("theme", ""))


@register.simple_tag
def is_demo() -> bool:
    """Whether this is `make demo`, where a program plays YouTube."""
    demo: bool = settings.DEMO
    return demo


@register.simple_tag
def keeps_thumbnails() -> bool:
    """Whether pictures are shown from here, and no browser asks Google for them."""
    keeps: bool = settings.KEEP_THUMBNAILS
    return keeps


@register.filter
def shown_title(video: Video) -> str:
    """What people read: the title, or what is known of a video without one."""
    return title_of(video)


@register.filter
def rest(percent: int) -> int:
    """What is missing of 100: the part of a ring that is not drawn."""
    return 100 - percent


@register.filter
def clock(seconds: float | None) -> str:
    """75 -> 1:15, 3750 -> 1:02:30; "" for None."""
    if seconds is None:
        return ""
    minutes, second = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{second:02}"
    return f"{minutes}:{second:02}"


@register.filter
def about(seconds: float | None) -> str:
    """A length of time in words to plan by: 40 -> 1 min, 3900 -> 1 h 5 min; "" for None."""
    if seconds is None:
        return ""
    minutes = max(1, round(seconds / 60))
    hours, minutes = divmod(minutes, 60)
    if hours >= 10 or (hours and not minutes):
        return _("%(hours)d h") % {"hours": hours + (minutes >= 30)}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)d min") % {"minutes": minutes}


@register.simple_tag(takes_context=True)
def facet_link(context: RequestContext, name: str, value: str | None) -> str:
    """The query of this page with one filter set, or dropped (None), from the top."""
    query = context["request"].GET.copy()
    for old in (name, "before", "view"):
        query.pop(old, None)
    if value is not None:
        query[name] = value
    return f"?{query.urlencode()}" if query else ""


@register.simple_tag(takes_context=True)
def narrowed(context: RequestContext, name: str) -> str:
    """The query of this page without one filter."""
    return facet_link(context, name, None)


@register.filter
def words(text: str) -> list[str]:
    return text.split()
