"""`dialplane campaign plan`: what a file would do now. Nothing is stored, nothing is dialled."""

import difflib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from campaigns.guard import room_beyond_agents
from campaigns.spec.campaign import Campaign, Mode
from campaigns.windows import next_opening
from cli import nodes, output
from cli.campaign_files import CampaignFile, File, read_campaign
from cli.filters import require_answerable, warn_of_missing
from cli.lazy import leaf_app
from cli.output import Json, details, emit, examples, say
from cli.site import Site, now, open_site
from cli.surveying import surveyed
from storage import agents, campaigns
from storage.engine import Store
from storage.errors import NotThere
from storage.survey import Survey
from storage.tallies import so_far
from workers.settings import Settings

app = leaf_app()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign would find and do now.

    `window_open`: None where that depends on the leads, and there are none. `window_opens`: now
    when it is open; None: never. `needs_agents`: False where nobody is asked for, in mode ivr.
    `pbx_unknown`: nodes that the settings do not know. The
    abandonment limit, a fraction, is kept from the first day of its `period` to the last; of the
    `live` answers in it so many were `abandoned`, late ones among them, and so the guard has
    `room` for calls in flight beyond the free agents.
    """

    campaign: str
    mode: str
    list: str
    leads: int
    callable_now: int
    refused: dict[str, int]
    next_lead_due: datetime | None
    window_open: bool | None
    window_opens: datetime | None
    agents: int
    flow: str | None
    needs_agents: bool
    lines: int
    channels: int
    calls_per_second: float
    limit: float
    period: tuple[str, str]
    live: int
    abandoned: int
    room: int
    pbx_unknown: Sequence[str]
    applied_version: int | None
    changes: Sequence[str]


@app.command(
    epilog=examples(
        "dialplane campaign plan spring.yaml",
        "dialplane campaign plan spring.yaml --json | jq .refused",
    )
)
def plan(file: File, as_json: Json = False) -> None:
    """Say what a campaign file would do now; dials nothing.

    How many leads could be called and which rule refuses the others, the calling window, the
    lines that agents and trunks allow, and how the file differs from the applied version.
    """
    read = read_campaign(file)
    with open_site() as site:
        require_answerable(site.store, read, file)
        warn_of_missing(site.store, read, file)
        made = plan_for(site, read, now(), as_json)
        if as_json:
            emit(asdict(made))
        else:
            _tell(made, site.settings)


def plan_for(site: Site, read: CampaignFile, at: datetime, quiet: bool) -> Plan:
    """The plan of a campaign at an instant. Reads only. `quiet`: no bar tells how far it is."""
    store, campaign = site.store, read.campaign
    found = surveyed(store, campaign, at, quiet)
    version, changes = _difference(store, read)
    staff = len(agents.of_campaign(store, campaign))
    channels = min(
        sum(trunk.channels for trunk in campaign.trunks), campaign.pacing.channels or 1_000_000
    )
    opens = _opens(campaign, found, at)
    limit = campaign.abandonment.limit
    period, tally = so_far(store, campaign, at)
    return Plan(
        campaign=campaign.name,
        mode=campaign.mode.value,
        list=", ".join(campaign.leads.lists),
        leads=found.leads,
        callable_now=found.callable_now,
        refused=dict(found.refused.most_common()),
        next_lead_due=found.next_at,
        window_open=None if _depends_on_leads(campaign, found) else opens == at,
        window_opens=opens,
        agents=staff,
        flow=campaign.flow,
        needs_agents=read.needs is None or read.needs.agents or _callers_ask(read),
        lines=_lines(campaign, channels, staff),
        channels=channels,
        calls_per_second=min(_trunks_cps(campaign), campaign.pacing.calls_per_second),
        limit=limit,
        period=(period.first, period.last),
        live=tally.live,
        abandoned=tally.unlawful,
        room=room_beyond_agents(limit, tally.live, tally.unlawful),
        pbx_unknown=nodes.unknown(campaign.pbx, site.settings),
        applied_version=version,
        changes=changes,
    )


def _callers_ask(read: CampaignFile) -> bool:
    """Whether who calls in may ask for an agent in the flow."""
    return read.inbound_needs is not None and read.inbound_needs.agents


def _lines(campaign: Campaign, channels: int, staff: int) -> int:
    """In mode ivr the lines alone bound the calls, and the guard where agents may be asked for."""
    if campaign.mode is Mode.IVR:
        return channels
    return min(channels, round(staff * lines_per_agent(campaign)))


def lines_per_agent(campaign: Campaign) -> float:
    """The most calls in flight for each agent, by the mode."""
    most = {
        Mode.PREDICTIVE: campaign.pacing.max_lines_per_agent,
        Mode.POWER: campaign.pacing.lines_per_agent,
    }
    return most.get(campaign.mode, 1.0)


def _opens(campaign: Campaign, found: Survey, at: datetime) -> datetime | None:
    """When the first lead may ring, as far as the windows go: `at` itself when they are open."""
    openings = (next_opening(campaign.windows, zones, at) for zones in found.zones or {()})
    return min((opening for opening in openings if opening is not None), default=None)


def _depends_on_leads(campaign: Campaign, found: Survey) -> bool:
    return campaign.windows.timezone == "customer" and not found.leads


def _trunks_cps(campaign: Campaign) -> float:
    return sum(trunk.calls_per_second for trunk in campaign.trunks)


def _difference(store: Store, read: CampaignFile) -> tuple[int | None, list[str]]:
    """In the campaign's file, and then in those of its flows."""
    try:
        version, before, flows = campaigns.newest_texts(store, read.campaign.name)
    except NotThere:
        return None, []
    texts = read.flows.texts if read.flows is not None else {}
    changes = _changed(before, read.text, f"version {version}", "this file")
    for name in sorted({*flows, *texts}):
        old, new = flows.get(name, ""), texts.get(name, "")
        changes += _changed(old, new, f"flow {name}, version {version}", "its file")
    return version, changes


