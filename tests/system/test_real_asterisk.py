"""Campaigns on a real Asterisk, PostgreSQL and Redis, with workers that are lost on the way."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from random import Random
from typing import Any

import pytest

from campaigns.orders import EndCall
from campaigns.outcomes import Outcome
from lab.asterisk import AsteriskNode
from lab.carrier import Carrier
from storage.errors import DatabaseBusy

SiteOf = Callable[[int], Any]
Arrived = Callable[[datetime], Counter[str]]

# what the carrier plays by the last digit, and what the attempt must therefore come to
EXPECTED = {
    "0": Outcome.CONNECTED,
    "1": Outcome.CONNECTED,
    "2": Outcome.CONNECTED,
    "3": Outcome.BUSY,
    "4": Outcome.NO_ANSWER,
    "5": Outcome.INVALID_NUMBER,
    "6": Outcome.CONGESTION,
    "7": Outcome.MACHINE,
    "8": Outcome.CONNECTED,
    "9": Outcome.REJECTED,
}
WEIGHTS = {"0": 18, "1": 12, "2": 4, "3": 12, "4": 4, "5": 14, "6": 8, "7": 8, "8": 4, "9": 16}


def numbers(count: int, area: int, seed: int = 1) -> list[str]:
    """Numbers that have each outcome, in an area of their own (the carrier keeps one book)."""
    endings = Random(seed).choices(list(WEIGHTS), list(WEIGHTS.values()), k=count)
    return [f"+1{area}555{n:03d}{ending}" for n, ending in enumerate(endings)]


class Agent8(threading.Thread):
    """Hangs up on customers who say hello and nothing more, as an agent would."""

    def __init__(self, site: Any) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self._site = site
        self._told: set[Any] = set()

    def run(self) -> None:
        while not self.over.wait(0.3):
            with suppress(DatabaseBusy):  # on a busy machine it stood still: it looks again
                self._look()

    def _look(self) -> None:
        for attempt in self._site.connected():
            quiet = attempt.number.endswith("8") and attempt.ended_at is None
            if quiet and attempt.id not in self._told:
                self._told.add(attempt.id)
                self._site.order(EndCall(attempt.agent))


@pytest.fixture(autouse=True)
def brief(carrier: Carrier) -> Iterator[None]:
    """Customers talk for one to two seconds; other tests share the carrier."""
    carrier.talk(1.0, 0.1)
    yield
    carrier.talk(5.0)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("leads", [100, pytest.param(300, marks=pytest.mark.long)])
def test_each_lead_has_its_outcome(site_of: SiteOf, arrived: Arrived, leads: int) -> None:
    site = site_of(16)
    wanted = numbers(leads, area=312)
    assert {number[-1] for number in wanted} == EXPECTED.keys()
    site.campaign(wanted)
    hanging_up = Agent8(site)
    hanging_up.start()
    site.worker()
    site.until_over(330)
    hanging_up.over.set()
    wrong = {a.number: a.outcome for a in site.attempts() if a.outcome != EXPECTED[a.number[-1]]}
    assert wrong == {}
    figures = site.report()
    assert figures.attempts == leads
    assert figures.double_dials == figures.unresolved == figures.abandoned == figures.late == 0
    assert figures.answer_to_agent.p99 <= 1.0
    assert arrived(site.started) == Counter(wanted)


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_a_killed_worker_is_followed_by_another(site_of: SiteOf, arrived: Arrived) -> None:
    site = site_of(10)
    site.breaks = site.IN_TIME
    wanted = numbers(80, area=313)
    site.worker()
    site.worker()
    site.campaign([n for n in wanted if n[-1] != "8"])
    site.until(lambda: len(site.connected()) >= 5, 60)
    before = {a.token for a in site.attempts()}
    killed = time.monotonic()
    site.kill(site.who_dials())
    site.until(lambda: {a.token for a in site.attempts()} - before, 30)
    assert time.monotonic() - killed < 10  # the lease lapses (3 s), and an agent must get free
    site.until_over(120)
    figures = site.report()
    assert figures.double_dials == figures.unresolved == 0
    assert set(arrived(site.started).values()) == {1}
    assert {a.number for a in site.attempts()} >= set(arrived(site.started))


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_asterisk_restarts_in_the_middle(
    site_of: SiteOf, arrived: Arrived, pbx: tuple[AsteriskNode, str]
) -> None:
    site = site_of(10)
    site.breaks = site.IN_TIME
    site.campaign([n for n in numbers(60, area=314) if n[-1] != "8"])
    site.worker()
    site.until(lambda: len(site.connected()) >= 5, 60)
    pbx[0].restart()
    done = len(site.connected())
    site.until(lambda: len(site.connected()) >= done + 3, 60)
    site.until_over(120)
    figures = site.report()
    assert figures.double_dials == figures.unresolved == 0
    assert set(arrived(site.started).values()) == {1}
    known = {EXPECTED[n[-1]] for n in wanted_of(site)} | {Outcome.LOST, Outcome.FAILED}
    assert {a.outcome for a in site.attempts()} <= known | {Outcome.EARLY_HANG_UP}


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_a_number_put_on_do_not_call_is_not_dialled_after(
    site_of: SiteOf, arrived: Arrived
) -> None:
    site = site_of(10)
    wanted = [n for n in numbers(80, area=315) if n[-1] not in "48"]
    site.campaign(wanted)
    site.worker()
    site.until(lambda: site.dialled() >= 10, 60)
    last = wanted[-20:]
    site.do_not_call(last)
    dialled_by_then = {a.number for a in site.attempts()}
    site.until_over(120)
    assert not (set(last) - dialled_by_then) & set(arrived(site.started))
    assert set(wanted[:-20]) <= set(arrived(site.started))


def wanted_of(site: Any) -> set[str]:
    return {a.number for a in site.attempts()}
