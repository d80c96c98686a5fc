"""A request that may be sent twice: the second time it is answered as the first time, and does
nothing.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from importer.imports.models import IdempotencyKey

KEPT = timedelta(hours=24)


class KeyReused(Exception):
    """The key stands for another request."""


@dataclass(frozen=True)
class Answer:
    """What a caller is told: an HTTP status and a body that JSON can hold."""

    status: int
    body: Any
    again: bool = False


@transaction.atomic
def answer_once(*, owner: Any, key: str, request: str, work: Callable[[], Answer]) -> Answer:
    """Return the answer of `work`; for a key this owner used within 24 hours the answer of then,
    and nothing is done.

    The work and its answer are committed together, so an answer is remembered exactly when its work
    is done; an exception leaves neither. Of two at once the second waits for the first. Raises
    KeyReused when `request` is not what the key stood for.
    """
    IdempotencyKey.objects.filter(owner=owner, created_at__lt=timezone.now() - KEPT).delete()
    digest = hashlib.sha256(request.encode("utf-8", "surrogatepass")).hexdigest()
    kept, is_first = IdempotencyKey.objects.get_or_create(
        owner=owner, key=key, defaults={"request": digest}
    )
    if kept.request != digest:
        raise KeyReused
    if not is_first:
        return Answer(kept.status, json.loads(kept.answer), again=True)
    answer = work()
    _keep(answer, kept)
    return answer


def _keep(answer: Answer, key: IdempotencyKey) -> None:
    key.status = answer.status
    key.answer = json.dumps(answer.body, cls=DjangoJSONEncoder)
    key.save(update_fields=["status", "answer"])
