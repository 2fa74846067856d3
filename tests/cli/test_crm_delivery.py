"""`dialplane crm status`, `retry` and `retire`."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.site import open_site
from storage import deliveries, outbox
from storage.deliveries import NotArrived
from storage.messages import Message
from storage.spreading import spread


@pytest.fixture
def two_receivers(site: Path) -> None:
    """`erp` would not have one message, and `shop` has both; the settings know neither."""
    with open_site() as opened:
        with opened.store.writing() as connection:
            messages = [Message("attempt.ended", f"{n}:ended", {"number": n}) for n in (1, 2)]
            outbox.write_messages(connection, messages)
        spread(opened.store, lambda message: ["erp", "shop"])
        first, second = deliveries.take(opened.store, "erp", 9)
        failed = {
            first.id: NotArrived("没有这个字段", for_good=True),
            second.id: NotArrived("answered 503"),
        }
        deliveries.settle(opened.store, "erp", [first, second], failed)
        deliveries.settle(opened.store, "shop", deliveries.take(opened.store, "shop", 9), {})


def test_each_receiver_has_its_line(run: Any, two_receivers: None) -> None:
    told = [json.loads(line) for line in run("crm", "status", "--json").lines]
    found = {each["name"]: each for each in told}
    assert (found["erp"]["waiting"], found["erp"]["dead"], found["erp"]["arrived"]) == (1, 1, 0)
    assert (found["shop"]["waiting"], found["shop"]["dead"], found["shop"]["arrived"]) == (0, 0, 2)
    assert found["erp"]["last_error"] == "没有这个字段"
    assert not found["erp"]["configured"]
    assert "run: dialplane crm retire erp" in run("crm", "status").out
    assert len(run("crm", "status", "shop", "--json").lines) == 1


def test_what_was_given_up_is_looked_at_and_sent_again(run: Any, two_receivers: None) -> None:
    [dead] = [json.loads(line) for line in run("crm", "status", "--dead", "--json").lines]
    assert (dead["receiver"], dead["idempotency_key"]) == ("erp", "1:ended")
    assert "没有这个字段" in run("crm", "status", "erp", "--dead").out
    assert json.loads(run("crm", "retry", "shop", "--json").out) == {"retried": 0}
    assert run("crm", "retry", "erp").out == "1 message(s) will be delivered again.\n"
    assert run("crm", "status", "--dead", "--json").out == ""


def test_a_name_that_nobody_has_is_told_of(run: Any, two_receivers: None) -> None:
    for words in (["status", "shoop"], ["status", "shoop", "--dead"], ["retry", "shoop"]):
        told = run("crm", *words)
        assert told.code != 0
        assert "there is no receiver 'shoop', and never was (there are: erp, shop)" in told.err


def test_one_that_is_not_wanted_any_more_is_forgotten(run: Any, two_receivers: None) -> None:
    assert json.loads(run("crm", "retire", "erp", "--json").out) == {"let_go": 2}
    with open_site() as opened:
        assert outbox.backlog(opened.store) == outbox.Backlog(0, 0, 0.0)
    refused = run("crm", "retire", "nobody")
    assert refused.code == 0
