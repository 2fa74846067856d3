"""Bugs put into the code on purpose, one at a time: does the model find each of them?

Two processes share them; in one, the code as it is must pass as many examples.
"""

import json
import subprocess
import sys
from typing import Any

from storms.model.bugs import BUGS
from storms.storm import Figure, Order, Storm, StormFailed

EXAMPLES = {False: 30, True: 600}  # at most, for each bug; in the long form
HANDS = 2  # processes that look


def run(order: Order) -> Figure:
    rows = _scores(order)
    bugs = [row for row in rows if row["bug"]]
    missed = [row["bug"] for row in bugs if not row["found"]]
    broken = [row["why"] for row in rows if not row["bug"] and row["found"]]
    most = max(row["examples"] for row in bugs)
    text = f"{len(bugs) - len(missed)} of {len(bugs)} found, in at most {most} examples each"
    text += f"; missed: {', '.join(missed)}" if missed else ""
    text += f"; the code as it is does not hold: {broken[0]}" if broken else ""
    return Figure(text, not missed and not broken)


def _scores(order: Order) -> list[dict[str, Any]]:
    """Of all bugs, each process looking for its share of them; and of the code as it is."""
    names = [bug.name for bug in BUGS]
    first, *others = [names[hand::HANDS] for hand in reversed(range(HANDS))]  # the smallest share
    running = [_look(order, first), *(_look(order, share, "--bugs-only") for share in others)]
    return [row for one in running for row in _rows(one)]


def _look(order: Order, names: list[str], *more: str) -> "subprocess.Popen[str]":
    words = ["--seed", str(order.seed), "--examples", str(EXAMPLES[order.long]), "--json"]
    words += [*more, *(word for name in names for word in ("--only", name))]
    command = [sys.executable, "-m", "storms.model", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)  # noqa: S603


def _rows(running: "subprocess.Popen[str]") -> list[dict[str, Any]]:
    told, wrong = running.communicate()
    try:
        rows: list[dict[str, Any]] = json.loads(told)
    except ValueError:
        last = (wrong.splitlines() or ["it said nothing"])[-1]
        raise StormFailed(f"the model did not run: {last}") from None
    return rows


STORM = Storm(
    name="seeded-bugs",
    reach="15 of 15 seeded bugs found by the model, which holds for the code as it is",
    short=15,
    long=15,
    run=run,
)
