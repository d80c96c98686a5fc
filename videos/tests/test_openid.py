"""Sign-in by OpenID Connect, with a provider that is strict, and with one that lies."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.standins.openid import CLIENT_ID, CLIENT_SECRET, OpenIdStandIn
from videos import two_factor
from videos.models import OpenIdIdentity
from videos.tests.test_two_factor import KEY, code_of

pytestmark = pytest.mark.django_db
BACK = "http://testserver/accounts/openid/back/"


@pytest.fixture
def provider(settings: Any) -> Iterator[OpenIdStandIn]:
    with OpenIdStandIn() as stand_in:
        stand_in.redirect_uri = BACK
        settings.OIDC_ISSUER = stand_in.issuer
        settings.OIDC_CLIENT_ID = CLIENT_ID
        settings.OIDC_CLIENT_SECRET = CLIENT_SECRET
        settings.OIDC_NAME = "Clockmakers"
        settings.ALLOWED_HOSTS = ["testserver"]
        yield stand_in


@pytest.fixture
def jane(provider: OpenIdStandIn, alice: Any) -> Any:
    """Alice, who connected her account at the provider."""
    OpenIdIdentity.objects.create(user=alice, issuer=provider.issuer, subject="248289761001")
    return alice


def go(client: Client, path: str = "/accounts/openid/") -> requests.Response:
    """Go to the provider as a browser does. Answers what it said."""
    answer = client.get(path)
    assert answer.status_code == 302, answer.content
    with requests.Session() as browser:
        browser.trust_env = False
        return browser.get(answer["Location"], allow_redirects=False, timeout=10)


def way_back(said: requests.Response) -> str:
    """Where the provider leads back to, as a path."""
    assert said.status_code == 302, said.text
    return said.headers["Location"].removeprefix("http://testserver")


def come_back(client: Client, path: str = "/accounts/openid/") -> Any:
    return client.get(way_back(go(client, path)))


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_without_an_issuer_there_is_none_of_it(client: Client, alice: Any) -> None:
    assert client.get("/accounts/openid/").status_code == 404
    assert client.get("/accounts/openid/back/").status_code == 404
    assert b"/accounts/openid/" not in client.get("/accounts/login/").content
    client.force_login(alice)
    assert client.post("/settings/openid/").status_code == 404
    assert b"openid" not in client.get("/settings/").content


@pytest.mark.usefixtures("provider")
def test_the_login_names_the_provider(client: Client) -> None:
    page = client.get("/accounts/login/?next=/tags/").content.decode()
    assert "Log in with Clockmakers" in page
    assert 'href="/accounts/openid/?next=/tags/"' in page


def test_who_is_connected_is_signed_in(client: Client, jane: Any) -> None:
    answer = come_back(client, "/accounts/openid/?next=/tags/")
    assert (answer.status_code, answer["Location"]) == (302, "/tags/")
    assert client.session["_auth_user_id"] == str(jane.pk)


@pytest.mark.usefixtures("jane")
def test_what_was_typed_before_is_carried_through(client: Client) -> None:
    page = client.post("/import/", {"text": "https://youtu.be/dQw4w9WgXcQ"}).content.decode()
    assert 'formaction="/accounts/openid/"' in page
    page = client.post(
        "/accounts/openid/", {"kept": "https://youtu.be/dQw4w9WgXcQ", "next": "/import/"}
    ).content.decode()
    assert 'href="/accounts/openid/?next=/import/"' in page
    answer = come_back(client, "/accounts/openid/?next=/import/")
    assert answer["Location"] == "/import/"
    assert "https://youtu.be/dQw4w9WgXcQ" in client.get("/import/").content.decode()


@pytest.mark.usefixtures("jane")
def test_it_leads_to_no_foreign_page(client: Client) -> None:
    answer = come_back(client, "/accounts/openid/?next=https://evil.example/")
    assert answer["Location"] == "/"


def test_who_is_not_connected_is_told(client: Client, provider: OpenIdStandIn) -> None:
    """Also not by the name or the mail address of somebody here."""
    User.objects.create_user("jane", email="jane@example.org")
    provider.person |= {"email": "jane@example.org", "email_verified": True}
    answer = come_back(client)
    assert answer.status_code == 403
    assert "Nobody here is connected" in answer.content.decode()
    assert not is_in(client)


def test_a_new_user_is_made_where_that_is_set(client: Client, jane: Any, settings: Any) -> None:
    OpenIdIdentity.objects.all().delete()
    jane.username = "Jane"
    jane.save()
    settings.OIDC_CREATE_USERS = True
    for _ in range(2):
        assert come_back(Client()).status_code == 302
    new = User.objects.get(username="jane-2")
    assert not new.has_usable_password()
    assert User.objects.count() == 2
    come_back(client)
    client.post("/settings/openid/remove/")
    assert OpenIdIdentity.objects.filter(user=new).exists(), "it is the only way in"


@pytest.mark.parametrize("name", ["", "a\x00b", "x" * 500, 7, "Jane Doe", "\u202e"])
def test_any_name_makes_a_user(
    client: Client, provider: OpenIdStandIn, settings: Any, name: Any
) -> None:
    settings.OIDC_CREATE_USERS = True
    provider.person["preferred_username"] = name
    assert come_back(client).status_code == 302
    assert is_in(client)


def test_two_factor_is_asked_for_all_the_same(client: Client, jane: Any) -> None:
    two_factor.turn_on(jane, KEY, code_of(KEY, -1))
    answer = come_back(client, "/accounts/openid/?next=/tags/")
    assert answer["Location"] == "/accounts/login/code/"
    assert not is_in(client)
    answer = client.post("/accounts/login/code/", {"code": code_of(KEY)})
    assert answer["Location"] == "/tags/"
    assert is_in(client)


def test_a_closed_account_stays_closed(client: Client, jane: Any) -> None:
    jane.is_active = False
    jane.save()
    assert "closed" in come_back(client).content.decode()
    assert not is_in(client)


def test_it_is_connected_in_the_settings(
    client: Client, provider: OpenIdStandIn, alice: Any
) -> None:
    client.force_login(alice)
    page = client.post("/settings/openid/").content.decode()
    assert 'href="/accounts/openid/"' in page
    come_back(client)
    assert OpenIdIdentity.objects.get().user == alice
    other = Client()
    assert come_back(other)["Location"] == "/"
    assert is_in(other)
    client.post("/settings/openid/remove/")
    assert not OpenIdIdentity.objects.exists()
    assert come_back(Client()).status_code == 403


def test_nothing_is_connected_unless_asked_for(client: Client, alice: Any, provider: Any) -> None:
    """Whoever leads Alice's browser through the provider gets no way in."""
    client.force_login(alice)
    come_back(client)
    assert not OpenIdIdentity.objects.exists()
    client.post("/settings/openid/")
    provider.refuses = True
    come_back(client)
    provider.refuses = False
    come_back(client)
    assert not OpenIdIdentity.objects.exists(), "each time is asked for anew"


