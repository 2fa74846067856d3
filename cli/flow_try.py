"""`dialplane flow try`: a flow in the terminal, without a phone."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from campaigns.flow.flow import Flow
from campaigns.flow.reaching import Webhook
from campaigns.flow.scene import Call
from campaigns.flow.trying import Script, go_through
from campaigns.flow.walk import Walk
from cli.flow_given import fields_of, keys_of, moment_of, require_known, webhooks_of, zones_of
from cli.flow_seen import answer_of, tell, told
from cli.flow_world import read_flow
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.problems import problems_as_json
from connectors.calls import Party

app = leaf_app()
Many = list[str] | None


@app.command(
    "try",
    epilog=examples(
        "dialplane flow try survey.yaml",
        "dialplane flow try survey.yaml --digits 1,4,1 --json",
        "dialplane flow try payment.yaml --digits 1,1980,3 --field due=120 "
        "--webhook identify.is_right=yes --at 2026-11-27T10:00-05:00",
        "dialplane flow try press-one.yaml --digits 1 --no-agent",
    ),
)
def try_(
    file: Annotated[Path, typer.Argument(help="A flow file (YAML).", metavar="FILE")],
    digits: Annotated[
        str | None,
        typer.Option(
            help="What is pressed, each time the flow asks; with commas between, nothing for "
            "silence. When it is used up: silence.",
            show_default="asked for in the terminal",
        ),
    ] = None,
    tag: Annotated[Many, typer.Option(help="A tag of the customer; may be repeated.")] = None,
    field: Annotated[
        Many, typer.Option(help="A field of the customer: NAME=TEXT; may be repeated.")
    ] = None,
    zone: Annotated[
        Many,
        typer.Option(help="A time zone that the number may be in; may be repeated."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="When the call is answered, such as 2026-11-27T10:00-05:00; UTC where no offset "
            "is given.",
            show_default="now",
        ),
    ] = None,
    party: Annotated[Party, typer.Option(help="Who picks up.")] = Party.HUMAN,
    webhook: Annotated[
        Many,
        typer.Option(
            help="A field of what an endpoint answers: ENDPOINT.FIELD=TEXT; or ENDPOINT=down; "
            "may be repeated.",
        ),
    ] = None,
    no_agent: Annotated[bool, typer.Option("--no-agent", help="No agent is free.")] = False,
    no_answer: Annotated[
        bool, typer.Option("--no-answer", help="Nobody answers where the call is transferred.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Walk through a flow without a phone.

    Prints what is played and said, the steps taken, and the answers. Without --digits the keys
    are asked for in the terminal: Enter alone is silence, the end of input hangs up. With --json
    and no --digits nobody presses anything. Time passes only where something is waited for in
    vain.
    """
    with problems_as_json(file, as_json):
        flow, called = read_flow(file)
    fields, answers = fields_of(field or ()), webhooks_of(webhook or ())
    require_known("--webhook", answers, _endpoints((flow, *called.values())), "an endpoint")
    require_known("--field", fields, flow.variables, "one of the 'variables'")
    call = Call(fields, frozenset(tag or ()), party, zones_of(zone or ()))
    walk = Walk(flow, call, called)
    entries = None if digits is None and not as_json else keys_of(digits or "")
    script = Script(
        entry=_asked if entries is None else lambda: entries.pop(0) if entries else "",
        webhooks=answers,
        agents=not no_agent,
        answer=not no_answer,
    )
    begun = moment_of(at) if at else datetime.now(UTC)
    go_through(walk, script, begun, _quiet if as_json else lambda doing: say(told(doing)))
    if as_json:
        emit(answer_of(walk, entries or []))
    else:
        tell(walk, entries or [])


def _endpoints(flows: Iterable[Flow]) -> set[str]:
    """Those that the flows ask."""
    steps = (step for each in flows for _, step in each.each())
    return {step.webhook for step in steps if isinstance(step, Webhook)}


def _quiet(_: object) -> None:
    """Nothing but the JSON at the end goes out."""


def _asked() -> str | None:
    """What somebody types; None at the end of input."""
    while True:
        try:
            typed = input("keys> ").strip()
        except EOFError:
            return None
        if set(typed) <= set("0123456789*#"):
            return typed
        say("A telephone has the keys 0 to 9, * and #. Enter alone: silence.")
