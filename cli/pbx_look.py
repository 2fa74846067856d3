"""`dialplane pbx ping`, `calls` and `events`."""

import asyncio
import contextlib
import sys
from typing import Annotated, Any

import typer

from cli import output
from cli.errors import ExitCode, InputError
from cli.lazy import leaf_app
from cli.output import Json, emit_lines, examples, say, shown, stream
from cli.pbx_session import named, visit
from cli.site import existing_site
from connectors.calls import Event, LiveCall
from connectors.pbx import PbxError
from workers.settings import Settings

app = leaf_app()
Node = Annotated[str, typer.Argument(help="A PBX node, as named in the settings.", metavar="[PBX]")]


@app.command(epilog=examples("dialplane pbx ping", "dialplane pbx ping main --json"))
def ping(
    name: Annotated[
        str | None, typer.Argument(help="A PBX node.", metavar="[PBX]", show_default="all")
    ] = None,
    as_json: Json = False,
) -> None:
    """Log in to each PBX node and measure a round trip.

    Exit code 0: all of them answer; 4: one does not.
    """
    settings = existing_site()
    names = [name] if name else sorted(settings.pbx)
    found = [asyncio.run(_ping(settings, node)) for node in names]
    if as_json:
        emit_lines(found)
    else:
        rows = [(f["pbx"], "up" if f["up"] else "down", f["milliseconds"], f["why"]) for f in found]
        output.show(("PBX", "state", "#ms", "why"), rows)
    if not all(f["up"] for f in found):
        raise typer.Exit(ExitCode.UNREACHABLE)


@app.command(epilog=examples("dialplane pbx calls", "dialplane pbx calls west --json"))
def calls(name: Node = "main", as_json: Json = False) -> None:
    """List the calls of ours that a PBX node holds now."""
    live = asyncio.run(_calls(existing_site(), name))
    if as_json:
        emit_lines(live)
    else:
        rows = [(c.call_id, c.phase, c.leg_id) for c in live]
        output.show(("call", "phase", "agent's leg"), rows, none=f"PBX '{name}' holds no calls.")


@app.command(
    epilog=examples("dialplane pbx events", "dialplane pbx events main --seconds 30 --json")
)
def events(
    name: Node = "main",
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="End after so long.", show_default="never")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print what a PBX node tells, as it happens.

    Calls that other processes placed show here as far as the PBX tells every client of them.
    """

    def tell(event: Event) -> None:
        if as_json:
            stream(named(event))
        else:
            say("  ".join(f"{key}={shown(value)}" for key, value in named(event).items()))
            sys.stdout.flush()

    asyncio.run(_events(existing_site(), name, seconds, tell))


async def _ping(settings: Settings, name: str) -> dict[str, Any]:
    try:
        async with visit(settings, name) as pbx:
            took = await pbx.ping()
    except (PbxError, InputError) as wrong:
        return {"pbx": name, "up": False, "milliseconds": None, "why": str(wrong)}
    return {"pbx": name, "up": True, "milliseconds": round(took * 1000, 2), "why": ""}


async def _calls(settings: Settings, name: str) -> tuple[LiveCall, ...]:
    async with visit(settings, name) as pbx:
        return await pbx.live_calls()


async def _events(settings: Settings, name: str, seconds: float | None, tell: Any) -> None:
    async with visit(settings, name, tell):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), seconds)
