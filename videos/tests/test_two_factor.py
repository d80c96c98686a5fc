"""Two-factor sign-in: no way in without the code, each code once, and help for a lost phone."""

import time
from base64 import b32decode
from typing import Any

import pytest
from django.contrib.admin import site
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.people import PASSWORD
from videos import two_factor

pytestmark = pytest.mark.django_db
KEY = "0123456789abcdef0123456789abcdef01234567"
STEP = 30


def code_of(key: str, steps: int = 0) -> str:
    totp = TOTP(bytes.fromhex(key))
    totp.time = time.time() + steps * STEP
    return f"{totp.token():06}"


@pytest.fixture
def codes(alice: Any) -> list[str]:
    """Alice's recovery codes; her app is one step behind, so that its next codes count."""
    found = two_factor.turn_on(alice, KEY, code_of(KEY, -1))
    assert len(found) == two_factor.RECOVERY_CODES
    return found


def give_password(client: Client, path: str = "/accounts/login/", **more: str) -> Any:
    return client.post(path, {"username": "alice", "password": PASSWORD, **more})


def is_in(client: Client) -> bool:
    return bool(client.get("/settings/").status_code == 200)


@pytest.mark.usefixtures("codes")
def test_the_password_alone_lets_nobody_in(client: Client) -> None:
    answer = give_password(client)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/code/")
    assert not is_in(client)
    assert client.post("/accounts/login/code/", {"code": "000000"}).status_code == 422
    assert not is_in(client)


@pytest.mark.usefixtures("codes")
def test_the_code_lets_in_and_leads_on(client: Client) -> None:
    give_password(client, next="/tags/", kept="https://youtu.be/dQw4w9WgXcQ")
    answer = client.post("/accounts/login/code/", {"code": code_of(KEY)})
    assert (answer.status_code, answer["Location"]) == (302, "/tags/")
    assert is_in(client)
    assert client.session["kept_text"] == "https://youtu.be/dQw4w9WgXcQ"


@pytest.mark.usefixtures("codes")
def test_a_code_counts_once(client: Client) -> None:
    code = code_of(KEY)
    give_password(client)
    client.post("/accounts/login/code/", {"code": code})
    other = Client()
    give_password(other)
    assert other.post("/accounts/login/code/", {"code": code}).status_code == 422
    assert not is_in(other)


@pytest.mark.parametrize("spelling", ["{}", " {} ", "{}".upper()])
def test_a_recovery_code_counts_once(client: Client, codes: list[str], spelling: str) -> None:
    for expected in (True, False):
        other = Client()
        give_password(other)
        other.post("/accounts/login/code/", {"code": spelling.format(codes[0])})
        assert is_in(other) is expected


def test_the_admins_login_asks_too(client: Client, alice: Any, codes: list[str]) -> None:
    alice.is_staff = alice.is_superuser = True
    alice.save()
    give_password(client, "/admin/login/?next=/admin/")
    assert client.get("/admin/").status_code == 302
    client.post("/accounts/login/code/", {"code": code_of(KEY)})
    assert client.get("/admin/").status_code == 200


@pytest.mark.usefixtures("codes")
def test_a_token_needs_the_code_too(client: Client) -> None:
    form = {"username": "alice", "password": PASSWORD}
    for more in ({}, {"code": "000000"}, {"code": 7}, {"code": ["x"]}):
        answer = client.post("/api/token", {**form, **more}, content_type="application/json")
        assert (answer.status_code, list(answer.json())) == (400, ["code"])
    right = {**form, "code": code_of(KEY)}
    answer = client.post("/api/token", right, content_type="application/json")
    assert (answer.status_code, list(answer.json())) == (200, ["token"])


@pytest.mark.usefixtures("codes")
def test_codes_cannot_be_guessed_at_any_speed(client: Client) -> None:
    give_password(client)
    for _ in range(10):
        client.post("/accounts/login/code/", {"code": "000000"})
    answer = client.post("/accounts/login/code/", {"code": code_of(KEY)})
    assert answer.status_code == 422
    assert not is_in(client)


@pytest.mark.usefixtures("codes")
def test_a_password_counts_for_ten_minutes(client: Client) -> None:
    give_password(client)
    session = client.session
    session["second_factor"] = {**session["second_factor"], "until": time.time() - 1}
    session.save()
    answer = client.post("/accounts/login/code/", {"code": code_of(KEY)})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert not is_in(client)


@pytest.mark.usefixtures("codes")
def test_a_closed_account_gets_no_further(client: Client, alice: Any) -> None:
    give_password(client)
    alice.is_active = False
    alice.save()
    client.post("/accounts/login/code/", {"code": code_of(KEY)})
    assert not is_in(client)


def test_it_is_turned_on_with_the_apps_code(client: Client, alice: Any) -> None:
    client.force_login(alice)
    page = client.get("/settings/two-factor/")
    key = b32decode(page.context["key"].text).hex()
    assert page.context["key"].picture.startswith("data:image/svg+xml")
    assert client.post("/settings/two-factor/", {"code": "000000"}).status_code == 422
    assert not two_factor.is_on(alice)
    page = client.post("/settings/two-factor/", {"code": code_of(key)})
    assert len(page.context["codes"]) == 10
    assert two_factor.is_on(alice)
    assert "codes" not in client.get("/settings/two-factor/").context


def test_turning_it_off_needs_a_code(client: Client, alice: Any, codes: list[str]) -> None:
    client.force_login(alice)
    for path in ("off", "codes"):
        assert client.post(f"/settings/two-factor/{path}/", {"code": "1"}).status_code == 422
    assert two_factor.recovery_codes_left(alice) == 10
    page = client.post("/settings/two-factor/codes/", {"code": codes[0]})
    assert not set(page.context["codes"]) & set(codes)
    client.post("/settings/two-factor/off/", {"code": page.context["codes"][0]})
    assert not two_factor.is_on(alice)
    assert two_factor.recovery_codes_left(alice) == 0


@pytest.mark.usefixtures("codes")
def test_a_command_helps_who_lost_everything(alice: Any) -> None:
    with pytest.raises(CommandError):
        call_command("end_two_factor", "nobody")
    call_command("end_two_factor", "alice")
    assert not two_factor.is_on(alice)


def test_nobody_sees_keys_in_the_administration() -> None:
    assert not site.is_registered(TOTPDevice)


@pytest.mark.usefixtures("codes")
def test_any_next_page_of_ours_is_led_to(client: Client) -> None:
    """Also one without a slash, which Django's `redirect` takes for the name of a view."""
    give_password(client, next="tags")
    answer = client.post("/accounts/login/code/", {"code": code_of(KEY)})
    assert (answer.status_code, answer["Location"]) == (302, "tags")
