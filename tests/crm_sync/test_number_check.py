"""A service that checks numbers: what it is asked, and what of its answers counts."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from campaigns.crm.validity import Verdict
from crm_sync.checker import CHECKERS, Checker, CheckFailed, open_checker
from workers.settings import Settings
from workers.settings_numbers import NumberCheckSettings

NUMBERS = ("+8613912345678", "+8613912345679", "+12125550100")
TOKEN = "s3cret-token-of-the-service"


@dataclass
class Service:
    """On loopback. `answer`: of the numbers asked about, the body; `status`, `headers`."""

    url: str = ""
    status: int = 200
    asked: list[list[str]] = field(default_factory=list)
    seen: list[dict[str, str]] = field(default_factory=list)
    answer: Callable[[list[str]], bytes] = lambda numbers: b"{}"
    location: str = ""


@pytest.fixture
def service() -> Iterator[Service]:
    state = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))["numbers"]
            state.asked.append(asked)
            state.seen.append({k.lower(): v for k, v in self.headers.items()})
            body = state.answer(asked)
            self.send_response(state.status)
            if state.location:
                self.send_header("location", state.location)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/check?v=1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def opened(url: str, **more: Any) -> Checker:
    given = {"url": url, "token": TOKEN, "allow_private": True, **more}
    part = NumberCheckSettings.model_validate(given)
    return open_checker("number_check", {**dict(part), "token": TOKEN})


@pytest.fixture
def checker(service: Service) -> Iterator[Checker]:
    made = opened(service.url)
    yield made
    made.close()


def of(*words: str) -> Callable[[list[str]], bytes]:
    def answer(numbers: list[str]) -> bytes:
        pairs = zip(numbers, words, strict=False)
        results = [{"number": number, "status": word} for number, word in pairs]
        return json.dumps({"results": results}).encode()

    return answer


def test_what_it_says_of_those_it_was_asked_about(service: Service, checker: Checker) -> None:
    service.answer = of("Active", "unallocated", "who knows")
    assert checker.check(NUMBERS) == {NUMBERS[0]: Verdict.VALID, NUMBERS[1]: Verdict.INVALID}
    assert service.asked == [list(NUMBERS)]
    assert service.seen[0]["authorization"] == f"Bearer {TOKEN}"
    service.answer = lambda _: of("valid", "valid")(["+4930123456", NUMBERS[2]])
    assert checker.check(NUMBERS) == {NUMBERS[2]: Verdict.VALID}
    service.answer = lambda _: b'{"results": []}'
    assert checker.check(NUMBERS) == {}


@pytest.mark.parametrize(
    "number", ["8613912345678", 8613912345678, "008613912345678", "+86 139-1234-5678"]
)
def test_numbers_however_it_writes_them(service: Service, checker: Checker, number: Any) -> None:
    body = {"results": [{"number": number, "status": "absent"}]}
    service.answer = lambda _: json.dumps(body).encode()
    assert checker.check(NUMBERS) == {NUMBERS[0]: Verdict.UNREACHABLE}


def test_other_keys_and_words(service: Service) -> None:
    keys = {"results": "数据", "number": "号码", "verdict": "状态", "unreachable": ("空号",)}
    checker = opened(service.url, **keys)
    body = {"数据": [{"号码": NUMBERS[0], "状态": "空号"}, {"号码": None}, "x"]}
    service.answer = lambda _: json.dumps(body).encode()
    assert checker.check(NUMBERS) == {NUMBERS[0]: Verdict.UNREACHABLE}
    checker.close()


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (503, b"", "it answered 503"),
        (302, b"", "it answered 302"),
        (200, b"no json", "its answer has no 'results'"),
        (200, b'{"error": "quota"}', "its answer has no 'results'"),
        (200, b'{"results": [], "error": "quota"}', "its answer tells of an error"),
        (200, b'{"results": [{"phone": "1"}]}', "names no number that was asked about"),
        (200, b'{"results": [{"number": "+4930123456"}]}', "names no number that was asked"),
        (200, b'{"results": {"a": 1}}', "'results' of its answer is no list"),
        (200, b"[" * 100_000, "its answer has no 'results'"),
        (200, b'{"results": "' + b"x" * (1 << 20) + b'"}', "its answer is longer than"),
    ],
)
def test_an_answer_that_is_none(
    service: Service, checker: Checker, status: int, body: bytes, why: str
) -> None:
    service.status, service.answer = status, lambda _: body
    service.location = "http://127.0.0.1:1/" if status == 302 else ""
    with pytest.raises(CheckFailed) as failed:
        checker.check(NUMBERS)
    assert why in str(failed.value)
    assert not any(secret in str(failed.value) for secret in (*NUMBERS, TOKEN))


def test_only_addresses_that_may_be_spoken_to(service: Service) -> None:
    checker = open_checker(
        "number_check",
        {**dict(NumberCheckSettings(url="https://localhost/x")), "token": None},
    )
    with pytest.raises(CheckFailed, match="not an address of the open internet"):
        checker.check(NUMBERS)
    checker.close()
    assert service.asked == []


def test_nobody_answers(service: Service) -> None:
    checker = opened("http://127.0.0.1:9/")
    with pytest.raises(CheckFailed, match=r"127\.0\.0\.1: ConnectError"):
        checker.check(NUMBERS)
    checker.close()


def test_every_checker_has_its_settings() -> None:
    assert set(CHECKERS) <= set(Settings.model_fields)
