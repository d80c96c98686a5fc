"""Tokens with which a person's programs use REST.

Only a token's digest is kept, so it can be shown once, when it is made. A digest without salt is
enough: a token is random and too long to be guessed.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from videos.models import ApiToken

MARK = "sw_"  # what a token begins with, so that it is recognised where it should not be
SHOWN = 7  # characters of it that are kept, to tell one from another
MOST_TOKENS = 50  # of one person
LOGIN_NAME = "POST /api/token"  # of those that a program got for a password
LOGIN_DAYS = 365  # how long such a one is good for


class TooManyTokensError(Exception):
    """The person has MOST_TOKENS already."""


@dataclass(frozen=True)
class NewToken:
    """A token just made, and its text, which nobody can be shown again."""

    row: ApiToken
    text: str


def digest_of(text: str) -> str:
    """Return the SHA-256 of a token, as the database has it."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


@transaction.atomic
def create_token(*, owner: Any, name: str, days: int | None) -> NewToken:
    """Make a token. `days` is how long it is good for; None is for ever.

    TooManyTokensError when there are MOST_TOKENS. Two requests at once may make one more.
    """
    if ApiToken.objects.filter(owner=owner).count() >= MOST_TOKENS:
        raise TooManyTokensError
    return _create(owner, name, days)


@transaction.atomic
def create_token_for_login(*, owner: Any) -> NewToken:
    """Make a token for a program that sent a password.

    Scripts that ask anew with each run must not be shut out by their own tokens: those asked for
    longest ago end instead.
    """
    mine = ApiToken.objects.filter(owner=owner)
    spare = mine.count() - MOST_TOKENS + 1
    if spare > 0:
        oldest = mine.filter(name=LOGIN_NAME).order_by("pk").values_list("pk", flat=True)[:spare]
        ApiToken.objects.filter(pk__in=list(oldest)).delete()
    return _create(owner, LOGIN_NAME, LOGIN_DAYS)


def _create(owner: Any, name: str, days: int | None) -> NewToken:
    text = MARK + secrets.token_urlsafe(32)
    expires_at = None
    if days is not None:
        expires_at = timezone.now() + timedelta(days=days)
    row = ApiToken.objects.create(
        owner=owner,
        name=name,
        digest=digest_of(text),
        begins_with=text[:SHOWN],
        expires_at=expires_at,
    )
    return NewToken(row, text)


def find_token(text: str) -> ApiToken | None:
    """Return the token with its owner, or None when there is none or its time is over. One query,
    and once a day one more that notes its use.
    """
    row = ApiToken.objects.valid().filter(digest=digest_of(text)).select_related("owner").first()
    if row is not None:
        _note_use(row)
    return row


def _note_use(row: ApiToken) -> None:
    today = timezone.localdate()
    if row.used_on != today:
        row.used_on = today
        row.save(update_fields=["used_on"])
