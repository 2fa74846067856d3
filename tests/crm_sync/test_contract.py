"""What every adapter must do, over every line of `ADAPTERS`."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crm_sync.adapter import ADAPTERS, Adapter, open_adapter
from storage.outbox import Taken

Make = Callable[..., Taken]
SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"


class Subject:
    """An adapter, and how to look at what has arrived: the keys, one for each thing that is so."""

    def __init__(self, adapter: Adapter, arrived: Callable[[], set[str]]) -> None:
        self.adapter = adapter
        self.arrived = arrived


@pytest.fixture(params=sorted(ADAPTERS))
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    made = BUILDERS[request.param](request)
    yield made
    made.adapter.close()


def _webhook(request: pytest.FixtureRequest) -> Subject:
    receiver = request.getfixturevalue("receiver")
    adapter = open_adapter(
        "webhook", {"url": receiver.url, "secret": SECRET, "allow_private": True}
    )
    return Subject(adapter, lambda: {r.headers["idempotency-key"] for r in receiver.requests})


def _crm_table(request: pytest.FixtureRequest) -> Subject:
    rows = request.getfixturevalue("rows")
    adapter = open_adapter("crm_table", {"url": _url(request), "table": "calls"})
    return Subject(adapter, lambda: {row["idempotency_key"] for row in rows()})


def _url(request: pytest.FixtureRequest) -> str:
    engine = request.getfixturevalue("crm")
    return str(engine.url.render_as_string(hide_password=False))


BUILDERS: dict[str, Any] = {"webhook": _webhook, "crm_table": _crm_table}


@pytest.fixture(autouse=True)
def crm_url(tmp_path: Any) -> str:
    """The contract needs one database; `test_sql_table` goes over both kinds."""
    return f"sqlite:///{tmp_path / 'crm.db'}"


def test_every_adapter_is_held_to_this_contract() -> None:
    assert set(BUILDERS) == set(ADAPTERS)


def test_a_batch_arrives(subject: Subject, message: Make) -> None:
    batch = [message(number) for number in range(subject.adapter.at_most)]
    assert subject.adapter.push(batch) == {}
    assert len(subject.arrived()) == len(batch)


def test_an_empty_batch_is_nothing(subject: Subject) -> None:
    assert subject.adapter.push([]) == {}
    assert subject.arrived() == set()


def test_a_second_delivery_changes_nothing(subject: Subject, message: Make) -> None:
    batch = [message(1), message(2)]
    assert subject.adapter.push(batch) == {}
    assert subject.adapter.push(batch) == {}
    assert len(subject.arrived()) == 2


def test_it_is_named_and_bounded(subject: Subject) -> None:
    assert subject.adapter.name in ADAPTERS
    assert 1 <= subject.adapter.at_most <= 1000


def test_hostile_text_arrives_as_text(subject: Subject, message: Make) -> None:
    nasty = "'; DROP TABLE calls; --\r\nX-Evil: 1 \N{PILE OF POO} \u202e"
    assert subject.adapter.push([message(1, disposition=nasty[:40], note=nasty * 100)]) == {}
    assert len(subject.arrived()) == 1


def test_closing_twice_is_fine(subject: Subject) -> None:
    subject.adapter.close()
    subject.adapter.close()
