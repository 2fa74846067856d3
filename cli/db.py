"""`dialplane db`: how the database keeps what grows without end."""

from typing import Annotated, Any

import typer

from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.site import open_site
from storage.partitioning.convert import MOST, partition

app = leaf_app(
    no_args_is_help=True,
    help="The database of a large site: partitions.",
    epilog=examples("dialplane db partition"),
)


@app.callback()
def _group() -> None:
    """A group, though of one command."""


@app.command(
    "partition",
    epilog=examples(
        "dialplane db partition",
        "dialplane db partition --customers 16",
        "dialplane db partition --json | jq -r '.months[]'",
    ),
)
def partition_(
    customers: Annotated[
        int,
        typer.Option(
            "--customers",
            min=0,
            max=MOST,
            help="Split the customers by a hash of their ids into so many partitions; 0: do not.",
            show_default="0",
        ),
    ] = 0,
    as_json: Json = False,
) -> None:
    """Keep calls by month in PostgreSQL partitions: attempts, and what happened in them.

    All of it or nothing, in one transaction, while no worker dials. The calls that are there become
    the first partition as they are; they are read once, and not written. Customers are written
    anew, and their number of partitions is chosen once. Workers make each month before it begins.
    Run again, it makes the months that are not there.
    """
    with open_site() as site:
        made = partition(site.store, customers)
    answer = {"partitioned": made.tables, "months": made.months}
    if as_json:
        emit(answer)
    else:
        _tell(answer)


def _tell(answer: dict[str, Any]) -> None:
    if not (answer["partitioned"] or answer["months"]):
        say("Everything is partitioned already, and the months ahead are there.")
        return
    for table in answer["partitioned"]:
        say(f"{table}: partitioned")
    for name in answer["months"]:
        say(f"  made {name}")
