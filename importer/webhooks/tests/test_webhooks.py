"""Webhooks: told once of each finished import, signed, tried again for a day, and never anywhere
inside.
"""

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import time_machine
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from enrichment import recovery
from enrichment.tests.holders import NODE, a_run
from importer.imports import services
from importer.tests.ledger import end, start
from importer.webhooks import services as webhooks
from importer.webhooks.models import AGAIN, Delivery, DeliveryEvent, Outcome, Webhook
from importer.webhooks.posting import Refused, is_public, parse_target, post
from tests.people import person
from tests.standins.certificates import server_context
from videos.models import VideoList
from videos.services import rename_list

DAY = timedelta(days=1)


class Receiver:
    """A user's program: keeps what it was sent, and answers as it is told."""

    def __init__(self) -> None:
        self.status, self.headers, self.heard = 200, {}, []  # type: ignore[var-annotated]
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.heard.append((self.path, dict(self.headers), body))
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?x=1"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_HOSTS = ["127.0.0.1"]
    one = Receiver()
    yield one
    one.server.shutdown()
    one.server.server_close()


def sent(now: Any = None) -> int:
    """Everything that is due now; answers how many messages. `now` is what they are dated."""
    now = now or timezone.now()
    return sum(1 for _ in iter(lambda: webhooks.deliver_next(a_run(), now=now), False))


def hurry() -> None:
    """What waits for its next attempt is due."""
    Delivery.objects.filter(next_at__isnull=False).update(next_at=Now())


# What is sent -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_it_tells_of_a_finished_import_once_and_signed(
    video_list: VideoList, receiver: Receiver
) -> None:
    webhook = webhooks.set_webhook(owner=video_list.owner, address=receiver.url)
    batch = start(video_list, 1, 2, text="nonsense")
    assert sent() == 0
    end(1, 2)
    assert (sent(), sent()) == (1, 0)
    ((path, headers, body),) = receiver.heard
    assert path == "/hook?x=1"
    told = json.loads(body)
    assert told["event"] == headers["Sammelwerk-Event"] == "import.finished"
    assert (told["import"]["id"], told["import"]["total"], told["import"]["invalid"]) == (
        batch.pk,
        2,
        1,
    )
    assert told["import"]["list"] == {"id": video_list.pk, "name": "Clocks"}
    batch.refresh_from_db()
    assert batch.finished_at is not None
    assert told["import"]["finished_at"] == batch.finished_at.isoformat()
    moment, _, given = headers["Sammelwerk-Signature"].removeprefix("t=").partition(",v1=")
    assert (
        given
        == hmac.new(
            webhook.secret.encode(), f"{moment}.".encode() + body, hashlib.sha256
        ).hexdigest()
    )
    assert abs(int(moment) - time.time()) < 60
    delivery = Delivery.objects.get()
    assert (delivery.outcome, delivery.status, delivery.next_at) == (Outcome.DELIVERED, 200, None)


@pytest.mark.django_db
def test_names_are_sent_as_they_are_written(video_list: VideoList, receiver: Receiver) -> None:
    """Not as escapes, which are longer and which nobody can read in the administration."""
    rename_list(video_list=video_list, name="Glashütter Uhren")
    webhooks.set_webhook(owner=video_list.owner, address=receiver.url)
    start(video_list, text="nonsense")
    assert sent() == 1
    ((_, _, body),) = receiver.heard
    assert "Glashütter Uhren".encode() in body


@pytest.mark.django_db
def test_form_begins_with_the_address_that_is_set(
    client: Client, alice: Any, receiver: Receiver
) -> None:
    client.force_login(alice)
    response: Any = client.get(reverse("webhook"))
    assert not response.context["form"]["address"].value()
    webhooks.set_webhook(owner=alice, address=receiver.url)
    response = client.get(reverse("webhook"))
    assert response.context["form"]["address"].value() == receiver.url


@pytest.mark.django_db
def test_an_import_that_is_finished_at_once_is_told_of_too(
    video_list: VideoList, receiver: Receiver
) -> None:
    webhooks.set_webhook(owner=video_list.owner, address=receiver.url)
    start(video_list, text="nonsense")
    assert sent() == 1


