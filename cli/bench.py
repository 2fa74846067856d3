"""`dialplane bench`: what this machine does, and what our pacing does, against baselines."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import output
from cli.errors import ExitCode, InputError
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, warn
from workers.bench.rows import Row

app = leaf_app()

BENCHES: dict[str, str] = {
    "core": "workers.bench.core:bench_core",
    "simulation": "workers.bench.core:bench_simulation",
    "ami": "workers.bench.ami:bench_ami",
    "esl": "workers.bench.esl:bench_esl",
    "results": "workers.bench.results:bench_results",
    "hooks": "workers.bench.hooks:bench_hooks",
    "originates": "workers.bench.originates:bench_originates",
    "crm": "workers.bench.crm:bench_crm",
}
"""Each a function that gives rows. What one is told besides comes from the command's options."""

WHOLE = {"esl": "workers.bench.esl:document", "crm": "workers.bench.crm:document"}
"""What makes one object of all rows of a bench, for --json."""

PACING = "pacing"
"""Compares rules, not machines: run only where it is named."""
LONG = ("crm",)
"""Take so long that they are run only where they are named."""
USUAL = tuple(name for name in BENCHES if name not in LONG)

REAL_PARTS = {
    "results": "a real PostgreSQL",
    "hooks": "a real PostgreSQL",
    "originates": "a real PostgreSQL, Asterisk and SIPp",
    "crm": "a real PostgreSQL and Redis",
}
"""What a bench starts for itself, having fetched it where the machine has none."""

OF_PACING = {"rich_help_panel": "Of the bench pacing"}
OF_CRM = {"rich_help_panel": "Of the bench crm"}


@app.command(
    epilog=examples(
        "dialplane bench",
        "dialplane bench core",
        "dialplane bench esl --json",
        "dialplane bench --json --check",
        "dialplane bench pacing --agents 50 --scenario steps",
        "dialplane bench pacing --hours 8 --picture pacing.svg --json",
        "dialplane bench crm --json",
        "dialplane bench crm --customers 100000",
    )
)
def bench(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"Of {', '.join(BENCHES)}; or {PACING}.",
            metavar="[NAME]...",
            show_default=f"all but {', '.join((*LONG, PACING))}",
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 when a figure is below what it is to be.")
    ] = False,
    hours: Annotated[
        float, typer.Option(min=0.1, max=14, help="How long a shift is.", **OF_PACING)
    ] = 2.0,
    seed: Annotated[
        int, typer.Option(min=0, help="The same seed, the same days.", **OF_PACING)
    ] = 1,
    agents: Annotated[
        list[int] | None,
        typer.Option(min=1, max=5000, help="A team's size; may be repeated.", **OF_PACING),
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(help="steady, steps or segments; may be repeated.", **OF_PACING),
    ] = None,
    rule: Annotated[
        list[str] | None, typer.Option(help="A pacing rule; may be repeated.", **OF_PACING)
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="An SVG file to draw the result into.", **OF_PACING)
    ] = None,
    customers: Annotated[
        int,
        typer.Option(min=10_000, max=100_000_000, help="Of how many leads are chosen.", **OF_CRM),
    ] = 10_000_000,
    as_json: Json = False,
) -> None:
    """Measure this machine: events, originates and results per second.

    Every figure is taken in this one run, beside the baseline it is compared with. All of them
    take about three minutes; the real servers that some need are started by themselves, and
    fetched the first time. With --json: one object a line; of 'esl', one with all transports; of
    'crm', one with all its figures.

    The bench 'crm' makes ten million customers first: some ten minutes, and 20 GB of disk.

    The bench 'pacing' is another matter: it compares Dialplane's pacing with other diallers'
    rules, on simulated shifts of the whole dialler; with --json, one object with all its rows.
    """
    asked = _known(names or list(USUAL))
    given = {"crm": {"customers": customers, "tell": lambda what: warn(f"crm: {what}")}}
    holds = _measure([name for name in asked if name != PACING], as_json, given)
    if PACING in asked:
        pacing = import_module("cli.bench_pacing")
        wanted = pacing.Asked(scenario or (), agents or (), rule or (), hours, seed, picture)
        holds = pacing.bench_pacing(wanted, as_json) and holds
    if check and not holds:
        raise typer.Exit(ExitCode.BAD_INPUT)


def _known(names: list[str]) -> list[str]:
    for name in names:
        if name not in (*BENCHES, PACING):
            known = ", ".join((*BENCHES, PACING))
            raise InputError(f"there is no bench {name!r:.40}; there are {known}")
    return names


def _measure(names: list[str], as_json: bool, given: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether every figure is what it is to be. `given`: what a bench is told, by its name."""
    rows: list[Row] = []
    for position, name in enumerate(names, 1):
        if not as_json:
            warn(f"measuring {position} of {len(names)}: {name}{_announced(name)}")
        found = _function(BENCHES[name])(**given.get(name, {}))
        rows += found
        if as_json:
            _emit(name, found)
    if rows and not as_json:
        _tell(rows)
    return all(row.holds is not False for row in rows)


def _function(target: str) -> Callable[..., Any]:
    module, _, name = target.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def _emit(name: str, rows: list[Row]) -> None:
    told = [_function(WHOLE[name])(rows)] if name in WHOLE else [row.as_json() for row in rows]
    for one in told:
        emit(one)


def _announced(name: str) -> str:
    return f", on {REAL_PARTS[name]}" if name in REAL_PARTS else ""


def _tell(rows: list[Row]) -> None:
    cells = [(r.bench, _figure(r), _against(r), r.reach, r.holds, r.note) for r in rows]
    output.show(("bench", "#figure", "#against", "#to reach", "reached", "note"), cells)


def _figure(row: Row) -> str:
    return f"{row.figure:,.0f} {row.unit}" if row.figure else "none"


def _against(row: Row) -> str:
    return f"{row.ratio:,.2f} x {row.baseline_name}" if row.ratio is not None else ""
