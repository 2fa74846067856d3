"""The commands about PBX nodes, over the fake one and over nothing at all."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

FAST = "fake://lab?speed=20"
CALLER = ("--trunk", "carrier", "--caller-id", "+12125550101")


@pytest.fixture
def quick(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake PBX where the last digit says what happens, twenty times as fast."""
    monkeypatch.setenv("DIALPLANE_PBX_MAIN", FAST)


def test_a_node_answers(run: Any, quick: None) -> None:
    ran = run("pbx", "ping", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["pbx"], told["up"], told["why"]) == (0, "main", True, "")
    assert told["milliseconds"] >= 0


def test_a_node_that_is_not_there(run: Any, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        url = f"ami://me:secret@127.0.0.1:{unheard.getsockname()[1]}"
        monkeypatch.setenv("DIALPLANE_PBX_WEST", url)
        ran = run("pbx", "ping", "west", "--json")
        told = json.loads(ran.out)
        assert (ran.code, told["up"]) == (4, False)
        assert "nothing answers" in told["why"]
        for command in (("calls", "west"), ("events", "west", "--seconds", "1")):
            ran = run("pbx", *command)
            assert (ran.code, ran.out) == (4, "")
            assert len(ran.err.splitlines()) == 1
            assert "secret" not in ran.err


def test_a_node_that_nobody_named(run: Any, site: Path) -> None:
    for command in ("ping", "calls", "events"):
        ran = run("pbx", command, "east")
        assert (ran.code, ran.out) == (3, "")
        assert ran.err == (
            f"There is no PBX 'east' under [pbx] in {site}/dialplane.toml (there are: main)\n"
        )


def test_an_unknown_kind_of_pbx(run: Any, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALPLANE_PBX_MAIN", "sip://somewhere")
    ran = run("pbx", "calls")
    assert (ran.code, ran.out) == (1, "")
    assert "the URL scheme 'sip' is not known" in ran.err


def test_a_test_call(run: Any, quick: None) -> None:
    ran = run("pbx", "originate", "+12125550100", *CALLER, "--hold", "0.05", "--json")
    events = [json.loads(line) for line in ran.lines]
    assert ran.code == 0, ran.err
    assert [e["event"] for e in events][-1] == "Ended"
    assert "Answered" in [e["event"] for e in events]
    assert events[-1]["reason"] == "hung_up"
    assert len({e["call_id"] for e in events}) == 1


def test_a_test_call_that_nobody_answers(run: Any, quick: None) -> None:
    ran = run("pbx", "originate", "+12125550103", *CALLER, "--json")
    assert ran.code == 3
    assert json.loads(ran.lines[-1])["event"] == "Ended"


@pytest.mark.parametrize("number", ["911", "1-800-FLOWERS", "+12125550100&PJSIP/x", "+19005551234"])
def test_no_test_call_to_what_is_no_number(run: Any, quick: None, number: str) -> None:
    ran = run("pbx", "originate", number, *CALLER)
    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 1


def test_no_test_call_to_who_does_not_want_any(run: Any, quick: None) -> None:
    run("dnc", "add", "+12125550100")
    ran = run("pbx", "originate", "+12125550100", *CALLER)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "+12125550100 is on the do-not-call list; it is not called\n"


def test_events_and_calls_of_a_quiet_node(run: Any, quick: None) -> None:
    ran = run("pbx", "events", "--seconds", "0.2", "--json")
    assert (ran.code, ran.out) == (0, "")
    assert run("pbx", "calls", "--json").out == ""
