"""`dialplane bench`: what this machine does, as ratios against a baseline of the same run."""

from collections.abc import Iterator
from importlib import import_module
from typing import Annotated

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
    "results": "workers.bench.results:bench_results",
    "originates": "workers.bench.originates:bench_originates",
}
"""Each a function without arguments that gives rows."""

REAL_PARTS = {
    "results": "a real PostgreSQL",
    "originates": "a real PostgreSQL, Asterisk and SIPp",
}
"""What a bench starts for itself, having fetched it where the machine has none."""


@app.command(
    epilog=examples("dialplane bench", "dialplane bench core", "dialplane bench --json --check")
)
def bench(
    names: Annotated[
        list[str] | None,
        typer.Argument(help=f"Of {', '.join(BENCHES)}.", metavar="[NAME]...", show_default="all"),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 when a figure is below what it is to be.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Measure this machine: events, originates and results per second.

    Every figure is taken in this one run, beside the baseline it is compared with. All of them
    take about three minutes; the real servers that some need are started by themselves, and
    fetched the first time. With --json: one object a line.
    """
    rows = []
    for row in _rows(names or list(BENCHES), quiet=as_json):
        rows.append(row)
        if as_json:
            emit(row.as_json())
    if not as_json:
        _tell(rows)
    if check and any(row.holds is False for row in rows):
        raise typer.Exit(ExitCode.BAD_INPUT)


def _rows(names: list[str], quiet: bool) -> Iterator[Row]:
    for name in names:
        if name not in BENCHES:
            raise InputError(f"there is no bench {name!r:.40}; there are {', '.join(BENCHES)}")
    for position, name in enumerate(names, 1):
        if not quiet:
            warn(f"measuring {position} of {len(names)}: {name}{_announced(name)}")
        module, _, function = BENCHES[name].partition(":")
        yield from getattr(import_module(module), function)()


def _announced(name: str) -> str:
    return f", on {REAL_PARTS[name]}" if name in REAL_PARTS else ""


def _tell(rows: list[Row]) -> None:
    cells = [
        (r.bench, f"{r.figure:,.0f} {r.unit}", _against(r), r.reach, r.holds, r.note) for r in rows
    ]
    output.show(("bench", "#figure", "#against", "#to reach", "reached", "note"), cells)


def _against(row: Row) -> str:
    return f"{row.ratio:,.2f} x {row.baseline_name}" if row.ratio is not None else ""
