"""What the management commands of people share: whose library it is, and how misuse ends."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

MISUSE = 2


def misuse(said: str) -> CommandError:
    """The error for a call that started nothing."""
    return CommandError(said, returncode=MISUSE)


def find_user(name: str | None) -> Any:
    """Return the active user of this name, or the first administrator. Misuse without one."""
    users = get_user_model().objects.filter(is_active=True)
    if name:
        return _user_called(name, users)
    user = users.filter(is_superuser=True).order_by("pk").first()
    if user is None:
        raise misuse(_("There is no administrator yet: name a user with --user."))
    return user


def _user_called(name: str, users: Any) -> Any:
    user = users.filter(username=name).first()
    if user is None:
        raise misuse(_("There is no user of that name."))
    return user
