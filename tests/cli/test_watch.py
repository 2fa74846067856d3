"""`campaign watch` where nobody draws pictures: in a pipe."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import redis
from rich.console import Console

from campaigns.effects import PacingDecided
from cli.live_view import in_a_line, view
from cli.site import open_site
from storage.pacing import write_decisions
from workers.live import live_key

SHOT = {
    "campaign": "spring",
    "mode": "progressive",
    "state": "running",
    "at": "2026-11-26T21:00:00.250000+00:00",
    "agents": {"ready": 2, "talking": 1, "paused": 0},
    "calls": {"ringing": 3, "connected": 1},
    "hopper": 8,
    "wanting_skills": {"english + turkish": 4},
    "dialled": 0,
    "connected": 5,
    "late": 0,
    "abandoned": 1,
    "abandonment": 0.0125,
    "limit": 0.03,
    "pacing": {"calls": 0, "why": "2 agents are free"},
    "lines_full": "",
    "trunks": {},
    "nodes_up": ["main"],
    "roster": [],
}
FIRST = (
    "2026-11-26T21:00:00 running: 4 calls in progress; 0 dialled, 5 connected; "
    "1 abandoned, 0 late (1.25%); "
    "agents: 2 ready, 1 talking; leads that wait for skills: 4 want english + turkish; "
    "2 agents are free\n"
)


@pytest.fixture
def dialled(
    applied: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[dict[str, Any]], Any]]:
    """Publish a snapshot, as the campaign's worker would."""
    monkeypatch.setenv("DIALPLANE_REDIS_URL", redis_url)
    with redis.Redis.from_url(redis_url) as client:
        yield lambda shot: client.set(live_key(applied), json.dumps(shot))
        client.delete(live_key(applied))


def watching(*more: str) -> "subprocess.Popen[str]":
    program = Path(sys.executable).parent / "dialplane"
    return subprocess.Popen(
        [program, "campaign", "watch", "spring", *more],
        env=os.environ.copy(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_line_for_each_change_reaches_a_pipe_at_once(dialled: Any) -> None:
    dialled(SHOT)
    with watching() as process:
        assert process.stdout is not None
        assert process.stdout.readline() == FIRST
        dialled({**SHOT, "dialled": 7})
        assert "7 dialled" in process.stdout.readline()
        process.terminate()


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_it_ends_without_a_word_when_nobody_reads_any_more(
    dialled: Any, how: tuple[str, ...]
) -> None:
    dialled(SHOT)
    over = Event()

    def dial_on() -> None:
        made = 0
        while not over.wait(0.05):
            dialled({**SHOT, "dialled": (made := made + 1)})

    dialling = Thread(target=dial_on)
    dialling.start()
    try:
        with watching(*how) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.stdout.close()
            assert process.wait(timeout=30) == 1
            assert process.stderr is not None
            assert process.stderr.read() == ""
    finally:
        over.set()
        dialling.join()


def test_as_json_each_change_is_a_line_at_once(dialled: Any) -> None:
    dialled(SHOT)
    with watching("--json") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == SHOT
        process.terminate()


def test_what_was_expected_stands_beside_what_came() -> None:
    told = {"answers_predicted": 41.2, "answers": 39, "freed_predicted": 20.0, "freed": 22}
    told |= {"looks": 30, "risk": 0.041, "abandonment": 0.0256}
    console = Console(width=160)
    with console.capture() as drawn:
        console.print(view({**SHOT, "forecast": told}))
    assert re.search(r"answers\s+41\s+39", drawn.get())
    assert re.search(r"agents free\s+20\s+22", drawn.get())
    assert re.search(r"abandoned\s+up to 4.1%\s+2.6%", drawn.get())


def test_the_database_tells_what_came_of_what_was_expected(dialled: Any) -> None:
    figures = {"seconds": 1.0, "answered": 2.5, "freed": 1.5, "risk": 0.04}
    before = datetime.now(UTC) - timedelta(seconds=60)
    with open_site() as site, site.store.writing() as connection:
        write_decisions(connection, "spring", [PacingDecided(before, 1, "", figures)])
    dialled(SHOT)
    with watching("--json") as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())["forecast"]
        process.terminate()
    assert (told["looks"], told["answers_predicted"], told["answers"]) == (1, 2.5, 0)


def test_machines_that_agents_have_found_are_shown_where_there_are_any() -> None:
    console = Console(width=120)
    with console.capture() as without:
        console.print(view(SHOT))
    with console.capture() as found:
        console.print(view({**SHOT, "machines": 7}))
    assert "machines" not in without.get()
    assert re.search(r"machines\s+7", found.get())


def test_the_blocks_share_stands_beside_the_days() -> None:
    period = {"from": "2026-11-02", "to": "2026-12-01", "abandonment": 0.0204}
    console = Console(width=160)
    with console.capture() as drawn:
        console.print(view({**SHOT, "period": period}))
    assert re.search(r"abandonment\s+1.25%", drawn.get())
    assert re.search(r"since 2026-11-02\s+2.04% of 3%", drawn.get())
    assert "(1.25%); 2.04% since 2026-11-02; " in in_a_line({**SHOT, "period": period})
    today = {"from": "2026-11-26", "to": "2026-11-26", "abandonment": 0.0125}
    with console.capture() as drawn:
        console.print(view({**SHOT, "period": today}))
    assert re.search(r"abandonment\s+1.25% of 3%", drawn.get())
    assert in_a_line({**SHOT, "period": today}) == in_a_line(SHOT)


def test_that_nobody_says_the_texts_of_a_flow_is_seen() -> None:
    console = Console(width=120)
    with console.capture() as without:
        console.print(view(SHOT))
    with console.capture() as told:
        console.print(view({**SHOT, "voice": "espeak-ng is not \x1b[2J there"}))
    assert "variables" not in without.get()
    assert "texts are heard without their variables: espeak-ng is not" in told.get()
    assert "\x1b[2J" not in told.get()