@pytest.mark.django_db
def test_nobody_is_told_of_another_users_import(
    video_list: VideoList, bob: Any, receiver: Receiver
) -> None:
    webhooks.set_webhook(owner=bob, address=receiver.url)
    start(video_list, text="nonsense")
    services.cancel_batch(batch=start(VideoList.objects.create(owner=bob, name="x"), 1))
    assert Delivery.objects.count() == 0


@pytest.mark.django_db
def test_a_delivery_is_tried_for_a_day_and_then_given_up(
    video_list: VideoList, receiver: Receiver
) -> None:
    webhooks.set_webhook(owner=video_list.owner, address=receiver.url)
    receiver.status = 500
    start(video_list, text="nonsense")
    waited, now = timedelta(0), timezone.now()
    while (delivery := Delivery.objects.get()).next_at:
        waited += max(delivery.next_at - timezone.now(), timedelta(0))
        hurry()
        assert sent(now + waited) == 1
    assert timedelta(hours=18) < waited < DAY
    assert len(receiver.heard) == 1 + len(AGAIN)
    assert len({body for _, _, body in receiver.heard}) == 1
    assert len({headers["Sammelwerk-Signature"] for _, headers, _ in receiver.heard}) == len(
        receiver.heard
    )
    assert (delivery.is_given_up, delivery.outcome, delivery.status) == (
        True,
        Outcome.ANSWERED,
        500,
    )
    assert sent(now + 40 * DAY) == 0
    assert Delivery.objects.count() == 0  # nothing is kept for ever


@pytest.mark.django_db
def test_each_try_says_what_the_first_one_said(video_list: VideoList, receiver: Receiver) -> None:
    """A receiver that knows the message by its id may keep either."""
    webhooks.set_webhook(owner=video_list.owner, address=receiver.url)
    receiver.status = 500
    start(video_list, text="nonsense")
    assert sent() == 1
    rename_list(video_list=video_list, name="Watches")
    hurry()
    assert sent() == 1
    first, second = [body for _, _, body in receiver.heard]
    assert first == second


@pytest.mark.django_db
def test_a_server_with_its_clock_ahead_tells_at_once(
    video_list: VideoList, receiver: Receiver
) -> None:
    webhook = webhooks.set_webhook(owner=video_list.owner, address=receiver.url)
    with time_machine.travel(timedelta(seconds=100), tick=True):
        start(video_list, text="nonsense")
        webhooks.send_test(webhook=webhook)
    assert sent(timezone.now()) == 2


@pytest.mark.django_db
def test_a_worker_that_dies_of_it_does_not_try_for_ever(
    video_list: VideoList, receiver: Receiver
) -> None:
    webhooks.set_webhook(owner=video_list.owner, address=receiver.url)
    start(video_list, text="nonsense")
    claims = 0
    while webhooks.claim(a_run()):
        claims += 1
        recovery.forget_node(NODE)
    assert Delivery.objects.get().next_at is None
    assert claims == 1 + len(AGAIN)


def webhook_with_messages(user: Any, receiver: Receiver, count: int) -> Webhook:
    """A webhook of this user with messages waiting."""
    webhook = webhooks.set_webhook(owner=user, address=receiver.url)
    for _ in range(count):
        Delivery.objects.create(webhook=webhook, event=DeliveryEvent.FINISHED)
    return webhook


@pytest.mark.django_db
def test_slow_receivers_hold_two_workers_at_most(receiver: Receiver) -> None:
    for name in ("ann", "ben", "cat"):
        webhook_with_messages(person(name), receiver, 1)
    assert [bool(webhooks.claim(a_run())) for _ in range(3)] == [True, True, False]
    Delivery.objects.running().update(lease_until=timezone.now() - timedelta(seconds=1))
    recovery.sweep()
    assert webhooks.claim(a_run())


@pytest.mark.django_db
def test_a_webhook_waits_for_its_own_message_alone(
    alice: Any, bob: Any, receiver: Receiver
) -> None:
    slow = webhook_with_messages(bob, receiver, 5)
    other = webhook_with_messages(alice, receiver, 1)
    first, second = webhooks.claim(a_run()), webhooks.claim(a_run())
    assert first is not None
    assert second is not None
    assert [first.webhook, second.webhook] == [slow, other]


