"""`Authorization: Token …`"""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed

from videos.tokens import find_token


class TokenAuthentication(authentication.TokenAuthentication):
    """REST framework's own, but the database has digests alone."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        token = find_token(key)
        if token is None or not token.owner.is_active:
            raise AuthenticationFailed(_("This token is not valid, or no longer."))
        return token.owner, token
