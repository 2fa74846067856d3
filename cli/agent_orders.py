"""`dialplane agent ready`, `pause` and the like: orders to a running campaign.

An order is written to the database and carried out by the campaign's worker, which the command
waits for: it ends when the order was carried out, or says why it was not.
"""

import time
from typing import Annotated
from uuid import UUID, uuid4

import typer

from campaigns.orders import (
    Accept,
    AgentOrder,
    CampaignState,
    Dispose,
    EndCall,
    LogIn,
    LogOut,
    Pause,
    Ready,
    Skip,
    Supervise,
)
from cli.bell import ring_workers
from cli.errors import StateError
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.site import Site, open_site
from cli.tokens import token
from connectors.calls import Listening
from storage import agents, campaigns, orders
from storage.orders import Answer

app = leaf_app()
AT_WORK = (CampaignState.RUNNING, CampaignState.PAUSED)
Name = Annotated[str, typer.Argument(help="An agent.", metavar="NAME")]
TAKEN_WITHIN = 10.0  # seconds; a campaign that was just started has no worker yet
REFUSED_WITHIN = 0.4  # seconds after it was taken
LOOK = 0.05


@app.command(
    epilog=examples(
        "dialplane agent ready ann",
        "dialplane agent ready ann --disposition sale --note 'wants the gold plan'",
    )
)
def ready(
    name: Name,
    disposition: Annotated[
        str | None, typer.Option(help="File the last conversation under this disposition.")
    ] = None,
    note: Annotated[str, typer.Option(help="A note on the last conversation.")] = "",
    as_json: Json = False,
) -> None:
    """Take calls; in wrap-up, first file the last one."""
    if note and disposition is None:
        raise typer.BadParameter("a note goes with a --disposition", param_hint="--note")
    with open_site() as site:
        order = Dispose(name, disposition, note) if disposition else Ready(name)
        give(site, _campaign_of(site, name), order, as_json)


@app.command(
    epilog=examples("dialplane agent pause ann", "dialplane agent pause ann --reason lunch")
)
def pause(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why.")] = "break",
    as_json: Json = False,
) -> None:
    """Take no more calls after the present one."""
    with open_site() as site:
        give(site, _campaign_of(site, name), Pause(name, reason), as_json)


@app.command(epilog=examples("dialplane agent hangup ann"))
def hangup(name: Name, as_json: Json = False) -> None:
    """Hang up on the customer."""
    with open_site() as site:
        give(site, _campaign_of(site, name), EndCall(name), as_json)


@app.command(epilog=examples("dialplane agent accept ann"))
def accept(name: Name, as_json: Json = False) -> None:
    """Preview: dial the lead that is shown."""
    with open_site() as site:
        give(site, _campaign_of(site, name), Accept(name), as_json)


@app.command(epilog=examples("dialplane agent skip ann"))
def skip(name: Name, as_json: Json = False) -> None:
    """Preview: pass the lead that is shown on."""
    with open_site() as site:
        give(site, _campaign_of(site, name), Skip(name), as_json)


@app.command(
    epilog=examples(
        "dialplane agent monitor ann --phone 1010",
        "dialplane agent monitor ann --phone 1010 --how whisper",
    )
)
def monitor(
    name: Name,
    phone: Annotated[str, typer.Option(help="The supervisor's phone, as the PBX names it.")],
    how: Annotated[Listening, typer.Option(help="Heard by nobody, the agent, or both.")] = (
        Listening.LISTEN
    ),
    as_json: Json = False,
) -> None:
    """Put a supervisor's phone on the line: listen, whisper, barge."""
    with open_site() as site:
        order = Supervise(name, token(phone, "--phone"), how, uuid4())
        give(site, _campaign_of(site, name), order, as_json)


def _campaign_of(site: Site, name: str) -> str:
    agent = agents.get(site.store, name)
    campaign = agent.campaign
    if campaign is None and agent.shared:
        raise StateError(f"Agent '{name}' is in no campaign now: it is sent to the next with work")
    if campaign is None:
        raise StateError(
            f"Agent '{name}' is not logged in; run: dialplane agent login {name} --campaign NAME"
        )
    return campaign


def give(site: Site, campaign: str, order: AgentOrder, as_json: bool) -> None:
    """Give an order and wait for what becomes of it. Raises `StateError`."""
    wanted, _ = campaigns.wanted(site.store, campaign)
    if wanted not in AT_WORK:
        raise StateError(
            f"Campaign '{campaign}' is '{wanted.value}'; run: dialplane campaign start {campaign}"
        )
    order_id = orders.put_order(site.store, campaign, order)
    wait_and_tell(site, campaign, order, order_id, as_json)


def wait_and_tell(
    site: Site, campaign: str, order: AgentOrder, order_id: UUID, as_json: bool
) -> None:
    """Wait for what becomes of an order that was given. Raises `StateError`."""
    ring_workers(site, campaign)
    answer = _wait(site, order_id)
    if answer.refused:
        raise StateError(answer.refused)
    word, sentence = TOLD[type(order)]
    if as_json:
        filed = {"disposition": order.disposition} if isinstance(order, Dispose) else {}
        told = {"agent": order.agent, "campaign": campaign, "order": word}
        emit({**told, **filed, "done": True})
    else:
        say(f"Agent '{order.agent}', campaign '{campaign}': {sentence.format(order=order)}.")


def _wait(site: Site, order_id: UUID) -> Answer:
    """Until the order was taken, and a moment longer for a refusal."""
    deadline = time.monotonic() + TAKEN_WITHIN
    while (answer := orders.answer(site.store, order_id)).taken_at is None:
        if time.monotonic() > deadline:
            raise StateError(
                f"No worker has taken the order within {TAKEN_WITHIN:g} s; it is kept, and will be "
                "carried out once one dials the campaign: is 'dialplane up' running?"
            )
        time.sleep(LOOK)
    deadline = time.monotonic() + REFUSED_WITHIN
    while answer.refused is None and time.monotonic() < deadline:
        time.sleep(LOOK)
        answer = orders.answer(site.store, order_id)
    return answer


LATER = "; at the latest when the calls that need this agent have ended"
TOLD: dict[type[AgentOrder], tuple[str, str]] = {
    LogIn: ("login", "logged in"),
    LogOut: ("logout", f"logs out{LATER}"),
    Pause: ("pause", f"pauses for '{{order.reason}}'{LATER}"),
    Ready: ("ready", "takes calls"),
    Dispose: ("ready", "the call is filed under '{order.disposition}', which ends its wrap-up"),
    EndCall: ("hangup", "has hung up"),
    Accept: ("accept", "the lead is dialled"),
    Skip: ("skip", "the lead is passed on"),
    Supervise: ("monitor", "phone {order.phone} rings, to {order.how.value}"),
}
"""Each order by its command, and what it came to."""
