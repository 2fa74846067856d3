"""`dialplane bench pacing`: our pacing rule and others' on the same simulated days."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from campaigns.spec.errors import nearest
from campaigns.spec.pacing import Abandonment
from cli import output
from cli.errors import InputError
from cli.output import emit, say, warn
from cli.progress import bar
from workers.bench.pacing import COUNTED_FROM, Case, PacingRow, cases, run_all
from workers.bench.pacing_rules import RULES
from workers.bench.pacing_scenarios import SCENARIOS
from workers.bench.picture import picture

LIMIT = Abandonment().limit  # the scenarios name none


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be compared; empty lists: everything."""

    scenarios: Sequence[str]
    teams: Sequence[int]
    rules: Sequence[str]
    hours: float
    seed: int
    picture: Path | None = None


def bench_pacing(asked: Asked, as_json: bool) -> bool:
    """Run the shifts and tell of them. False: the guard has let a shift pass above the limit."""
    shifts = _shifts(asked)
    if not as_json:
        warn(f"measuring pacing: {len(shifts)} shifts of {asked.hours:g} h in virtual time")
    rows = _run(shifts, as_json)
    if asked.picture is not None:
        _draw(asked.picture, rows)
    if as_json:
        emit(document(asked, rows))
    else:
        _tell(rows)
    return all(row.max_abandonment_seen <= LIMIT for row in rows if RULES[row.rule].guard)


def document(asked: Asked, rows: Iterable[PacingRow]) -> dict[str, Any]:
    """Everything that was measured, and how. Shares are fractions."""
    return {
        "bench": "pacing",
        "hours": asked.hours,
        "seed": asked.seed,
        "counted_from": COUNTED_FROM,
        "scenarios": {name: scenario.about for name, scenario in SCENARIOS.items()},
        "rules": {name: rule.title for name, rule in RULES.items()},
        "rows": [asdict(row) for row in rows],
    }


def _shifts(asked: Asked) -> list[Case]:
    """Raises `InputError`."""
    scenarios = _known(asked.scenarios, SCENARIOS, "scenario")
    rules = _known(asked.rules, RULES, "rule")
    return cases(scenarios, asked.teams, rules, asked.hours, asked.seed)


def _known(names: Sequence[str], known: Mapping[str, Any], what: str) -> Sequence[str]:
    for name in names:
        if name not in known:
            meant = nearest(name, known) or f"there are {', '.join(known)}"
            raise InputError(f"--{what}: there is no {what} {name!r:.40}; {meant}")
    return list(dict.fromkeys(names)) or list(known)


def _run(shifts: Sequence[Case], quiet: bool) -> list[PacingRow]:
    rows = []
    with bar(quiet) as progress:
        task = progress.add_task("simulating", total=sum(shift.agents for shift in shifts))
        for row in run_all(shifts, os.cpu_count() or 1):
            rows.append(row)
            progress.update(task, advance=row.agents)
    return rows


def _draw(file: Path, rows: Sequence[PacingRow]) -> None:
    try:
        file.write_text(picture([asdict(row) for row in rows]), encoding="utf-8")
    except OSError as wrong:
        raise InputError(f"{file}: {wrong.strerror or wrong}") from wrong


def _tell(rows: Iterable[PacingRow]) -> None:
    columns = (
        "scenario",
        "#agents",
        "rule",
        "#idle",
        "#abandoned",
        "#most seen",
        "#after jumps",
        "#calls/h",
    )
    cells = [
        (
            row.scenario,
            row.agents,
            row.rule,
            f"{row.idle:.1%}",
            f"{row.abandonment:.2%}",
            f"{row.max_abandonment_seen:.2%}",
            "" if row.after_jumps is None else f"{row.after_jumps:.1%}",
            f"{row.calls_per_hour:,.0f}",
        )
        for row in rows
    ]
    output.show(columns, cells)
    say(
        f"idle: of idle and talk time. most seen: the highest share at any instant of the shift, "
        f"from {COUNTED_FROM} live answers on. after jumps: abandoned in the five minutes after "
        f"the share of answers leaps up."
    )
