"""The outbox commands."""

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
def given_up(site: Path) -> None:
    """Two messages; the CRM would not have one of them."""
    with open_site() as opened:
        with opened.store.writing() as connection:
            messages = [Message("attempt.ended", f"{n}:ended", {"n": n}) for n in (1, 2)]
            outbox.write_messages(connection, messages)
        spread(opened.store, lambda message: ["webhook"])
        first, second = deliveries.take(opened.store, "webhook", 9)
        why = NotArrived("crm.test: answered 422", for_good=True)
        deliveries.settle(opened.store, "webhook", [first], {first.id: why})
        away = {second.id: NotArrived("crm.test: answered 503")}
        deliveries.settle(opened.store, "webhook", [second], away)


def test_what_was_given_up_is_shown_with_the_reason_and_tried_again(
    run: Any, given_up: None
) -> None:
    ran = run("outbox", "list")
    assert ran.code == 0
    assert "crm.test: answered 422" in ran.out
    assert ran.lines[-1] == "1 given up; 1 wait to be delivered or tried again."
    [told] = [json.loads(line) for line in run("outbox", "list", "--json").lines]
    assert (told["idempotency_key"], told["attempts"]) == ("1:ended", 1)

    assert run("outbox", "retry").out == "1 message(s) will be delivered again.\n"
    assert json.loads(run("outbox", "retry", "--json").out) == {"retried": 0}
    assert run("outbox", "list", "--json").out == ""
    with open_site() as opened:
        assert outbox.backlog(opened.store).waiting == 2


def test_doctor_names_the_commands(run: Any, given_up: None) -> None:
    findings = json.loads(run("doctor", "--json").out)["findings"]
    [results] = [found for found in findings if found["part"] == "results"]
    assert "1 were given up" in results["words"]
    assert "dialplane crm retry" in results["mend"]