@pytest.mark.django_db
def test_webhooks_take_turns(alice: Any, bob: Any, receiver: Receiver) -> None:
    webhook_with_messages(bob, receiver, 3)
    webhook_with_messages(alice, receiver, 3)
    while webhooks.deliver_next(a_run(), now=timezone.now()):
        pass
    tried = Delivery.objects.order_by("tried_at").values_list("webhook__owner", flat=True)
    assert list(tried) == [bob.pk, alice.pk] * 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (299, Outcome.DELIVERED),
        (300, Outcome.REDIRECTED),
        (399, Outcome.REDIRECTED),
        (400, Outcome.ANSWERED),
        (503, Outcome.ANSWERED),
    ],
)
def test_each_answer_has_its_outcome(
    alice: Any, receiver: Receiver, status: int, outcome: Outcome
) -> None:
    receiver.status = status
    webhook_with_messages(alice, receiver, 1)
    sent()
    delivery = Delivery.objects.get()
    assert (delivery.outcome, delivery.status) == (outcome, status)
    assert (delivery.next_at is None) == (outcome == Outcome.DELIVERED)


@pytest.mark.django_db
def test_each_try_waits_as_long_as_the_plan_says(alice: Any, receiver: Receiver) -> None:
    receiver.status = 500
    webhook_with_messages(alice, receiver, 1)
    for wait in AGAIN:
        hurry()
        assert sent() == 1
        next_at = Delivery.objects.get().next_at
        assert next_at
        assert abs(next_at - timezone.now() - wait) < timedelta(seconds=30)


@pytest.mark.django_db
def test_what_is_over_is_kept_for_a_month(alice: Any, receiver: Receiver) -> None:
    webhook_with_messages(alice, receiver, 1)
    assert sent() == 1
    assert sent(timezone.now() + webhooks.KEPT - DAY) == 0
    assert Delivery.objects.count() == 1
    assert sent(timezone.now() + webhooks.KEPT + DAY) == 0
    assert Delivery.objects.count() == 0


@pytest.mark.django_db
def test_one_test_message_is_on_its_way_at_a_time(alice: Any, receiver: Receiver) -> None:
    webhook = webhooks.set_webhook(owner=alice, address=receiver.url)
    assert webhooks.send_test(webhook=webhook)
    assert webhooks.send_test(webhook=webhook) is None, "it waits"
    assert webhooks.claim(a_run())
    assert webhooks.send_test(webhook=webhook) is None, "it is being sent"
    recovery.forget_node(NODE)
    assert sent() == 1
    assert webhooks.send_test(webhook=webhook), "it has arrived"


@pytest.mark.django_db
def test_a_failing_receiver_rests_with_all_messages(alice: Any, receiver: Receiver) -> None:
    receiver.status = 500
    webhook_with_messages(alice, receiver, 5)
    assert sent() == 1
    for next_at in Delivery.objects.values_list("next_at", flat=True):
        assert next_at
        assert abs(next_at - timezone.now() - AGAIN[0]) < timedelta(seconds=30)
    hurry()
    assert sent() == 1


@pytest.mark.django_db
def test_only_the_newest_messages_of_a_webhook_wait(
    video_list: VideoList, receiver: Receiver
) -> None:
    webhook = webhook_with_messages(video_list.owner, receiver, webhooks.WAITING_AT_MOST)
    start(video_list, text="nonsense")
    waiting = webhook.deliveries.filter(next_at__isnull=False)
    assert waiting.count() == webhooks.WAITING_AT_MOST
    assert waiting.filter(batch__isnull=False).exists()


@pytest.mark.django_db
def test_a_late_failure_overwrites_no_newer_try(video_list: VideoList, receiver: Receiver) -> None:
    """A first try that hung past its lease: another run has delivered it meanwhile."""
    webhooks.set_webhook(owner=video_list.owner, address=receiver.url)
    start(video_list, text="nonsense")
    first = a_run()
    assert webhooks.claim(first)
    recovery.forget_run(first.name)
    assert sent() == 1
    delivered = Delivery.objects.values().get()
    assert delivered["outcome"] == Outcome.DELIVERED
    late = Delivery.objects.held_by(first.name)
    assert late.put_back(wait=AGAIN[0], outcome=Outcome.TIMEOUT) == 0
    assert Delivery.objects.values().get() == delivered


