"""REST's errors: `{"detail": …}` or field errors, never a stack trace."""

import logging
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

logger = logging.getLogger(__name__)


class Conflict(APIException):
    """The thing's present state forbids the call."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("Not possible in the present state.")
    default_code = "conflict"


def plain_errors(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's answers for what it knows; anything else is logged in full and answered in one plain sentence."""
    answer = exception_handler(error, context)
    if answer is not None:
        return answer
    if isinstance(error, Http404 | BadRequest):
        return None
    logger.error("REST call failed", exc_info=error)
    return Response({"detail": str(_("That did not work. Try again later."))}, status=status.HTTP_500_INTERNAL_SERVER_ERROR)
