"""A site that is up: `dialplane up` in a process of its own, and everything else beside it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 30.0


def wait_for(what: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """The first truthy answer. Fails the test when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
    return found


@pytest.fixture
def up(
    run: Any, applied: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator["subprocess.Popen[str]"]:
    """The site, up, over a fake PBX five times as fast as life; its list has no end soon."""
    more = tmp_path / "more.csv"
    more.write_text("number\n" + "\n".join(f"+1312555{n:03d}0" for n in range(100, 150)))
    assert run("leads", "import", more, "--list", applied).code == 0
    monkeypatch.setenv("DIALPLANE_PBX_MAIN", "fake://lab?speed=5")
    monkeypatch.setenv("DIALPLANE_DRAIN_SECONDS", "1")
    process = subprocess.Popen(
        [Path(sys.executable).parent / "dialplane", "up"],
        env=os.environ.copy(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_a_shift_by_hand(run: Any, up: "subprocess.Popen[str]", applied: str, site: Path) -> None:
    def agent() -> dict[str, Any]:
        told: dict[str, Any] = json.loads(run("agent", "list", "--json").out)
        return told

    def attempts() -> list[dict[str, Any]]:
        ran = run("attempts", "list", "--campaign", applied, "--json")
        return [json.loads(line) for line in ran.lines]

    wait_for((site / "redis" / "where.json").exists)
    assert json.loads(run("campaign", "start", applied, "--json").out)["workers_told"]
    wait_for(lambda: json.loads(run("campaign", "status", applied, "--json").out)["worker"])
    ran = run("agent", "login", "ann", "--campaign", applied)
    assert ran.code == 0, ran.err
    ran = run("agent", "login", "ann", "--campaign", applied)
    assert (ran.code, ran.err) == (3, "agent ann is already logged in; log out first\n")

    ran = run("campaign", "watch", applied, "--json", "--seconds", "1")
    shots = [json.loads(line) for line in ran.lines]
    assert ran.code == 0
    assert {shot["campaign"] for shot in shots} == {applied}
    assert "running: " in run("campaign", "watch", applied, "--seconds", "0.1").out

    wait_for(lambda: agent()["state"] == "wrap_up")
    ran = run("agent", "ready", "ann", "--disposition", "nonsense")
    assert ran.code == 3
    assert "disposition 'nonsense' is not one of this campaign's: sale, none" in ran.err
    ran = run("agent", "ready", "ann", "--disposition", "sale", "--note", "gold")
    assert ran.out == (
        "Agent 'ann', campaign 'spring': the call is filed under 'sale', which ends its wrap-up.\n"
    )
    first = wait_for(
        lambda: [a for a in attempts() if a["disposition"] == "sale" and a["outcome"]]
    )[0]
    assert (first["note"], first["agent"], first["outcome"]) == ("gold", "ann", "connected")
    shown = json.loads(run("attempts", "show", first["id"], "--json").out)
    assert [event["what"] for event in shown["history"]]
    assert "history" in run("attempts", "show", first["id"]).out

    assert run("agent", "pause", "ann", "--reason", "lunch").code == 0
    assert run("agent", "skip", "ann").code == 3
    assert run("agent", "logout", "ann").code == 0
    wait_for(lambda: agent()["campaign"] is None)
    assert run("agent", "login", "ann").out == (
        "Agent 'ann', campaign 'spring': logged in, and shared with others.\n"
    )
    assert agent()["shared"]
    ran = run("agent", "login", "ann")
    assert ran.out == "Agent 'ann', campaign 'spring': shared with others from now on.\n"
    assert run("agent", "logout", "ann").code == 0
    wait_for(lambda: agent()["campaign"] is None)
    assert not agent()["shared"]
    assert run("campaign", "stop", applied).code == 0
    wait_for(lambda: json.loads(run("campaign", "list", "--json").out)["state"] == "stopped")
    ran = run("campaign", "watch", applied)
    assert (ran.code, ran.out) == (3, "")

    second = subprocess.run(
        [Path(sys.executable).parent / "dialplane", "up"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 3
    assert "this site is up already" in second.stderr
    assert "is up" not in second.stdout
    up.send_signal(signal.SIGINT)
    out, err = up.communicate(timeout=30)
    assert up.returncode == 0, err
    assert f"Starting the site at {site}; Ctrl-C ends it." in out
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["up", "worker"])
def test_no_site_is_made_where_none_was_set_up(
    program: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.delenv("DIALPLANE_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    ran = program(command)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        f"There is no site at {tmp_path}/data/dialplane; "
        "run: dialplane init, or set DIALPLANE_HOME\n"
    )
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", ["up", "worker"])
def test_what_is_told_can_be_json(program: Any, site: Path, command: str) -> None:
    ran = program(command, "--json", DIALPLANE_REDIS_URL="redis://127.0.0.1:1/0")
    assert ran.code == 4
    [told] = [json.loads(line) for line in ran.lines]
    assert told["told"].startswith("Starting ")
    assert told["at"].endswith("Z")
    assert "Traceback" not in ran.err


def test_ctrl_c_while_everything_is_still_starting(up: "subprocess.Popen[str]", site: Path) -> None:
    wait_for((site / "redis" / "where.json").exists)
    os.killpg(up.pid, signal.SIGINT)  # as a terminal does it
    out, err = up.communicate(timeout=60)
    assert up.returncode in (0, 130)  # 130: it came before there was anything to end
    assert err == ""
    assert "Ctrl-C ends it" in out
