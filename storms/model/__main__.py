"""`python -m storms.model`: look for each seeded bug, and print the score."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from storms.model.bugs import BUGS, SEED, seeded
from storms.model.hunt import EXAMPLES, Hunt, hunt

NAMES = ", ".join(bug.name for bug in BUGS)


def main(
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="The same seed, the same examples. Else each bug's own."),
    ] = None,
    examples: Annotated[int, typer.Option(min=1, help="At most so many of each.")] = EXAMPLES,
    only: Annotated[list[str] | None, typer.Option(help=f"These bugs: {NAMES}.")] = None,
    bugs_only: Annotated[bool, typer.Option(help="Not at the code as it is.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Let the model look for each bug, and then at the code as it is.

    Exit code 0: all are found, and the code as it is holds; 1: not so; 2: no bug has that name.
    """
    if unknown := set(only or ()) - {bug.name for bug in BUGS}:
        raise typer.BadParameter(f"--only: no bug is called {min(unknown)!a}; there are: {NAMES}")
    rows = []
    for bug in [bug for bug in BUGS if not only or bug.name in only]:
        with seeded(bug):
            came = hunt(examples, bug.seed if seed is None else seed)
        rows.append(_row(bug.name, bug.breaks, came))
    if not bugs_only:
        came = hunt(examples, SEED if seed is None else seed)
        rows.append(_row("", "the code as it is", came))
    print_score(rows, as_json)
    if any(row["found"] != bool(row["bug"]) for row in rows):
        raise typer.Exit(1)


def print_score(rows: list[dict[str, Any]], as_json: bool) -> None:
    """A table and the score, or JSON."""
    console = Console()
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table("bug", "what it breaks", "found", "examples", "by")
    for row in rows:
        found = "yes" if row["found"] else "no"
        table.add_row(row["bug"], row["breaks"], found, str(row["examples"]), row["why"])
    console.print(table)
    bugs = [row for row in rows if row["bug"]]
    console.print(f"seeded bugs: {sum(row['found'] for row in bugs)} of {len(bugs)} found")


def _row(bug: str, breaks: str, came: Hunt) -> dict[str, Any]:
    told = {"found": came.found, "examples": came.examples, "why": came.why}
    return {"bug": bug, "breaks": breaks, **told}


if __name__ == "__main__":
    typer.run(main)
