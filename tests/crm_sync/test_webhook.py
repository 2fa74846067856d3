import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from crm_sync.webhook import WebhookAdapter, retry_after
from storage.outbox import Taken

Make = Callable[..., Taken]
MakeAdapter = Callable[..., WebhookAdapter]
SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"


@pytest.fixture
def adapter(receiver: Any) -> Iterator[Callable[..., WebhookAdapter]]:
    """`adapter(timeout=1)`: an adapter for the receiver, with what differs; closed at the end."""
    made: list[WebhookAdapter] = []

    def make(**changes: Any) -> WebhookAdapter:
        usual = {"url": receiver.url, "secret": SECRET, "allow_private": True}
        made.append(WebhookAdapter(**{**usual, **changes}))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_it_is_signed_so_that_the_receiver_can_verify_it(
    adapter: MakeAdapter, receiver: Any, message: Make
) -> None:
    sent = message(1)
    assert adapter().push([sent]) == {}

    (request,) = receiver.requests
    told = Webhook(SECRET).verify(request.body, request.headers)
    assert told["type"] == "attempt.ended"
    assert told["data"] == {**sent.payload, "idempotency_key": sent.idempotency_key}
    assert request.headers["idempotency-key"] == request.headers["webhook-id"] == str(sent.id)
    assert request.headers["host"] == receiver.url.split("/")[2]
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(SECRET).verify(request.body.replace(b"sale", b"sold"), request.headers)


FOR_GOOD = dict.fromkeys((400, 410, 413, 422), True)
WORTH_A_RETRY = dict.fromkeys((401, 403, 404, 405, 408, 409, 429, 500, 503), False)


@pytest.mark.parametrize(("status", "for_good"), (FOR_GOOD | WORTH_A_RETRY).items())
def test_what_an_answer_means(
    adapter: MakeAdapter, receiver: Any, message: Make, status: int, for_good: bool
) -> None:
    receiver.answers = [status]
    failed = adapter().push([message(1)])[message(1).id]
    assert failed.for_good is for_good
    assert failed.why == f"127.0.0.1: answered {status}"


def test_connections_are_used_again(adapter: MakeAdapter, receiver: Any, message: Make) -> None:
    hook = adapter()
    assert hook.push([message(number) for number in range(40)]) == {}
    assert hook.push([message(number) for number in range(40)]) == {}
    assert len(receiver.requests) == 80
    assert receiver.connections <= 8


def test_redirects_are_not_followed(adapter: MakeAdapter, receiver: Any, message: Make) -> None:
    receiver.answers = [307]
    failed = adapter().push([message(1)])[message(1).id]
    assert "redirects are not followed" in failed.why
    assert len(receiver.requests) == 1


def test_only_what_failed_is_told(adapter: MakeAdapter, receiver: Any, message: Make) -> None:
    batch = [message(number) for number in range(20)]
    receiver.by_id = {str(batch[3].id): 500, str(batch[7].id): 400}
    failed = adapter().push(batch)
    assert {key: verdict.for_good for key, verdict in failed.items()} == {
        batch[3].id: False,
        batch[7].id: True,
    }


def test_a_receiver_that_hangs_costs_one_timeout_not_one_for_each(
    adapter: MakeAdapter, receiver: Any, message: Make
) -> None:
    receiver.hang = threading.Event()
    slow = adapter(timeout=0.2)
    failed = slow.push([message(number) for number in range(60)])
    assert len(failed) == 60
    assert not any(verdict.for_good for verdict in failed.values())
    assert len(receiver.requests) <= 16


