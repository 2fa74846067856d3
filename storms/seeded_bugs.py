"""Bugs put into the code on purpose, one at a time: does the model find each of them?

Each is looked for in a process of its own, and the code as it is must pass as many examples.
"""

import json
import subprocess
import sys
from typing import Any

from storms.storm import Figure, Order, Storm, StormFailed

EXAMPLES = {False: 60, True: 600}  # at most, for each bug; in the long form


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
    words = ["--seed", str(order.seed), "--examples", str(EXAMPLES[order.long]), "--json"]
    command = [sys.executable, "-m", "storms.model", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        rows: list[dict[str, Any]] = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.splitlines() or ["it said nothing"])[-1]
        raise StormFailed(f"the model did not run: {last}") from None
    return rows


STORM = Storm(
    name="seeded-bugs",
    reach="15 of 15 seeded bugs found by the model, which holds for the code as it is",
    short=15,
    long=15,
    run=run,
)
