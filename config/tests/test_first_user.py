from io import StringIO

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import call_command

from config.settings import env

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_superuser_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USERNAME", "PASSWORD", "EMAIL"):
        monkeypatch.delitem(env.values, f"DJANGO_SUPERUSER_{name}", raising=False)


def prepare() -> str:
    output = StringIO()
    call_command("quickstart", prepare_only=True, stdout=output)
    return output.getvalue()


def test_it_makes_an_admin_whose_password_is_shown_only_once() -> None:
    password = prepare().split(" / ")[1].split()[0]

    user = authenticate(username="admin", password=password)
    assert user is not None
    assert user.is_superuser
    assert prepare() == ""


def test_it_makes_the_user_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(env.values, "DJANGO_SUPERUSER_USERNAME", "alice")
    monkeypatch.setitem(env.values, "DJANGO_SUPERUSER_PASSWORD", "a word of her own")
    monkeypatch.setitem(env.values, "DJANGO_SUPERUSER_EMAIL", "alice@example.org")

    shown = prepare()

    assert "alice" in shown
    assert "a word of her own" not in shown
    user = authenticate(username="alice", password="a word of her own")
    assert user is not None
    assert user.email == "alice@example.org"


def test_it_leaves_an_existing_user_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    get_user_model().objects.create_superuser("alice", "", "chosen long ago")
    monkeypatch.setitem(env.values, "DJANGO_SUPERUSER_USERNAME", "alice")
    monkeypatch.setitem(env.values, "DJANGO_SUPERUSER_PASSWORD", "a word of her own")

    assert prepare() == ""
    assert authenticate(username="alice", password="chosen long ago") is not None