@pytest.mark.django_db
def test_a_try_that_lost_its_message_says_nothing(
    video_list: VideoList, receiver: Receiver, monkeypatch: Any
) -> None:
    """It is another run's by the time the receiver has refused it."""
    webhooks.set_webhook(owner=video_list.owner, address=receiver.url)
    start(video_list, text="nonsense")

    def post_slowly(*args: Any, **options: Any) -> int:
        Delivery.objects.update(holder="another run")
        return 500

    monkeypatch.setattr(webhooks, "post", post_slowly)
    assert webhooks.deliver_next(a_run(), now=timezone.now())
    row = Delivery.objects.get()
    assert (row.holder, row.outcome, row.status) == ("another run", Outcome.NONE, None)


@pytest.mark.django_db
def test_nothing_is_sent_for_a_closed_account(video_list: VideoList, receiver: Receiver) -> None:
    webhooks.set_webhook(owner=video_list.owner, address=receiver.url)
    start(video_list, text="nonsense")
    video_list.owner.is_active = False
    video_list.owner.save()
    assert (sent(), receiver.heard) == (0, [])


@pytest.mark.django_db
def test_a_test_says_how_it_went_and_is_not_repeated(alice: Any, receiver: Receiver) -> None:
    webhook = webhooks.set_webhook(owner=alice, address=receiver.url)
    receiver.status = 404
    assert webhooks.send_test(webhook=webhook)
    assert webhooks.send_test(webhook=webhook) is None  # one is on its way
    assert (sent(), sent(timezone.now() + DAY)) == (1, 0)
    assert Delivery.objects.get().get_outcome_display() == "The receiver refused it."
    assert webhooks.send_test(webhook=webhook)


@pytest.mark.django_db
def test_another_host_gets_another_secret(alice: Any) -> None:
    first = webhooks.set_webhook(owner=alice, address="https://one.example/a").secret
    assert webhooks.set_webhook(owner=alice, address="https://one.example/b").secret == first
    assert webhooks.set_webhook(owner=alice, address="https://two.example/b").secret != first
    assert Webhook.objects.count() == 1


# Where nothing is sent ----------------------------------------------------------------------------

INSIDE = [
    *(
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
    ),
    *("255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "168.63.129.16"),
    *(
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
    ),
    *(
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fec0::1",
        "not an address",
        "",
    ),
    *("192.0.0.192", "192.88.99.1", "3fff::1", "2001:db8::1", "4000::1", "64:ff9b:1::1"),
]


@pytest.mark.parametrize("ip", INSIDE)
def test_an_inner_address_is_none_of_the_worlds(ip: str) -> None:
    assert not is_public(ip)


def test_a_silent_name_service_holds_nobody() -> None:
    answered = threading.Event()
    with pytest.raises(Refused) as refused:
        post(
            "https://slow.example/",
            b"",
            {},
            seconds=0.1,
            look_up=lambda *_, **__: answered.wait(30),
        )
    answered.set()
    assert refused.value.outcome == Outcome.TIMEOUT


@pytest.mark.parametrize("ip", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_the_worlds_addresses_are_taken(ip: str) -> None:
    assert is_public(ip)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "ftp://example.org/",
            "file:///etc/passwd",
            "gopher://example.org/",
            "//example.org/",
            "example.org",
            "",
            "https://",
        ),
        *(
            "https://user:secret@example.org/",
            "https://@example.org/",
            "https://example.org:22/",
            "https://example.org:6379/",
        ),
        *(
            "https://example.org:0/",
            "https://example.org:99999/",
            "https://example.org/a b",
            "https://example.org/\r\nX: 1",
            "https://exämple.org/",
        ),
        *(
            "https://example.org\\@127.0.0.1/",
            "https://example.org/#x",
            "http://[::1",
            f"https://example.org/{'a' * 600}",
        ),
    ],
)
def test_only_a_plain_web_address_is_taken(address: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_target(address)


def test_an_address_is_taken_apart() -> None:
    target = parse_target("https://Hooks.Example:8443/a/b?c=d")
    assert (target.secure, target.host, target.port, target.authority, target.path) == (
        *(True, "hooks.example", 8443, "Hooks.Example:8443"),
        "/a/b?c=d",
    )
    assert parse_target("http://example.org").path == "/"


@pytest.fixture(scope="module")
def canary() -> Iterator[socket.socket]:
    """Listens where no webhook may knock, on the one of our ports that this machine has to
    spare.
    """
    try:
        listening = socket.create_server(("127.0.0.1", 8080))
    except OSError:
        listening = socket.create_server(("127.0.0.1", 8443))
    with listening:
        listening.setblocking(False)
        yield listening


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "0.0.0.0",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::ffff:127.0.0.1]",
    ],
)
def test_a_service_inside_sees_no_connection(canary: socket.socket, host: str) -> None:
    with pytest.raises(Refused) as refused:
        post(f"http://{host}:{canary.getsockname()[1]}/", b"{}", {})
    assert refused.value.outcome in (Outcome.FORBIDDEN, Outcome.UNKNOWN_HOST)
    with pytest.raises(BlockingIOError):
        canary.accept()


