"""`dialplane doctor --invariants`: by the rows, and by the calls that PBX nodes hold."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from cli import doctor_invariants
from cli.site import open_site
from connectors.calls import Answered, Originate
from connectors.pbx import open_pbx
from storage.ids import new_id
from storage.tables.attempts import ATTEMPT_EVENTS, ATTEMPTS
from tests.cli.conftest import Serve, addresses
from tests.contract.watch import Watch

NUMBER = "+12125550110"


def forge(placed_at: datetime, **changes: Any) -> UUID:
    """A live attempt that nobody has placed."""
    words = ("outcome", "disposition", "reason", "cause", "party", "note")
    row = dict.fromkeys(words, "") | {"id": new_id(), "campaign": "spring", "campaign_version": 1}
    row |= {"lead_id": new_id(), "customer_id": new_id(), "number": NUMBER, "node": "main"}
    row |= {"trunk": "carrier", "caller_id": NUMBER, "token": 1, "state": "placed"}
    line = {"attempt_id": row["id"], "what": "placed", "token": 1, "detail": ""}
    with open_site() as site, site.store.writing() as connection:
        connection.execute(
            insert(ATTEMPTS), row | {"placed_at": placed_at, "stored_at": placed_at} | changes
        )
        connection.execute(insert(ATTEMPT_EVENTS), line | {"at": placed_at, "stored_at": placed_at})
    return UUID(str(row["id"]))


def rows(told: dict[str, Any]) -> dict[str, int]:
    return {found["name"]: found["rows"] for found in told["invariants"] if found["rows"]}


def test_a_new_site_keeps_them_all(run: Any, site: Any) -> None:
    ran = run("doctor", "--invariants", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["ok"], rows(told)) == (0, True, {})
    assert [found["name"] for found in told["invariants"]] == [f"I{n}" for n in range(1, 11)]
    assert "lives in its worker" in told["pbx"][0]["why"]
    assert run("doctor", "--invariants").code == 0


def test_what_is_broken_is_named_without_numbers(run: Any, site: Any) -> None:
    """The last 31 days, unless somebody asks for more."""
    now = datetime.now(UTC)
    bad = forge(now - timedelta(days=40), ended_at=now)
    assert run("doctor", "--invariants").code == 0
    since = ("--since", f"{now - timedelta(days=41):%Y-%m-%d}")
    ran = run("doctor", "--invariants", *since)
    assert ran.code == 1
    assert f"I2: {bad}: it has ended, and has no result" in ran.lines
    assert f"I10: {bad}: nobody was told of its end" in ran.lines
    assert NUMBER not in ran.out
    told = json.loads(run("doctor", "--invariants", *since, "--json").out)
    assert (told["ok"], rows(told)) == (False, {"I2": 2, "I10": 1})
    assert run("doctor", *since).code == 2


@pytest.mark.parametrize("protocol", ["ami", "esl"])
async def test_calls_of_the_pbx_and_rows_are_compared(
    run: Any, site: Any, serve: Serve, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    """A call without a row is found, and a row without a call; a test call, and a call that has
    just been placed, are neither."""
    monkeypatch.setattr(doctor_invariants, "LOOK_AGAIN", 0.1)
    world = "fake://lab?patience=300&talk=300"
    url = addresses(serve(f"--{protocol}", "0", "--world", world, "--json"))[protocol]["url"]
    monkeypatch.setenv("DIALPLANE_PBX_MAIN", url)
    now = datetime.now(UTC)
    forge(now)
    alone = forge(now - timedelta(minutes=1), number="+12125550111")
    pbx, watch = open_pbx("main", url), Watch()
    await pbx.open(watch)
    ghost, test_call = new_id(), uuid4()
    for call in (ghost, test_call):
        pbx.send(Originate(call, "+12125550100", "carrier", "+12125550101", 25, amd=False))
        await watch.one(Answered, call)
    told = await in_thread(run)
    assert told["pbx"][0] == {
        "pbx": "main",
        "calls": 2,
        "ghosts": [str(ghost)],
        "not_held": [str(alone)],
        "why": "",
    }
    reasons = {o["id"]: o["reason"] for f in told["invariants"] for o in f["first"]}
    assert reasons[str(ghost)] == "no row tells of this call, which is held by PBX main"
    await pbx.close()


async def in_thread(run: Any) -> dict[str, Any]:
    ran = await asyncio.to_thread(run, "doctor", "--invariants", "--json")
    found: dict[str, Any] = json.loads(ran.out)
    assert ran.code == 1
    return found
