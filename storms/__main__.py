"""`python -m storms`: let the storms loose, print the table, write `storm.json`."""

import json
import logging
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from lab.errors import LabError
from storage.errors import StorageError
from storms.storm import Figure, Order, Storm, StormFailed
from storms.table import STORMS

NAMES = ", ".join(storm.name for storm in STORMS)


def main(
    long: Annotated[bool, typer.Option("--long", help="The long form: hours.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same places.")] = 1,
    only: Annotated[list[str] | None, typer.Option(help=f"These storms: {NAMES}.")] = None,
    write: Annotated[Path, typer.Option(help="Where the figures go.")] = Path("storm.json"),
) -> None:
    """Let every storm loose on real parts of this machine, one after another.

    Exit code 0: all that was run holds; 1: something does not; 2: no storm has that name.
    """
    wanted = [storm for storm in STORMS if not only or storm.name in only]
    if unknown := set(only or ()) - {storm.name for storm in STORMS}:
        raise typer.BadParameter(f"--only: no storm is called {min(unknown)!a}; there are: {NAMES}")
    logging.basicConfig(level=logging.CRITICAL)  # what breaks is meant to
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and what was started ends
    rows: list[dict[str, Any]] = []
    for row in _all(wanted, seed, long):
        rows.append(row)
        write.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    _print(rows)
    if not all(row["holds"] for row in rows):
        raise typer.Exit(1)


def _all(wanted: list[Storm], seed: int, long: bool) -> Iterator[dict[str, Any]]:
    """Each row as it is there: a run that is cut short has written what it has seen."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        for nth, storm in enumerate(wanted, 1):
            task = bar.add_task(f"{nth}/{len(wanted)} {storm.name}", total=1.0)

            def tell(share: float, task: Any = task) -> None:
                bar.update(task, completed=share)

            begun = time.monotonic()
            figure = _figure(storm, Order(storm.long if long else storm.short, seed, long, tell))
            bar.remove_task(task)
            yield _row(storm, figure, seed, time.monotonic() - begun)


def _figure(storm: Storm, order: Order) -> Figure:
    try:
        return storm.run(order)
    except (StormFailed, StorageError, LabError) as failed:
        return Figure(str(failed), holds=False)
    except Exception as broken:  # noqa: BLE001 - the other rows are wanted all the same
        traceback.print_exc()
        return Figure(f"the storm itself broke: {type(broken).__name__}: {broken}", holds=False)


def _row(storm: Storm, figure: Figure, seed: int, took: float) -> dict[str, Any]:
    return {
        "storm": storm.name,
        "reach": storm.reach,
        "figure": f"{figure.text} [{took:.0f} s]",
        "seed": seed,
        "holds": figure.holds,
    }


def _print(rows: list[dict[str, Any]]) -> None:
    table = Table("storm", "reach", "figure", "seed", "holds", show_lines=True)
    for row in rows:
        holds = "yes" if row["holds"] else "NO"
        table.add_row(row["storm"], row["reach"], row["figure"], str(row["seed"]), holds)
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
