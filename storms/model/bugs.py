"""Fifteen bugs that a dialler of this design may well have, each one statement of the real code.

A bug is seeded by compiling its function anew with that statement changed, and putting the code in
the place of the function's own: whoever has imported it runs the broken one.
"""

import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any

SEED = 0
"""Where none is named."""


class BugGone(LookupError):
    """The statement that a bug changes is not there any more, or not once: the bug has rotted."""


@dataclass(frozen=True, slots=True)
class Bug:
    """In `where` (module:function), `right` becomes `wrong`; `breaks` says what of it. `seed`: one
    whose first examples find it, as long as nothing else of the code changes what they come to."""

    name: str
    breaks: str
    where: str
    right: str
    wrong: str
    seed: int = SEED


BUGS: tuple[Bug, ...] = (
    Bug(
        "no-fencing",
        "a worker that was taken over goes on to write",
        "storage.leases:hold",
        "if row.token != lease.token:",
        "if False:",
        seed=1,
    ),
    Bug(
        "stale-originate",
        "a worker sends what it has claimed, however long it stood still since",
        "workers.lease:HeldLease.fresh",
        "return self._clock() < self._until",
        "return True",
        seed=1,
    ),
    Bug(
        "dnc-at-hopper",
        "do-not-call is checked as the hopper is filled, and not as a call is placed",
        "storage.facts:known_of",
        "forbidden(connection, campaign, numbers, now)",
        "{}",
    ),
    Bug(
        "hours-at-hopper",
        "the hours are checked as the hopper is filled, and not as a call is placed",
        "campaigns.rules:_window",
        "shut = closed_in(campaign.windows, facts.zones, now)",
        "shut = None",
        seed=3,
    ),
    Bug(
        "cap-by-campaign",
        "a number's attempts are counted for each campaign by itself",
        "storage.facts:known_of",
        ".where(_C.number.in_(numbers))",
        ".where(_C.number.in_(numbers), _C.campaign == campaign)",
        seed=3,
    ),
    Bug(
        "retry-without-asking",
        "a call is given up for lost with the link, before the PBX has been asked",
        "campaigns.links:on_link_lost",
        'run.counts["link_lost"] += 1',
        "[_lose(run, c, now, now) for c in list(run.calls.values()) if c.node == node]",
    ),
    Bug(
        "originate-repeated",
        "an originate whose call is not found after a lost link is sent again",
        "campaigns.links:_lose",
        "    unanswered = call.answered_at is None\n",
        "    unanswered = call.answered_at is None\n"
        "    from campaigns.placing import place\n"
        "    if unanswered:\n"
        "        return place(run, call.attempt, now)\n",
    ),
    Bug(
        "hang-up-forgotten",
        "a hang-up that was lost with the link is not given again",
        "campaigns.links:_reconcile_call",
        "run.send(call.node, HangUp(call.call_id))",
        "pass",
    ),
    Bug(
        "slot-leaked",
        "the channel of a call that we ended before its answer is never given back",
        "campaigns.answering:on_ended",
        "run.lines.free(order.node, order.trunk)",
        "call.cancelled or run.lines.free(order.node, order.trunk)",
    ),
    Bug(
        "counted-twice",
        "an event that comes twice is counted twice",
        "campaigns.answering:on_connected",
        "if run.step(call, Happening.CONNECTED, now):",
        "if run.step(call, Happening.CONNECTED, now) or call.connected_at:",
        seed=6,
    ),
    Bug(
        "stored-twice",
        "a result that is told again is stored again",
        "storage.ledger:Ledger.end",
        'if attempt["ended_at"] is None:',
        "if True:",
        seed=1,
    ),
    Bug(
        "claim-forgotten",
        "a claim whose answer was lost is not looked for",
        "workers.asking:Asking.claims",
        "if self.doubt:",
        "if False:",
        seed=1,
    ),
    Bug(
        "nothing-adopted",
        "a worker that takes over does not take up the calls that are open",
        "campaigns.links:adopt",
        "for open_attempt in attempts:",
        "for open_attempt in ():",
        seed=1,
    ),
    Bug(
        "results-let-go",
        "results that cannot be stored at once are let go",
        "workers.writer:Writer._write",
        "await asyncio.sleep(RETRY_SECONDS)",
        "await self._done(len(batch))",
    ),
    Bug(
        "told-though-refused",
        "a message that the receiver refused counts as delivered",
        "storage.deliveries:settle",
        "[message.id for message in batch if message.id not in failed]",
        "[message.id for message in batch]",
    ),
)


@contextmanager
def seeded(bug: Bug) -> Iterator[None]:
    """Within, the bug is in the code. Raises `BugGone`."""
    function = _function(bug)
    before = function.__code__
    function.__code__ = _broken(bug, function)
    try:
        yield
    finally:
        function.__code__ = before


def _function(bug: Bug) -> FunctionType:
    module, _, path = bug.where.partition(":")
    try:
        found: Any = reduce(getattr, path.split("."), import_module(module))
    except (ImportError, AttributeError) as gone:
        raise BugGone(f"{bug.name}: there is no {bug.where}") from gone
    function: FunctionType = inspect.unwrap(found)
    return function


def _broken(bug: Bug, function: FunctionType) -> CodeType:
    source = textwrap.dedent(inspect.getsource(function))
    if source.count(bug.right) != 1:
        raise BugGone(f"{bug.name}: {bug.where} does not hold, once, {bug.right!r}")
    made: dict[str, Callable[..., Any]] = {}
    code = compile(source.replace(bug.right, bug.wrong), inspect.getfile(function), "exec")
    exec(code, dict(function.__globals__), made)  # noqa: S102 - our own source
    return made[function.__name__].__code__
