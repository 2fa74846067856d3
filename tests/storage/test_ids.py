import threading
import time
from uuid import UUID

import pytest

from storage.ids import Uuid7, new_id


def test_it_is_a_version_7_uuid_of_the_present_millisecond() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_ids_ascend_within_a_millisecond() -> None:
    ids = [new_id() for _ in range(20_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_their_text_ascends_too() -> None:
    texts = [new_id().hex for _ in range(1000)]
    assert texts == sorted(texts)


def test_ids_ascend_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    make = Uuid7()
    first = make()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert first < make() < make()


def test_a_millisecond_that_runs_out_borrows_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    make = Uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: 5_000_000)
    monkeypatch.setattr("secrets.randbits", lambda bits: (1 << bits) - 1)
    first, second = make(), make()
    assert first < second
    assert second.int >> 80 == 6


def test_threads_never_get_the_same_id() -> None:
    found: list[UUID] = []

    def take() -> None:
        found.extend([new_id() for _ in range(5000)])

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 20_000
