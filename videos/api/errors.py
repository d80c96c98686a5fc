"""REST's errors: `{"detail": …}` or field errors, never a stack trace."""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from videos.disk import is_disk_full, is_full_disk_error
from videos.text import storable

logger = logging.getLogger(__name__)


class ErrorSerializer(serializers.Serializer[Any]):
    detail = serializers.CharField(help_text="one plain sentence")


FORBIDDEN_BY_STATE = OpenApiResponse(ErrorSerializer, "The thing's present state forbids it.")


class Conflict(APIException):
    """The thing's present state forbids the call."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = gettext_lazy("Not possible in the present state.")
    default_code = "conflict"


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = gettext_lazy("That is too much at once.")
    default_code = "too_large"


def plain_errors(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's answers for what it knows; anything else is logged in full and answered in one plain
    sentence.
    """
    if isinstance(error, RequestDataTooBig):
        error = TooLarge()
    answer = exception_handler(error, context)
    if answer is not None:
        answer.data = _sendable(answer.data)
        return answer
    if isinstance(error, SuspiciousOperation):
        return Response(
            {"detail": _("This request cannot be understood.")}, status=status.HTTP_400_BAD_REQUEST
        )
    logger.error("REST call failed", exc_info=error)
    return _failure(error)


def _failure(error: Exception) -> Response:
    if is_full_disk_error(error) or is_disk_full():
        return Response(
            {"detail": _("The disk is full. Nothing was saved.")},
            status=status.HTTP_503_SERVICE_UNAVAILABLE,
        )
    away = isinstance(error, OperationalError)
    code = status.HTTP_503_SERVICE_UNAVAILABLE if away else status.HTTP_500_INTERNAL_SERVER_ERROR
    return Response({"detail": _("That did not work. Try again later.")}, status=code)


def _sendable(errors: Any) -> Any:
    """Without what an answer cannot hold: texts may repeat lone surrogates that were sent."""
    if isinstance(errors, str):
        return storable(errors)
    if isinstance(errors, dict):
        return {field: _sendable(texts) for field, texts in errors.items()}
    if isinstance(errors, list):
        return list(map(_sendable, errors))
    return errors


@csrf_exempt  # there is nothing to protect, and its refusal would be a page
def not_found(request: HttpRequest, **rest: str) -> JsonResponse:
    """For an address under /api/ that leads nowhere."""
    return JsonResponse({"detail": _("Not found.")}, status=status.HTTP_404_NOT_FOUND)