def test_an_account_connects_one_person(client: Client, jane: Any, bob: Any) -> None:
    client.force_login(bob)
    client.post("/settings/openid/")
    come_back(client)
    assert OpenIdIdentity.objects.get().user == jane


@pytest.mark.usefixtures("jane")
@pytest.mark.parametrize(
    "lies",
    [
        {"claims": {"nonce": "another"}},
        {"claims": {"nonce": None}},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"aud": "another client"}},
        {"claims": {"exp": 1}},
        {"claims": {"sub": None}},
        {"claims": {"sub": ""}},
        {"claims": {"sub": ["248289761001"]}},
        {"claims": {"azp": "another client"}},
        {"foreign_key": True},
        {"header": {"alg": "none"}},
        {"no_id_token": True},
    ],
    ids=str,
)
def test_no_lie_signs_anybody_in(client: Client, provider: OpenIdStandIn, lies: Any) -> None:
    back = way_back(go(client))
    for name, value in lies.items():
        setattr(provider.lies, name, value)
    answer = client.get(back)
    assert answer.status_code == 403
    assert "did not work" in answer.content.decode()
    assert not is_in(client)


@pytest.mark.usefixtures("jane")
def test_a_way_back_counts_once_in_its_browser(client: Client) -> None:
    back = way_back(go(client))
    stranger = Client()
    go(stranger)
    assert stranger.get(back).status_code == 403, "the state is of another browser"
    for forged in (back.replace("state=", "state=x"), back.replace("code=", "code=x")):
        assert client.get(forged).status_code == 403
    assert not is_in(client)
    assert not is_in(stranger)
    back = way_back(go(client))
    assert client.get(back).status_code == 302
    client.logout()
    assert client.get(back).status_code == 403


@pytest.mark.usefixtures("jane")
def test_a_new_key_of_the_provider_is_fetched(client: Client, provider: OpenIdStandIn) -> None:
    come_back(client)
    provider.new_key()
    other = Client()
    assert come_back(other).status_code == 302
    assert is_in(other)


def test_a_provider_that_is_away_is_a_sentence(client: Client, provider: OpenIdStandIn) -> None:
    provider.lies.metadata = {"issuer": "https://evil.example"}
    assert client.get("/accounts/openid/").status_code == 502
    provider.kill()
    answer = client.get("/accounts/openid/")
    assert answer.status_code == 502
    assert "Signing in with Clockmakers did not work" in answer.content.decode()


@pytest.mark.usefixtures("jane")
def test_who_says_no_at_the_provider_is_told(client: Client, provider: OpenIdStandIn) -> None:
    provider.refuses = True
    answer = come_back(client)
    assert answer.status_code == 403
    assert "did not let you in" in answer.content.decode()


@pytest.mark.slow
@pytest.mark.usefixtures("provider")
def test_sign_ins_are_not_begun_at_any_speed(client: Client) -> None:
    begun = [client.get("/accounts/openid/").status_code for _ in range(122)]
    assert set(begun[:120]) == {302}
    assert begun[-1] == 429


def test_ids_are_told_apart_to_the_letter(provider: OpenIdStandIn, client: Client) -> None:
    """A subject is case-sensitive, on every database."""
    user = User.objects.create_user("carol")
    OpenIdIdentity.objects.create(user=user, issuer=provider.issuer, subject="ABC")
    provider.person["sub"] = "abc"
    assert come_back(client).status_code == 403, connection.vendor
