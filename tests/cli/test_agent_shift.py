"""Logging in to wherever an agent is needed, without any worker; `test_up` has those with one."""

import json
from typing import Any

import pytest

from cli import agent_shift
from storage import sharing
from storage.engine import open_store
from storage.tables.agents import AGENTS


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_shift, "SENT_WITHIN", 0.0)


def listed(run: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run("agent", "list", "--json").out)
    return told


def test_who_is_shared_waits_for_work_and_goes_home(run: Any, applied: str) -> None:
    run("campaign", "start", applied)
    ran = run("agent", "login", "ann")
    assert (ran.code, ran.out) == (
        0,
        "Agent 'ann' is shared, and logged in as soon as a campaign has leads for it\n",
    )
    assert (listed(run)["shared"], listed(run)["bound"], listed(run)["campaign"]) == (
        True,
        None,
        None,
    )
    assert "ann" in run("agent", "list").out
    ran = run("agent", "pause", "ann")
    assert (ran.code, ran.err) == (
        3,
        "Agent 'ann' is in no campaign now: it is sent to the next with work\n",
    )
    ran = run("agent", "logout", "ann")
    assert (ran.code, ran.out) == (0, "Agent 'ann' is logged out; it was in no campaign.\n")
    assert listed(run)["shared"] is False
    assert run("agent", "logout", "ann").code == 3
    told = json.loads(run("agent", "login", "ann", "--json").out)
    assert told == {
        "agent": "ann",
        "campaign": None,
        "order": "login",
        "shared": True,
        "done": False,
    }


def test_who_may_work_nowhere_is_not_shared(run: Any, applied: str) -> None:
    ran = run("agent", "login", "ann")
    assert ran.code == 3
    assert ran.err.startswith("Agent 'ann' may take the calls of no campaign that is to run; see")
    assert run("agent", "login", "nobody").err == "There is no agent 'nobody'\n"


def test_a_list_tells_where_an_agent_is_going(run: Any, applied: str, site: Any) -> None:
    run("campaign", "start", applied)
    run("agent", "login", "ann")
    store = open_store(f"sqlite:///{site / 'dialplane.db'}")
    with store.writing() as connection:
        connection.execute(AGENTS.update().values(bound="autumn", campaign=applied))
    assert "to autumn" in run("agent", "list").out
    assert sharing.share_agents_out(store, []) == []
    store.close()
