"""`dialplane demo`: a whole site on this machine, dialling a campaign with simulated agents."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.live import Live

from campaigns.flow.needs import reached_from
from campaigns.spec.campaign import Mode
from cli import output
from cli.campaign_files import read_campaign
from cli.errors import InputError
from cli.lazy import leaf_app
from cli.live_view import view
from cli.output import Json, console, details, emit, examples, warn
from workers.demo import run_demo
from workers.demo_given import Given
from workers.demo_plan import DemoPlan

app = leaf_app()
DEFAULT = DemoPlan()
Watch = Callable[[dict[str, Any]], None]


KINDS = ("fake", "asterisk", "freeswitch", "fake-ami", "fake-esl")
"""What the demo dials over. The first has a faster clock of its own, so it stands alone."""


PLAY_FLOWS = ("fake", "asterisk", "freeswitch")


class Dialling(StrEnum):
    """The modes in which no agent has to press anything."""

    PREDICTIVE = Mode.PREDICTIVE.value
    PROGRESSIVE = Mode.PROGRESSIVE.value
    POWER = Mode.POWER.value


@app.command(
    epilog=examples(
        "dialplane demo",
        "dialplane demo --pbx asterisk",
        "dialplane demo --pbx asterisk,fake-esl",
        "dialplane demo --leads 300 --agents 12 --seed 7 --json",
        "dialplane demo --pbx asterisk --campaign campaigns/examples/survey.yaml --json",
    )
)
def demo(
    pbx: Annotated[
        str,
        typer.Option(
            help=f"One of {', '.join(KINDS)}: real ones, or the fake one, also over the wire; or "
            "several joined by commas."
        ),
    ] = KINDS[0],
    leads: Annotated[int, typer.Option(min=1, max=5000, help="How many leads.")] = DEFAULT.leads,
    agents: Annotated[int, typer.Option(min=1, max=200, help="How many agents.")] = DEFAULT.agents,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same leads.")] = DEFAULT.seed,
    mode: Annotated[Dialling, typer.Option(help="How it is paced.")] = Dialling.PREDICTIVE,
    campaign: Annotated[
        Path | None,
        typer.Option(
            help="A campaign file of your own (YAML), instead of the demo's: its mode, flow, "
            "dispositions, AMD and pacing.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Watch a campaign dial, connect and report; nobody's phone rings.

    A database, a Redis, workers, a PBX and simulated agents are set up for it on this machine
    and taken away again. It ends by itself within three minutes. With --campaign FILE of mode ivr,
    on the PBX kinds fake, asterisk and freeswitch, the answers to its flow come by question; on
    real ones customers press what their numbers end in. On Asterisk each prompt is a second of
    silence; on FreeSWITCH the flow has to be installed before.
    """
    given = _given(campaign, pbx) if campaign is not None else None
    plan = DemoPlan(_kinds(pbx), leads, agents, seed, mode.value, given)
    with _watching(as_json) as watch:
        found = run_demo(plan, watch, warn)
    if as_json:
        emit(found)
    else:
        _tell(found)


def _given(file: Path, pbx: str) -> Given:
    """Raises `InputError`, `SpecError`."""
    read = read_campaign(file)
    if read.campaign.mode is Mode.PREVIEW:
        raise InputError(f"--campaign: {file} is of mode preview, in which agents have to press")
    if read.flows is None or read.campaign.flow is None:
        return Given(read.campaign)
    if pbx not in PLAY_FLOWS:
        raise InputError(f"--pbx: a flow is played by {', '.join(PLAY_FLOWS)}, not by {pbx!a}")
    flows = {flow.name: flow for flow in reached_from(read.campaign.flow, read.flows.by_name)}
    return Given(read.campaign, flows, {name: read.flows.texts[name] for name in flows})


def _kinds(pbx: str) -> str:
    """Raises `InputError`."""
    kinds = pbx.split(",")
    wrong = next((kind for kind in kinds if kind not in KINDS), None)
    if wrong is not None:
        raise InputError(f"--pbx: {wrong!a} is not one of {', '.join(KINDS)}")
    if len(kinds) > 1 and (KINDS[0] in kinds or len({*kinds}) < len(kinds)):
        raise InputError("--pbx: several are joined of different kinds; for 'fake' say 'fake-esl'")
    return pbx


@contextmanager
def _watching(quiet: bool) -> Iterator[Watch]:
    """On a terminal, the live view; elsewhere, nothing."""
    screen = console(stderr=quiet)
    if not screen.is_terminal:
        yield lambda _: None
        return
    with Live(console=screen, auto_refresh=False, transient=True) as live:
        yield lambda shot: live.update(view(shot), refresh=True)


def _tell(found: dict[str, Any]) -> None:
    waits = found["answer_to_agent"]
    details(
        (
            ("PBX", found["pbx"]),
            ("leads, agents", f"{found['leads']}, {found['agents']} ({found['mode']})"),
            ("attempts", found["attempts"]),
            ("answered", found["answered"]),
            ("connected", found["connected"]),
            ("abandoned", f"{found['abandoned']} (and {found['late']} late)"),
            ("abandonment", f"{found['abandonment']:.2%} of the answers by people"),
            ("answer to agent", f"p50 {waits['p50']:.2f} s, p99 {waits['p99']:.2f} s"),
            ("agents idle", f"{found['agent_idle']:.1%} of idle and talk time"),
            ("double dials", found["double_dials"]),
            ("unresolved", found["unresolved"]),
        )
    )
    output.show(("outcome", "#attempts"), list(found["outcomes"].items()))
    output.show(("disposition", "#attempts"), list(found["dispositions"].items()))
    answers = [(q, a, n) for q, given in found.get("answers", {}).items() for a, n in given.items()]
    if answers:
        output.show(("question", "answer", "#calls"), answers)
