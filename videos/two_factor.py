"""Two-factor sign-in: besides the password a code that an app makes anew every 30 seconds (TOTP).

A person turns it on in the settings; whoever loses the phone has recovery codes, each good once.
"""

from __future__ import annotations

import secrets
from base64 import b32encode
from dataclasses import dataclass
from typing import Any

import segno
from django.db import transaction
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from videos.api.requests import WrongPasswords

NAME = "app"
RECOVERY_CODES = 10
KEY_BYTES = 20
LONGEST_CODE = 16
TOLERANCE = 1  # steps of 30 s that a phone's clock may be wrong


class WrongCodes(WrongPasswords):
    """10 wrong codes of one person an hour; then the next ones have to wait."""

    scope = "second_factor"
    rate = "10/hour"


@dataclass(frozen=True)
class NewKey:
    """The key for an app: as an address, as a picture of it, and to be typed."""

    address: str
    picture: str  # a data: address of an SVG
    text: str


def is_on(user: Any) -> bool:
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def new_key() -> str:
    """Return a random key in hexadecimal digits."""
    return secrets.token_hex(KEY_BYTES)


def key_for_app(user: Any, key: str) -> NewKey:
    device = TOTPDevice(user=user, key=key)
    picture = segno.make(device.config_url).svg_data_uri(scale=5, border=2, light="#fff")
    text = b32encode(bytes.fromhex(key)).decode()
    return NewKey(device.config_url, picture, text)


@transaction.atomic
def turn_on(user: Any, key: str, code: str) -> list[str]:
    """Turn it on if the code is that of the key. Return the recovery codes, none for a wrong
    code.
    """
    totp = TOTP(bytes.fromhex(key))
    digits = plain(code)
    if not digits.isascii() or not digits.isdecimal():
        return []
    if not totp.verify(int(digits), TOLERANCE):
        return []
    turn_off(user)
    TOTPDevice.objects.create(user=user, name=NAME, key=key, confirmed=True, last_t=totp.t())
    return new_recovery_codes(user)


@transaction.atomic
def turn_off(user: Any) -> None:
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


@transaction.atomic
def new_recovery_codes(user: Any) -> list[str]:
    """Replace the recovery codes by new ones, and return them."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name=NAME, confirmed=True)
    codes = []
    tokens = []
    for _ in range(RECOVERY_CODES):
        code = secrets.token_hex(5)
        codes.append(code)
        tokens.append(StaticToken(device=device, token=code))
    StaticToken.objects.bulk_create(tokens)
    return codes


def recovery_codes_left(user: Any) -> int:
    return int(StaticToken.objects.filter(device__user=user).count())


def check_code(user: Any, code: str) -> float:
    """Return 0.0 when the code is right, else the seconds until the next one may be tried.

    Each code counts once, also when it comes twice at the same moment.
    """
    tries = WrongCodes()
    if not tries.take_for(str(user.pk)):
        return max(tries.wait(), 1.0)
    if not _is_right(user, plain(code)):
        return 1.0
    tries.give_back()
    return 0.0


@transaction.atomic
def _is_right(user: Any, code: str) -> bool:
    devices: list[Any] = [
        *TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True),
        *StaticDevice.objects.select_for_update().filter(user=user, confirmed=True),
    ]
    for device in devices:
        if device.verify_token(code):
            return True
    return False


def plain(code: str) -> str:
    """The code as it is compared: without blanks and dashes."""
    return "".join(code.split()).replace("-", "").lower()[:LONGEST_CODE].replace("\x00", "")
