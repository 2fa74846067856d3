"""The jobs that keep what is known of numbers up to date; who fails is left alone for a while."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from campaigns.crm.validity import Verdict
from crm_sync.checker import CheckFailed
from storage.customers import cleaning
from storage.engine import Store
from storage.imports import import_leads
from storage.lead_rows import NewLead
from workers import cleaning as jobs
from workers.cleaning import FIRST_WAIT, LONGEST_WAIT, Breaker, check
from workers.context import Context, use
from workers.jobs import JOBS, SHORT, function_of
from workers.queue import queue
from workers.sweeper import Sweeper

NUMBERS = tuple(f"+861391234567{n}" for n in range(5))


class Says:
    """A checker that says so of every number; or fails."""

    name = "number_check"
    at_most = 2

    def __init__(self, verdict: Verdict | None) -> None:
        self.verdict = verdict
        self.asked: list[tuple[str, ...]] = []

    def check(self, numbers: Sequence[str]) -> Mapping[str, Verdict]:
        self.asked.append(tuple(numbers))
        if self.verdict is None:
            raise CheckFailed("the.service: it answered 503")
        return dict.fromkeys(numbers, self.verdict)

    def close(self) -> None:
        """There is nothing to close."""


@pytest.fixture
def site(make_site: Callable[..., Any], database_url: str) -> Any:
    made = make_site(database_url)
    leads = [NewLead(number, zones=("Asia/Shanghai",)) for number in NUMBERS]
    import_leads(made.store, "spring", leads, datetime.now(UTC))
    return made


def test_the_sweeper_has_new_numbers_looked_at(site: Any, client: "redis.Redis") -> None:
    Sweeper(site.store, lambda: client, "s1", keys=site.keys, checks=True).sweep()
    rung = {job_id.rpartition("-")[0] for job_id in queue(SHORT, client).get_job_ids()}
    assert {"clean", "check"} <= rung


def test_the_job_does_what_is_due(site: Any) -> None:
    use(Context(site.settings, site.store, "", "w"))
    for name in ("clean_numbers", "check_numbers"):
        assert JOBS[name].startswith("workers.cleaning:")
        function_of(name)()
    assert cleaning.verdicts(site.store) == {"unknown": 5}
    assert not cleaning.due(site.store)


def test_all_are_asked_about_in_batches_and_once(site: Any) -> None:
    checker = Says(Verdict.UNREACHABLE)
    assert sum(done.looked for done in check(site.store, checker, 30)) == 5
    assert [len(asked) for asked in checker.asked] == [2, 2, 1]
    assert cleaning.verdicts(site.store) == {"unreachable": 5}
    assert list(check(site.store, checker, 30)) == []


def test_who_fails_is_left_alone_for_longer_and_longer(
    site: Any, caplog: pytest.LogCaptureFixture
) -> None:
    checker = Says(None)
    assert list(check(site.store, checker, 30)) == []
    assert list(check(site.store, checker, 30)) == []
    assert len(checker.asked) == 1  # the breaker is open
    assert "numbers cannot be checked, again in 30 s: the.service: it answered 503" in caplog.text
    assert not any(number in caplog.text for number in NUMBERS)
    assert cleaning.verdicts(site.store) == {"unknown": 5}


def test_words_that_nobody_knows_are_told_of(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    checker = Says(Verdict.VALID)
    checker.check = lambda numbers: {}  # type: ignore[method-assign]
    assert sum(done.looked for done in check(site.store, checker, 30)) == 5
    assert "nothing is said of 2 numbers; do the settings name its words?" in caplog.text


def test_a_breaker_of_the_whole_site(site: Any) -> None:
    store: Store = site.store
    at = datetime.now(UTC)
    breaker = Breaker(store, "x")
    waits = [breaker.failed(at) for _ in range(12)]
    assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT
    assert Breaker(store, "x").is_open(at)
    assert not Breaker(store, "y").is_open(at)
    assert not Breaker(store, "x").is_open(at + timedelta(seconds=LONGEST_WAIT))
    breaker.closed()
    assert not Breaker(store, "x").is_open(at)
    assert breaker.failed(at) == FIRST_WAIT


def test_no_checker_without_settings(site: Any) -> None:
    assert jobs.open_checkers(site.settings) == []
