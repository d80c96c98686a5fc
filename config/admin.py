"""The administration as Django makes it, but for addresses and forms that nothing in it sends."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import BadRequest, FieldDoesNotExist
from django.db import DataError
from django.http import HttpRequest, HttpResponseBase

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

# What Django and the databases say of a field that is not there, a year that is none, a number that
# is too large.
UNREADABLE = (FieldDoesNotExist, ValueError, OverflowError, DataError)


class Site(AdminSite):
    """The pages of the administration."""

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Answer 400 to an address or a form that cannot be read, instead of failing.

        The administration changes rows in one transaction, so nothing of the form was written.
        """

        @wraps(view)
        def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return view(request, *args, **kwargs)
            except UNREADABLE as error:
                raise BadRequest("This address or form cannot be read.") from error

        return super().admin_view(cast(View, answering), cacheable)


class SiteConfig(AdminConfig):
    """The app of the administration, with our site."""

    default_site = "config.admin.Site"
