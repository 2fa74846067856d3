"""`dialplane campaign watch`: the live view of a running campaign."""

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any

import redis
import typer
from rich.console import Group
from rich.live import Live

from campaigns.spec.campaign import Campaign
from cli.errors import StateError
from cli.lazy import leaf_app
from cli.live_view import in_a_line, view
from cli.output import Json, console, examples, say, stream
from cli.site import Site, now, open_site, site_redis
from storage import campaigns
from storage.errors import StorageError
from storage.forecasts import forecast
from workers.live import read_live

app = leaf_app()
EACH = 0.25  # the workers publish four times a second
LINE_EACH = 1.0  # seconds between two lines in a pipe
FORECAST_EACH = 5.0
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
        spec = campaigns.get(site.store, name).spec
        if read_live(client, name) is None:
            raise StateError(f"Campaign '{name}' is not being dialled by any worker now")
        lines = not as_json and not console().is_terminal
        taken = _snapshots(client, name, seconds, LINE_EACH if lines else EACH)
        shots = _with_forecast(taken, site, spec)
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


def _with_forecast(
    shots: Iterator[dict[str, Any]], site: Site, spec: Campaign
) -> Iterator[dict[str, Any]]:
    """Each with what pacing expected and what came, as far as the database tells of it."""
    looked, found = -FORECAST_EACH, None
    for shot in shots:
        if time.monotonic() - looked >= FORECAST_EACH:
            looked = time.monotonic()
            with suppress(StorageError):
                found = forecast(site.store, spec, now())
        yield shot if found is None else {**shot, "forecast": asdict(found)}


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
