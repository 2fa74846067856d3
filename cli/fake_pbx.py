"""`dialplane fake-pbx`: the fake PBX over the wire, for connectors and for other clients."""

import asyncio
import ipaddress
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import typer

from cli.errors import InputError, StateError
from cli.lazy import leaf_app
from cli.output import Json, details, examples, stream, warn
from cli.worlds import world_of
from connectors.fake.wire.serve import AMI_PORT, ESL_PORT, Served, Serving, serve

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane fake-pbx",
        "dialplane fake-pbx --ami 5038 --world 'fake://default?answer=0.4&talk=30'",
        "dialplane fake-pbx --esl 0 --world fake://lab --seed 7 --json",
    )
)
def fake_pbx(
    ami: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="The port of an Asterisk's manager; 0: a free one."),
    ] = None,
    esl: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="The port of a FreeSWITCH's event socket; 0: any."),
    ] = None,
    world: Annotated[
        str, typer.Option(help="Who is called: a world of the fake PBX, as a URL.")
    ] = "fake://demo",
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed, the same day; else the world's.")
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    user: Annotated[str, typer.Option(help="The manager's user.")] = "dialplane",
    password: Annotated[
        str,
        typer.Option(
            envvar="DIALPLANE_FAKE_PBX_PASSWORD",
            help="Of both; without one, a password is made up and shown once.",
            show_default=False,
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Serve the fake PBX as an Asterisk and as a FreeSWITCH.

    Any client of AMI or of the event socket (ESL) can call its customers and agents' phones, until
    Ctrl-C; nobody's phone rings. Each port is a PBX of its own. Without --ami and --esl both are
    served on their usual ports, 5038 and 8021. With --json: one line that says where they are.
    """
    place = world_of(world)
    if place.speed is not None:
        raise InputError("--world: a PBX on the wire runs at the wall's pace; leave out speed=")
    ports = (AMI_PORT, ESL_PORT) if ami is None and esl is None else (ami, esl)
    try:
        plan = Serving(place.world, place.seed, host, *ports, user, password)
    except ValueError as wrong:
        raise InputError(f"--user, --password: {wrong}") from wrong
    if seed is not None:
        plan = replace(plan, seed=seed)
    _run(plan, as_json)


def _run(plan: Serving, as_json: bool) -> None:
    if not _is_loopback(plan.host):
        warn(f"{plan.host} can be reached from elsewhere, and what is said there is not encrypted.")
    try:
        asyncio.run(serve(plan, partial(_tell, plan, as_json)))
    except OSError as error:
        why = error.strerror or str(error)
        raise StateError(f"cannot listen on {plan.host}: {why}; try another port") from None


def _tell(plan: Serving, as_json: bool, served: tuple[Served, ...], made_up: str) -> None:
    if as_json:
        stream({one.protocol: _address(plan, one, made_up) for one in served})
        return
    details([(one.protocol.upper(), _url(one, made_up)) for one in served])
    if made_up:
        warn("The password was made up for this run. Ctrl-C ends it.")
    else:
        warn("PASSWORD stands for the one that was given. Ctrl-C ends it.")


def _address(plan: Serving, one: Served, made_up: str) -> dict[str, Any]:
    user = {"user": plan.user} if one.protocol == "ami" else {}
    password = {"password": made_up} if made_up else {}
    return {"host": one.host, "port": one.port, **user, **password, "url": _url(one, made_up)}


def _url(one: Served, made_up: str) -> str:
    """A password that somebody chose is not shown."""
    if made_up:
        return one.url
    before, _, address = one.url.rpartition("@")
    return f"{before.rpartition(':')[0]}:PASSWORD@{address}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
