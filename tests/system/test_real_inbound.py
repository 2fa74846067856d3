"""Customers call in to a real PBX, and the workers that serve them are lost on the way.

On an Asterisk of the lab, and on the FreeSWITCH that DIALPLANE_TEST_FREESWITCH names, if any.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest

from lab.esl import Esl
from lab.wait import until
from storage import inbound
from storage.tables.inbound import InboundRow
from tests.contract import harness_freeswitch as freeswitch

FREESWITCH = os.environ.get("DIALPLANE_TEST_FREESWITCH", "")
NAMED = [pytest.param("freeswitch", marks=pytest.mark.freeswitch)] if FREESWITCH else []

SiteOf = Callable[[int], Any]
LINE = {"inbound": {"lines": ["support"], "wait": "5m"}, "amd": {"enabled": False}}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A PBX with the world behind it, from which people with a number call the line `support`."""

    url: str
    call_in: Callable[[str], str]
    give_up: Callable[[str], None]


@pytest.fixture(params=[pytest.param("asterisk", marks=pytest.mark.asterisk), *NAMED])
def exchange(request: pytest.FixtureRequest) -> Iterator[Exchange]:
    yield from {"asterisk": asterisk, "freeswitch": named}[request.param](request)


def asterisk(request: pytest.FixtureRequest) -> Iterator[Exchange]:
    (node, url), carrier = (request.getfixturevalue(name) for name in ("pbx", "carrier"))
    yield Exchange(url, partial(carrier.call_in, node, "support"), carrier.give_up)


def named(_: pytest.FixtureRequest) -> Iterator[Exchange]:
    where = urlsplit(FREESWITCH)
    at = str(where.hostname), int(where.port or 8021), str(where.password)
    call_in = partial(freeswitch.call_in, at, freeswitch.LINES.format(line="support"))
    url = f"{FREESWITCH.partition('?')[0]}?{freeswitch.WORLD}"
    yield Exchange(url, call_in, partial(freeswitch.hang_up, at))
    with Esl(*at) as session:
        session.api("hupall")
        assert until(lambda: session.api("show channels count") == "0 total.", 10)


@pytest.fixture
def pbx_url(exchange: Exchange) -> str:
    return exchange.url


class Callers:
    """Who has called in: each with a number of its own, and the row that is about it."""

    def __init__(self, site: Any, exchange: Exchange) -> None:
        self._site, self._exchange = site, exchange
        self._names: dict[str, str] = {}

    def call_in(self, name: str) -> None:
        number = f"+49305550{len(self._names):03d}"
        self._names[name] = number
        self._names[f"{name} on the line"] = self._exchange.call_in(number)

    def leaves(self, name: str) -> None:
        self._exchange.give_up(self._names[f"{name} on the line"])

    def row(self, name: str) -> InboundRow | None:
        rows = [row for row in self.rows() if row.caller == self._names[name]]
        assert len(rows) <= 1, "a call has one row"
        return rows[0] if rows else None

    def rows(self) -> list[InboundRow]:
        return inbound.page(self._site.store, "real", 1000)

    def talks(self, name: str) -> bool:
        row = self.row(name)
        return row is not None and row.connected_at is not None and row.ended_at is None

    def waits(self, name: str) -> bool:
        row = self.row(name)
        return row is not None and row.connected_at is None and row.ended_at is None

    def outcome(self, name: str) -> str:
        row = self.row(name)
        return row.outcome if row is not None else ""


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_callers_outlive_the_worker_that_serves_them(site_of: SiteOf, exchange: Exchange) -> None:
    site = site_of(2)
    people = Callers(site, exchange)
    site.campaign([], **LINE)
    site.worker()
    site.worker()
    people.call_in("ada")
    people.call_in("bo")
    site.until(lambda: people.talks("ada") and people.talks("bo"), 60)
    people.call_in("cid")
    people.call_in("dee")
    site.until(lambda: people.waits("cid") and people.waits("dee"), 20)
    talking = people.row("ada")
    assert talking is not None

    site.kill(site.who_dials())  # ada and bo talk on, cid and dee wait on
    people.leaves("dee")
    people.call_in("eve")
    site.until(lambda: people.waits("eve"), 30)
    found = people.row("ada")
    assert found is not None
    assert (found.connected_at, found.ended_at) == (talking.connected_at, None)
    site.until(lambda: people.outcome("dee") in ("lost", "given_up"), 20)

    people.leaves("ada")
    site.until(lambda: people.talks("cid"), 30)  # before eve, who has come later
    assert people.outcome("ada") == "answered"
    people.leaves("bo")
    site.until(lambda: people.talks("eve"), 30)
    for name in ("cid", "eve"):
        people.leaves(name)
        site.until(lambda name=name: people.outcome(name) == "answered", 20)
    assert len(people.rows()) == 5
    assert all(row.lead_id is None and row.line == "support" for row in people.rows())
    assert site.report().inbound.answered == 4
    assert site.broken() == {}


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_who_calls_in_while_nobody_works_is_found(site_of: SiteOf, exchange: Exchange) -> None:
    site = site_of(1)
    people = Callers(site, exchange)
    site.campaign([], **LINE)
    site.worker()
    people.call_in("ada")
    site.until(lambda: people.talks("ada"), 60)
    site.kill(site.who_dials())
    people.call_in("bo")
    people.leaves("ada")
    site.worker()
    site.until(lambda: people.talks("bo"), 60)
    assert people.outcome("ada") == "answered"
    people.leaves("bo")
    site.until(lambda: people.outcome("bo") == "answered", 20)
    assert len(people.rows()) == 2