@pytest.fixture
def dripping() -> Iterator[Callable[[bytes], str]]:
    """`dripping(start)`: the URL of a receiver that answers `start`, and then a byte at a time."""
    over = threading.Event()
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def drip(client: socket.socket, start: bytes) -> None:
        with client, contextlib.suppress(OSError):
            client.recv(65536)
            client.sendall(start)
            while not over.wait(0.05):
                client.sendall(b"x")

    def serve(listener: socket.socket, start: bytes) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = listener.accept()[0]
                threads.append(threading.Thread(target=drip, args=(client, start)))
                threads[-1].start()

    def make(start: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threads.append(threading.Thread(target=serve, args=(listener, start)))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"

    yield make
    over.set()
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join()


def test_a_receiver_that_drips_has_no_longer_than_one_that_hangs(
    adapter: MakeAdapter, dripping: Callable[[bytes], str], message: Make
) -> None:
    slow = adapter(url=dripping(b"HTTP/1.1 200 OK\r\nX-Long: "), timeout=0.5)
    began = time.monotonic()
    failed = slow.push([message(number) for number in range(20)])
    assert time.monotonic() - began < 5
    assert len(failed) == 20
    assert {verdict.why for verdict in failed.values()} == {"127.0.0.1: no answer within 0.5 s"}
    assert not any(verdict.for_good for verdict in failed.values())


def test_an_answer_counts_however_slowly_the_rest_comes(
    adapter: MakeAdapter, dripping: Callable[[bytes], str], message: Make
) -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"
    slow = adapter(url=dripping(start), timeout=0.5)
    began = time.monotonic()
    assert slow.push([message(1), message(2)]) == {}
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("url", ["https://example.com:99999/", "https://[::1/", "https://a b/"])
def test_a_url_that_is_none_is_a_verdict_and_no_exception(
    adapter: MakeAdapter, message: Make, url: str
) -> None:
    (failed,) = adapter(url=url, allow_private=False).push([message(1)]).values()
    assert "Traceback" not in failed.why


def test_a_receiver_that_is_not_there_is_worth_a_retry(adapter: MakeAdapter, message: Make) -> None:
    gone = adapter(url="http://127.0.0.1:1/hook")
    (failed,) = gone.push([message(1)]).values()
    assert not failed.for_good
    assert failed.why.startswith("127.0.0.1: ConnectError")


def test_an_address_inside_is_refused_before_anything_is_sent(
    adapter: MakeAdapter, receiver: Any, message: Make
) -> None:
    inside = adapter(url="https://localhost/hook", allow_private=False)
    (failed,) = inside.push([message(1)]).values()
    assert failed.for_good
    assert "not an address of the open internet" in failed.why
    (failed,) = adapter(allow_private=False).push([message(1)]).values()
    assert "only https on port 443" in failed.why
    assert receiver.connections == 0


def test_the_certificate_asked_for_is_the_names_not_the_addresss(
    adapter: MakeAdapter, message: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is resolved by us, once; TLS must still be about the name."""
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda _sock, name, _context: asked.append(name)
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *a, **k: real(host.replace("crm.test", "127.0.0.1"), *a, **k),
    )

    def serve() -> None:
        with listener, contextlib.suppress(ssl.SSLError, OSError):
            context.wrap_socket(listener.accept()[0], server_side=True)

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve)
    thread.start()
    url = f"https://crm.test:{listener.getsockname()[1]}/hook"
    (failed,) = adapter(url=url, timeout=5).push([message(1)]).values()
    thread.join()
    assert asked == ["crm.test"]
    assert failed.why.startswith("crm.test: ConnectError")


def test_the_secret_is_in_no_message_of_ours(
    adapter: MakeAdapter, receiver: Any, message: Make
) -> None:
    receiver.answers = [500]
    hook = adapter()
    failed = hook.push([message(1)])
    assert SECRET not in repr(failed)
    assert SECRET not in repr(vars(hook))
    assert json.loads(receiver.requests[0].body)["type"] == "attempt.ended"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("30", 30.0),
        ("", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
        ("3 s", 0.0),
        ("99999999999999", 999999.0),
        ("Fri, 27 Nov 2020 09:00:00 GMT", 0.0),
    ],
)
def test_how_long_a_receiver_wants_to_be_left_alone(said: str, seconds: float) -> None:
    assert retry_after(httpx.Response(429, headers={"retry-after": said})) == seconds
