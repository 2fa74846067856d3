"""`dialplane campaign watch`: the live view of a running campaign."""

import sys
import time
from collections.abc import Iterator
from typing import Annotated, Any

import redis
import typer
from rich.console import Group
from rich.live import Live

from cli.errors import StateError
from cli.lazy import leaf_app
from cli.live_view import in_a_line, view
from cli.output import Json, console, examples, say, stream
from cli.site import open_site, site_redis
from storage import campaigns
from workers.live import read_live

app = leaf_app()
EACH = 0.25  # the workers publish four times a second
LINE_EACH = 1.0  # seconds between two lines in a pipe
PATIENCE = 5.0  # seconds without a sign of life until the campaign counts as over


@app.command(
    epilog=examples(
        "dialplane campaign watch spring",
        "dialplane campaign watch spring --seconds 60",
        "dialplane campaign watch spring --json | jq .connected",
    )
)
def watch(
    name: Annotated[str, typer.Argument(help="A campaign.", metavar="NAME")],
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="End after so long.", show_default="never")
    ] = None,
    as_json: Json = False,
) -> None:
    """Watch a running campaign, four times a second.

    Ends with Ctrl-C, or when the campaign does. In a pipe or a file: a line for each change, at
    most one a second. With --json: one object a line for each change.
    """
    with open_site() as site, site_redis(site.settings) as client:
        campaigns.get(site.store, name)
        if read_live(client, name) is None:
            raise StateError(f"Campaign '{name}' is not being dialled by any worker now")
        lines = not as_json and not console().is_terminal
        shots = _snapshots(client, name, seconds, LINE_EACH if lines else EACH)
        if as_json:
            for shot in shots:
                stream(shot)
        else:
            _show(shots)
            say(f"No more from campaign '{name}'; see: dialplane campaign report {name}")


def _snapshots(
    client: "redis.Redis", name: str, seconds: float | None, each: float
) -> Iterator[dict[str, Any]]:
    began = heard = time.monotonic()
    last: dict[str, Any] | None = None
    while time.monotonic() - heard < PATIENCE:
        shot = read_live(client, name)
        if shot is not None and shot != last:
            heard, last = time.monotonic(), shot
            yield shot
        if seconds is not None and time.monotonic() - began >= seconds:
            return
        time.sleep(each)


def _show(shots: Iterator[dict[str, Any]]) -> None:
    screen = console()
    if not screen.is_terminal:
        _tell(shots)
        return
    with Live(Group(), console=screen, auto_refresh=False, screen=True) as live:
        for shot in shots:
            live.update(view(shot), refresh=True)


def _tell(shots: Iterator[dict[str, Any]]) -> None:
    last = ""
    for shot in shots:
        line = in_a_line(shot)
        if line != last:
            last = line
            say(f"{shot['at'][:19]} {line}")
            sys.stdout.flush()
