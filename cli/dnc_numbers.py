"""`dialplane dnc add`, `check` and `remove`: one number at a time."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from cli import output
from cli.lazy import leaf_app
from cli.numbers import Region, e164
from cli.output import Json, emit, examples, say, warn
from cli.site import Site, now, open_site
from storage import campaigns, dnc
from storage.customers import look
from storage.customers.changes import By
from storage.customers.forbidding import forbid_owner
from storage.errors import NotThere
from storage.tables.lists import EVERYWHERE, DoNotCall
from workers.forgetting import forgotten_in_redis
from workers.redis_server import locate

app = leaf_app()
_FOR_GOOD = "it is for every campaign and for good, and goes with neither --campaign nor --days"
Number = Annotated[str, typer.Argument(help="A number.", metavar="NUMBER")]
Scope = Annotated[
    str, typer.Option("--campaign", help="For this campaign alone.", show_default="all of them")
]
Days = Annotated[
    int | None,
    typer.Option("--days", min=1, max=36500, help="For so many days.", show_default="for good"),
]


@app.command(
    epilog=examples(
        "dialplane dnc add +12125550100",
        "dialplane dnc add +12125550100 --campaign spring --days 60",
        "dialplane dnc add +12125550100 --customer --source 'letter of 2026-11-28'",
    )
)
def add(
    number: Number,
    region: Region = None,
    scope: Scope = EVERYWHERE,
    days: Days = None,
    source: Annotated[str, typer.Option(help="Who asked for it.")] = "command line",
    customer: Annotated[
        bool, typer.Option("--customer", help="Whose number it is is never to be called again.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Put a number on the list; the very next decision to call heeds it, on every worker.

    It is about the number alone, and 'dialplane dnc remove' takes it back. With --customer the
    customer whose number it is comes to do-not-call for good, with all numbers; rules hear of it,
    and CRMs are told.
    """
    wanted = _normal(number, region)
    until = until_after(days)
    if customer and (scope != EVERYWHERE or until):
        raise typer.BadParameter(_FOR_GOOD, param_hint="--customer")
    with open_site() as site, forgotten_in_redis(site.store, lambda: locate(site.settings)):
        require_campaign(site, scope)
        listed = dnc.add(site.store, [wanted], now(), source, scope, until)
        whose = _whose(site, wanted, customer, alone=scope == EVERYWHERE and not until)
    if as_json:
        told = {"number": wanted, "added": bool(listed.added), "scope": scope, "expires_at": until}
        emit({**told, "customer_id": whose and whose["id"]})
        return
    end = "" if listed.added else ", as it was before"
    say(f"{wanted} is on the do-not-call list ({for_whom(scope)}){end}.")
    if whose and customer:
        others = len(whose["numbers"]) - 1
        say(f"So is its customer {_called(whose)}, with {others} other number(s).")


def _whose(site: Site, number: str, forbidden: bool, alone: bool) -> dict[str, Any] | None:
    """The customer of a number, who is `forbidden` by it too; where the number is listed `alone`,
    for good, what that leaves open is told."""
    if forbidden:
        found = forbid_owner(site.store, number, By("cli", "cli"), now())
    else:
        found = look.by_number(site.store, number)
    if found is None:
        if forbidden:
            warn(f"No customer has {number}: the number alone is on the list")
        return None
    told = look.get(site.store, found)
    known_elsewhere = len(told["numbers"]) > 1 or told["external_ids"]
    if alone and known_elsewhere and not told["do_not_call"]:
        warn(
            f"It is a number of {_called(told)}, who is not forbidden by that: other numbers may "
            "be called, and no CRM is told; with --customer none may, and CRMs are"
        )
    return told


def _called(customer: dict[str, Any]) -> str:
    return str(customer["name"] or customer["company"] or customer["id"])


@app.command(
    epilog=examples(
        "dialplane dnc check +12125550100",
        "dialplane dnc check +12125550100 --campaign spring",
        "dialplane dnc check +12125550100 --json",
    )
)
def check(
    number: Number,
    region: Region = None,
    campaign: Annotated[
        str | None,
        typer.Option(help="May this campaign call it?", show_default="any of them"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say whether a number is on the list, for whom, and until when."""
    wanted = _normal(number, region)
    with open_site() as site:
        require_campaign(site, campaign or EVERYWHERE)
        entries = dnc.check(site.store, wanted)
    if campaign:
        entries = [entry for entry in entries if entry.scope in (EVERYWHERE, campaign)]
    scopes = sorted({entry.scope for entry in entries if _in_force(entry)})
    if as_json:
        emit({"number": wanted, "listed": bool(scopes), "entries": entries})
        return
    say(f"{wanted} {_listed(scopes, campaign)}.")
    if entries:
        rows = [(e.scope, e.source, e.added_at, e.expires_at) for e in entries]
        output.show(("scope", "source", "added (UTC)", "expires (UTC)"), rows)


@app.command(
    epilog=examples(
        "dialplane dnc remove +12125550100",
        "dialplane dnc remove +12125550100 --campaign spring",
    )
)
def remove(
    number: Number, region: Region = None, scope: Scope = EVERYWHERE, as_json: Json = False
) -> None:
    """Take a number off the list."""
    wanted = _normal(number, region)
    with open_site() as site:
        gone = dnc.remove(site.store, wanted, scope)
        if not gone:
            require_campaign(site, scope)
    if not gone:
        raise NotThere(f"{wanted} is not on the do-not-call list ({for_whom(scope)})")
    if as_json:
        emit({"number": wanted, "removed": True, "scope": scope})
    else:
        say(f"{wanted} is off the do-not-call list ({for_whom(scope)}).")


def _normal(number: str, region: str | None) -> str:
    return e164(number, "NUMBER", region)


def require_campaign(site: Site, scope: str) -> None:
    """A campaign that does not exist would be told nothing by the list. Raises `NotThere`."""
    if scope != EVERYWHERE:
        campaigns.require(site.store, scope)


def until_after(days: int | None) -> datetime | None:
    return now() + timedelta(days=days) if days else None


def _in_force(entry: DoNotCall) -> bool:
    return entry.expires_at is None or entry.expires_at > now()


def for_whom(scope: str) -> str:
    return "every campaign" if scope == EVERYWHERE else f"campaign {scope}"


def _listed(scopes: list[str], campaign: str | None) -> str:
    if scopes:
        return f"is on the do-not-call list ({', '.join(map(for_whom, scopes))})"
    return f"is not on the do-not-call list{f' (campaign {campaign})' if campaign else ''}"
