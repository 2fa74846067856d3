"""`dialplane simulate`: a shift in virtual time."""

import time
from typing import Annotated, Any

import typer

from campaigns.spec.campaign import Campaign
from cli import output
from cli.campaign_files import File, read_campaign
from cli.lazy import leaf_app
from cli.output import Json, details, emit, examples, warn
from cli.worlds import world_of
from workers.simulate import simulate as run_simulation

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane simulate spring.yaml --agents 25 --hours 8 --seed 1",
        "dialplane simulate spring.yaml --world 'fake://busy?answer=0.2' --json",
    )
)
def simulate(
    file: File,
    agents: Annotated[int, typer.Option(min=1, max=5000, help="How many agents work.")] = 25,
    hours: Annotated[float, typer.Option(min=0.01, max=168, help="How long they work.")] = 8.0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same day.")] = 1,
    world: Annotated[
        str, typer.Option(help="Who is called: a world of the fake PBX, as a URL.")
    ] = "fake://default",
    as_json: Json = False,
) -> None:
    """Simulate a shift of a campaign in virtual time.

    The very dialler that calls people runs against a simulated exchange, hours in seconds.
    Nobody's phone rings, and no site is needed.
    """
    read = read_campaign(file)
    _warn_of_leads(read.campaign)
    place = world_of(world)
    began = time.perf_counter()
    found = run_simulation(read.campaign, place.world, agents, hours, seed, read.by_name)
    took = time.perf_counter() - began
    if as_json:
        emit(found)
    else:
        _tell(found, took)


def _warn_of_leads(campaign: Campaign) -> None:
    """The simulator makes leads up: nobody knows anything of them, and they are of one list."""
    told = {"leads.filter": campaign.leads.filter, "leads.mix": campaign.leads.mix}
    if left_out := " and ".join(name for name, said in told.items() if said):
        warn(f"Not simulated: {left_out}. All leads are taken as meant, and as of one list")


def _tell(found: dict[str, Any], took: float) -> None:
    shares = ("abandonment", "max_abandonment_seen", "agent_idle", "talk_share")
    tables = ("outcomes", "inbound", "answers", "inbound_answers")
    facts = [(k, f"{v:.2%}" if k in shares else v) for k, v in found.items() if k not in tables]
    details([*facts, ("simulated in", f"{took:.1f} s")])
    output.show(("outcome", "#attempts"), list(found["outcomes"].items()))
    answers = [(q, a, n) for q, given in found["answers"].items() for a, n in given.items()]
    if answers:
        output.show(("question", "answer", "#calls"), answers)
    if found["inbound"]:
        output.show(("inbound outcome", "#calls"), list(found["inbound"].items()))
    said = [(q, a, n) for q, given in found["inbound_answers"].items() for a, n in given.items()]
    if said:
        output.show(("question", "answer", "#callers"), said)
