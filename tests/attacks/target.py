"""What is attacked: its address, the people in it, and its web server's process."""

from __future__ import annotations

import ipaddress
import os
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psutil
import requests

CONNECTIONS_PER_HOST = 100


class NotOurs(Exception):
    """The address is not one of this machine: nothing else is ever attacked."""


@dataclass(frozen=True)
class Person:
    name: str
    password: str


@dataclass
class Target:
    url: str
    other: Person  # who only wants to use it
    attacker: Person
    sessions: dict[str, requests.Session] = field(default_factory=dict)

    def __post_init__(self) -> None:
        host = urlsplit(self.url).hostname or ""
        addresses = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
        if not all(ipaddress.ip_address(address).is_loopback for address in addresses):
            raise NotOurs(f"{self.url} is not on this machine.")

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or 80

    def session_of(self, person: Person) -> requests.Session:
        """The person's browser, signed in once over the form."""
        if person.name not in self.sessions:
            self.sessions[person.name] = self.sign_in(person)
        return self.sessions[person.name]

    def sign_in(self, person: Person) -> requests.Session:
        browser = requests.Session()
        browser.trust_env = False
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS_PER_HOST)
        browser.mount("http://", adapter)
        login = f"{self.url}/accounts/login/"
        browser.get(login, timeout=30)
        answer = self.post_form(
            browser, "/accounts/login/", {"username": person.name, "password": person.password}
        )
        assert "sessionid" in browser.cookies, f"{person.name} cannot sign in: {answer.status_code}"
        return browser

    def post_form(
        self, browser: requests.Session, path: str, data: dict[str, str], **options: object
    ) -> requests.Response:
        form = {**data, "csrfmiddlewaretoken": str(browser.cookies.get("csrftoken"))}
        return browser.post(
            self.url + path,
            data=form,
            headers={"Referer": self.url},
            allow_redirects=False,
            timeout=120,
            **options,  # type: ignore[arg-type]
        )

    def call(self, person: Person, path: str, data: dict[str, object]) -> requests.Response:
        """A REST call by the person's session; tokens are counted, and few an hour."""
        browser = self.session_of(person)
        headers = {"Referer": self.url, "X-CSRFToken": str(browser.cookies.get("csrftoken"))}
        return browser.post(self.url + path, json=data, headers=headers, timeout=60)

    def new_list(self, person: Person, name: str) -> int:
        return int(self.call(person, "/api/lists", {"name": name}).json()["id"])

    def cookies_of(self, person: Person) -> str:
        jar = self.session_of(person).cookies
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)

    def web_server(self) -> psutil.Process | None:
        """The process that listens at the address; None while there is none."""
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.pid
            if listens and connection.laddr.port == self.address[1]:
                return psutil.Process(connection.pid)
        return None

    def database_connections(self) -> int | None:
        """How many PostgreSQL has open to the database; None on SQLite."""
        url = os.environ.get("DATABASE_URL", "")
        if not url.startswith("postgres"):
            return None
        import psycopg

        with psycopg.connect(url, autocommit=True) as server:
            row = server.execute(
                "SELECT COUNT(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
        return int(row[0]) if row else None
