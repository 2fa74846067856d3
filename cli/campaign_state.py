"""`dialplane campaign list` and `status`."""

from collections import Counter
from typing import Annotated, Any

import redis
import typer

from cli import output
from cli.lazy import leaf_app
from cli.output import Json, details, emit, emit_lines, examples
from cli.site import Site, open_site, site_redis
from storage import agents, attempts, campaigns, leads, leases
from storage.campaigns import Broken, Stored
from storage.tables.people import LeadState
from workers.live import read_live
from workers.redis_binary import NoRedis

app = leaf_app()


@app.command("list", epilog=examples("dialplane campaign list", "dialplane campaign list --json"))
def list_(as_json: Json = False) -> None:
    """List the campaigns, and what each is doing."""
    with open_site() as site:
        rows = [_summary(stored) for stored in campaigns.list_all(site.store)]
    if as_json:
        emit_lines(rows)
        return
    columns = ("campaign", "#version", "mode", "list", "wanted", "state", "applied (UTC)", "why")
    none = "There are no campaigns yet: dialplane campaign apply FILE"
    output.show(columns, [list(row.values()) for row in rows], none=none)


@app.command(
    epilog=examples("dialplane campaign status spring", "dialplane campaign status spring --json")
)
def status(
    name: Annotated[str, typer.Argument(help="A campaign.", metavar="NAME")], as_json: Json = False
) -> None:
    """Show one campaign: its state, leads and agents."""
    with open_site() as site:
        found = _status(site, name)
    if as_json:
        emit(found)
        return
    roster = found.pop("agents")
    if not found["wanting_skills"]:
        del found["wanting_skills"]
    details(tuple(found.items()))
    rows = [(a["agent"], a["state"], a["reason"], a["since"]) for a in roster]
    none = "No agent may take its calls: see 'dialplane agent add'"
    output.show(("agent", "state", "reason", "since (UTC)"), rows, none=none)


def _summary(stored: Stored | Broken) -> dict[str, Any]:
    spec = stored.spec if isinstance(stored, Stored) else None
    return {
        "campaign": stored.name,
        "version": stored.version,
        "mode": spec.mode.value if spec else None,
        "list": ", ".join(spec.leads.lists) if spec else None,
        "wanted": stored.wanted.value,
        "state": stored.actual.value,
        "applied_at": stored.applied_at,
        "why": stored.why,
    }


def _status(site: Site, name: str) -> dict[str, Any]:
    stored = campaigns.get(site.store, name)
    lease = leases.look(site.store, name)
    counts = Counter[LeadState]()
    for each in stored.spec.leads.lists:
        counts.update(leads.counts(site.store, each))
    staff = agents.of_campaign(site.store, stored.spec)
    return {
        **_summary(stored),
        "worker": lease.lease.holder if lease and not lease.lapsed else None,
        "leads": {state.value: n for state, n in counts.items()},
        "open_attempts": len(attempts.open_attempts(site.store, name)),
        "wanting_skills": _wanting_skills(site, name),
        "agents": [
            {"agent": a.name, "state": a.state, "reason": a.reason, "since": a.since} for a in staff
        ],
    }


def _wanting_skills(site: Site, name: str) -> dict[str, int]:
    """Leads that wait for an agent with the skills they need, by skills, as its worker tells."""
    try:
        with site_redis(site.settings) as client:
            return dict((read_live(client, name) or {}).get("wanting_skills", {}))
    except (NoRedis, redis.RedisError):
        return {}
