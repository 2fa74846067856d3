"""From a file of customers to calls and back, with docs/crm.md alone: what the page says is typed,
with a real database, Redis, workers and a CRM in SQLite, and what it says is seen. What has come
of it is looked up in the database and in the CRM, too."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from campaigns.effects import AgentState
from lab.wait import until
from storage.customers import look
from storage.engine import Store, open_store
from storage.tables.agents import AGENTS
from storage.tables.attempts import ATTEMPTS
from storage.tables.people import CUSTOMERS, LEADS
from tests.docs.forks import forked
from tests.docs.page import Page
from tests.docs.walkthrough import Part, Shell, ended, parts_of, sees
from workers.settings_file import load_settings

HEAD = "From your customers to calls, and back"
SECONDS = 60
WANG, LI, HAN, ZHAO, SUN = (f"+861391234{end}" for end in ("5670", "5671", "5680", "5690", "5672"))
OWNERS = "SELECT id, owner FROM clients WHERE id IN (1, 3, 5)"
INTEREST, LATER = "客户要求下周发合同", "价格偏高，下周再谈"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """The reader's own."""
    shell = Shell(tmp_path, {})
    with forked(shell):
        yield shell


@pytest.mark.slow
def test_the_page_leads_from_a_file_to_calls_and_back(page: dict[str, Page], shell: Shell) -> None:
    parts = list(parts_of(page["crm.md"].section(HEAD)))
    first, *before = parts[: _place(parts, "dialplane up")]
    shell.save(files(page["crm.md"], in_site=False))
    sees(shell, first)
    shell.save(files(page["crm.md"], in_site=True))
    for part in before:
        sees(shell, part, code=int(any("1 rejected" in line for line in part.seen)))
    with opened(shell.at) as store:
        assert [customer(store, each)["owner"] for each in (WANG, HAN)] == ["ann", "bob"]
        running = shell.leave_up("dialplane up")
        try:
            dials(store, shell, parts[_place(parts, "dialplane up") + 1 :])
        finally:
            ended(running)


def dials(store: Store, shell: Shell, parts: list[Part]) -> None:
    """What is typed while the site is up."""
    started, filed, seen, changed, filed_again, seen_again, ahead, soon, pool = parts
    sees(shell, started)
    calls_end(store, 1)
    sees(shell, filed)
    told = [("+8613912345690", "interested", "A", INTEREST)]
    arrives(shell, told)
    sees(shell, seen)
    assert customer(store, ZHAO)["intent"] == "A"

    wait(store, [SUN], timedelta(hours=73))
    sees(shell, changed)
    calls_end(store, 2)
    assert until(lambda: customer(store, SUN)["owner"] is None, SECONDS)  # 72 hours are over
    sees(shell, filed_again)
    arrives(shell, [*told, ("+8613912345671", "later", "B", LATER)])
    sees(shell, seen_again)
    assert [lead(store, each).state for each in (LI, ZHAO, WANG)] == ["ready", "done", "ready"]
    assert (lead(store, LI).rank, lead(store, WANG).rank) == (-50, 0)

    sees(shell, ahead)
    assert all(customer(store, each)["owner"] for each in (WANG, HAN))
    wait(store, [WANG, HAN], timedelta(minutes=2))
    sees(shell, soon)
    nobodys = [(n, None) for n in (1, 3, 5)]
    assert until(lambda: asked(shell, OWNERS) == nobodys, SECONDS), asked(shell, OWNERS)
    sees(shell, pool)


def files(of: Page, in_site: bool) -> dict[str, str]:
    """What the page lets one save, in the site's folder or beside it."""
    return {n: t for n, t in of.saved().items() if n.startswith(".dialplane/") == in_site}


def calls_end(store: Store, n: int) -> None:
    """So many calls are over, and ann has the last one to file."""

    def over() -> bool:
        with store.reading() as connection:
            outcomes = connection.execute(select(ATTEMPTS.c.outcome)).scalars().all()
            [state] = connection.execute(select(AGENTS.c.state)).scalars()
        return (list(outcomes), state) == (["connected"] * n, AgentState.WRAP_UP)

    assert until(over, SECONDS, every=0.2)


def arrives(shell: Shell, told: list[tuple[str, str, str, str]]) -> None:
    """One row of the CRM for each call, and what it came to in the customer's."""
    assert until(lambda: asked(shell, "SELECT number, result, intent, note FROM calls") == told, 30)
    query = "SELECT intent, last_result, last_call_at FROM clients WHERE intent IS NOT NULL"
    assert until(lambda: len(asked(shell, query)) == len(told), 30)
    assert all(at for _, _, at in asked(shell, query))


def wait(store: Store, numbers: list[str], time: timedelta) -> None:
    """So long, for these customers."""
    with store.writing() as connection:
        ids = [look.by_number(store, each) for each in numbers]
        for each in ids:
            at = connection.execute(select(CUSTOMERS.c.idle_since).where(CUSTOMERS.c.id == each))
            earlier = at.scalar_one() - time
            mine = update(CUSTOMERS).where(CUSTOMERS.c.id == each)
            connection.execute(mine.values(idle_since=earlier))


def asked(shell: Shell, query: str) -> list[Any]:
    """Of the CRM."""
    crm = sqlite3.connect(shell.at / "erp.db")
    try:
        return crm.execute(query).fetchall()
    finally:
        crm.close()


def customer(store: Store, number: str) -> dict[str, Any]:
    found = look.by_number(store, number)
    assert found is not None
    return look.get(store, found)


def lead(store: Store, number: str) -> Any:
    with store.reading() as connection:
        return connection.execute(select(LEADS).where(LEADS.c.number == number)).one()


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    """The database of the reader's site."""
    store = open_store(load_settings(folder / ".dialplane", {}).database_url.get_secret_value())
    yield store
    store.close()


def _place(parts: list[Part], line: str) -> int:
    return next(n for n, part in enumerate(parts) if part.typed.strip() == line)