def test_it_connects_to_the_very_address_that_was_checked(
    receiver: Receiver, settings: Any
) -> None:
    """A name service that answers something else each time it is asked: the second answer is never
    heard.
    """
    answers = [
        [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", receiver.server.server_port))]
    ]
    settings.WEBHOOK_ALLOWED_HOSTS = ["rebinding.example"]
    assert (
        post(
            "http://rebinding.example:1234/",
            b"{}",
            {},
            look_up=lambda *args, **kwargs: answers.pop(),
        )
        == 200
    )
    assert (answers, len(receiver.heard), receiver.heard[0][1]["Host"]) == (
        [],
        1,
        "rebinding.example:1234",
    )


def test_one_inner_address_among_public_ones_is_enough_to_refuse() -> None:
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443))
        for ip in ("93.184.215.14", "10.0.0.1")
    ]
    with pytest.raises(Refused) as refused:
        post("https://two-faced.example/", b"{}", {}, look_up=lambda *args, **kwargs: found)
    assert refused.value.outcome == Outcome.FORBIDDEN


def test_no_redirect_is_followed(receiver: Receiver) -> None:
    receiver.status, receiver.headers = 307, {"Location": receiver.url}
    assert post(receiver.url, b"{}", {}) == 307
    assert len(receiver.heard) == 1


@pytest.mark.django_db
def test_a_redirect_is_said_in_plain_words(alice: Any, receiver: Receiver) -> None:
    receiver.status, receiver.headers = 301, {"Location": "https://example.org/"}
    webhooks.send_test(webhook=webhooks.set_webhook(owner=alice, address=receiver.url))
    sent()
    assert "another address" in Delivery.objects.get().get_outcome_display()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://10.1.2.3/",
        "https://[::1]/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_an_inner_address_is_refused_when_it_is_entered(alice: Any, address: str) -> None:
    with pytest.raises(webhooks.UnusableAddress, match="internal network"):
        webhooks.set_webhook(owner=alice, address=address)
    assert not Webhook.objects.exists()


def test_a_receiver_that_drips_is_left_alone_in_time(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = ["127.0.0.1"]
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as dripping:

        def drip() -> None:
            caller, _ = dripping.accept()
            with caller:
                caller.sendall(b"HTTP/1.1 2")
                while not stop.wait(0.05):
                    try:
                        caller.sendall(b"0")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        # The dripping never ends by itself: without a limit for the whole, neither would this.
        with pytest.raises(Refused) as refused:
            post(f"http://127.0.0.1:{dripping.getsockname()[1]}/", b"{}", {}, seconds=0.3)
        assert refused.value.outcome == Outcome.TIMEOUT
        stop.set()
        thread.join(2)


def test_nothing_there_and_nonsense_are_told_apart(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = ["127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as soon_gone:
        port = soon_gone.getsockname()[1]
    for address, outcome in (
        (f"http://127.0.0.1:{port}/", Outcome.UNREACHABLE),
        ("https://no-such-host.invalid/", Outcome.UNKNOWN_HOST),
    ):
        with pytest.raises(Refused) as refused:
            post(address, b"{}", {})
        assert refused.value.outcome == outcome


def test_an_unknown_certificate_is_refused_before_the_post(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = ["youtube.com"]
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def serve() -> None:
            caller, _ = plain.accept()
            with (
                suppress(OSError),
                server_context().wrap_socket(caller, server_side=True) as secure,
            ):
                heard.append(secure.recv(100))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        where = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", plain.getsockname())]
        with pytest.raises(Refused) as refused:
            post("https://youtube.com/", b"{}", {}, look_up=lambda *args, **kwargs: where)
        thread.join(2)
    assert (refused.value.outcome, b"".join(heard)) == (Outcome.UNTRUSTED, b"")
