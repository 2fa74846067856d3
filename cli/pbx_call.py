"""`dialplane pbx originate`: one test call, outside of every campaign."""

import asyncio
import contextlib
from typing import Annotated
from uuid import uuid4

import typer

from cli.errors import ExitCode, StateError
from cli.lazy import leaf_app
from cli.numbers import Region, e164
from cli.output import Json, examples, say, shown, stream
from cli.pbx_session import named, visit
from cli.site import Site, now, open_site
from cli.tokens import token
from connectors.calls import Answered, Ended, Event, HangUp, Originate
from connectors.pbx import LinkDown, Pbx
from storage import dnc

app = leaf_app()
GRACE = 15.0  # seconds, beyond that wait and hold, until the PBX must have told the end


@app.command(
    epilog=examples(
        "dialplane pbx originate +12125550100 --trunk carrier --caller-id +12125550101",
        "dialplane pbx originate +12125550100 --trunk t1 --caller-id +12125550101 --amd --json",
    )
)
def originate(
    number: Annotated[str, typer.Argument(help="Whom to call, with country code.")],
    trunk: Annotated[str, typer.Option(help="The trunk, by its name on the PBX.")],
    caller_id: Annotated[str, typer.Option(help="The number to show.")],
    pbx: Annotated[str, typer.Option(help="The PBX node.")] = "main",
    region: Region = None,
    ring: Annotated[int, typer.Option(min=5, max=120, help="Seconds to wait for an answer.")] = 25,
    hold: Annotated[float, typer.Option(min=0, max=300, help="Seconds to stay on the line.")] = 5,
    amd: Annotated[bool, typer.Option("--amd", help="Let the PBX listen to who picks up.")] = False,
    as_json: Json = False,
) -> None:
    """Place one test call, and tell what becomes of it.

    The phone does ring. The call belongs to no campaign and leaves no attempt behind; numbers
    on the do-not-call list are not called. Exit code 0: it was answered; 3: it was not.
    """
    whom, shows = e164(number, "NUMBER", region), e164(caller_id, "--caller-id", region)
    order = Originate(uuid4(), whom, token(trunk, "--trunk"), shows, ring, amd)
    with open_site() as site:
        _require_callable(site, order.number)
        answered = asyncio.run(_call(site, pbx, order, hold, as_json))
    if not answered:
        raise typer.Exit(ExitCode.NOT_SO)


def _require_callable(site: Site, number: str) -> None:
    listed = [e for e in dnc.check(site.store, number) if not e.expires_at or e.expires_at > now()]
    if listed:
        raise StateError(f"{number} is on the do-not-call list; it is not called")


async def _call(site: Site, node: str, order: Originate, hold: float, as_json: bool) -> bool:
    heard: asyncio.Queue[Event] = asyncio.Queue()
    async with visit(site.settings, node, heard.put_nowait) as pbx:
        pbx.send(order)
        try:
            async with asyncio.timeout(order.wait_seconds + hold + GRACE):
                return await _follow(pbx, heard, order, hold, as_json)
        except TimeoutError:
            raise StateError(
                f"PBX '{node}' has not told the end of the call; see: dialplane pbx calls {node}"
            ) from None
        finally:
            with contextlib.suppress(LinkDown):
                pbx.send(HangUp(order.call_id))


async def _follow(
    pbx: Pbx, heard: "asyncio.Queue[Event]", order: Originate, hold: float, as_json: bool
) -> bool:
    answered = False
    loop = asyncio.get_running_loop()
    while True:
        event = await heard.get()
        if getattr(event, "call_id", None) != order.call_id:
            continue
        _tell(event, as_json)
        if isinstance(event, Answered) and not answered:
            answered = True
            loop.call_later(hold, pbx.send, HangUp(order.call_id))
        if isinstance(event, Ended):
            return answered


def _tell(event: Event, as_json: bool) -> None:
    facts = named(event)
    if as_json:
        stream(facts)
    else:
        said = [f"{k}={shown(v)}" for k, v in facts.items() if k not in {"event", "at", "call_id"}]
        say(f"{event.at:%H:%M:%S.%f} {facts['event']:<12} {' '.join(said)}")