def _changed(old: str, new: str, was: str, is_now: str) -> list[str]:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), was, is_now, "", "", 1, "")
    return list(lines)


def _tell(made: Plan, settings: Settings) -> None:
    details(
        (
            ("campaign", f"{made.campaign} ({made.mode})"),
            *([("flow", made.flow)] if made.flow is not None else []),
            ("list", f"{made.list}: {made.leads} leads"),
            ("callable now", made.callable_now),
            ("next lead due", _utc(made.next_lead_due) or "none is left to call"),
            ("window", _window(made)),
            ("agents", made.agents),
            ("lines at most", f"{made.lines} ({made.channels} channels)"),
            ("calls per second", made.calls_per_second),
            ("abandonment", _abandonment(made)),
        )
    )
    if made.refused:
        output.show(("rule that refuses", "#leads"), list(made.refused.items()))
    _tell_changes(made)
    if not made.leads:
        name = made.list.partition(",")[0]
        say(f"The list is empty: dialplane leads import FILE.csv --list {name}")
    if not made.agents and made.needs_agents:
        say("No agent may take its calls: see 'dialplane agent add'")
    if made.pbx_unknown:
        say(f"It could not be started: {nodes.why_unknown(made.pbx_unknown, settings)}")


def _window(made: Plan) -> str:
    if made.window_open is None:
        return "unknown: it goes by the leads' time zones, and there are no leads"
    if made.window_open:
        return "open"
    opens = _utc(made.window_opens)
    return f"closed, opens {opens}" if opens else "closed, and does not open within a week"


def _abandonment(made: Plan) -> str:
    first, last = made.period
    when = "today" if first == last else f"from {first} to {last}"
    return (
        f"at most {made.limit:.2%} {when}: {made.abandoned} of {made.live} live answers so far, "
        f"room for {made.room} calls beyond the free agents"
    )


def _utc(at: datetime | None) -> str:
    return f"{output.shown(at)} UTC" if at else ""


def _tell_changes(made: Plan) -> None:
    if made.applied_version is None:
        say("It has never been applied: dialplane campaign apply FILE")
    elif made.changes:
        say(f"Changes against version {made.applied_version}:")
        say("\n".join(made.changes))
    else:
        say(f"The same as the applied version {made.applied_version}")
