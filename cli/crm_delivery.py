"""`dialplane crm status`, `retry` and `retire`: what is on its way to each CRM."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from cli import output
from cli.errors import StateError
from cli.lazy import leaf_app
from cli.output import Json, emit, emit_lines, examples, say
from cli.site import Site, open_site
from storage import pulls, receivers
from storage.customers import gone
from workers.receivers import names

app = leaf_app()
Name = Annotated[
    str | None, typer.Argument(help="A receiver: a section of the settings.", metavar="NAME")
]
LONGEST_SHOWN = 90


@app.command(
    epilog=examples("dialplane crm status", "dialplane crm status crm_table --dead --json")
)
def status(
    name: Name = None,
    dead: Annotated[
        bool, typer.Option("--dead", help="The messages that were given up, the last first.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many of these.")] = 50,
    as_json: Json = False,
) -> None:
    """Show how each receiver of results stands.

    A receiver of which nothing is heard is 'open': it is left alone until the time shown, and then
    tried with a few messages ('probing').
    """
    if dead:
        _show_dead(name, limit, as_json)
        return
    with open_site() as site:
        _require_known(site, name)
        found = [s for s in receivers.standings(site.store) if name in (None, s.name)]
        pulled = {n: p for n, p in pulls.progress(site.store).items() if name in (None, n)}
        missing = gone.counts(site.store)
        known = names(site.settings)
    silent = set(known) - {each.name for each in found}
    if as_json:
        emit_lines(_lines(found, pulled, known, missing))
        return
    columns = ("receiver", "state", "until (UTC)", "#wait", "#given up", "#arrived", "last (UTC)",
               "last error")  # fmt: skip
    rows = [
        (s.name, s.state, s.until or "", s.waiting, s.dead, s.arrived, s.arrived_at or "",
         s.last_error[:LONGEST_SHOWN])
        for s in found
    ]  # fmt: skip
    output.show(columns, rows, none="Nothing was delivered yet.")
    if pulled:
        _show_pulls(pulled, missing)
    for unheard in sorted(silent if name is None else set()):
        say(f"{unheard}: nothing was delivered yet")
    for each in found:
        if each.name not in known:
            say(
                f"{each.name} is not in the settings; if it is not to come back, run: "
                f"dialplane crm retire {each.name}"
            )


@app.command(epilog=examples("dialplane crm retry", "dialplane crm retry crm_table"))
def retry(name: Name = None, as_json: Json = False) -> None:
    """Deliver what was given up again.

    Receivers that are left alone are tried at once. Each message has twenty new tries. A worker
    begins within seconds. First mend what the last error tells of. A receiver that has had a
    message already goes by its idempotency key.
    """
    with open_site() as site:
        _require_known(site, name)
        revived = receivers.revive(site.store, name)
    if as_json:
        emit({"retried": revived})
        return
    say(f"{revived} message(s) will be delivered again.")


@app.command(epilog=examples("dialplane crm retire old_crm"))
def retire(
    name: Annotated[str, typer.Argument(help="A receiver that is none any more.", metavar="NAME")],
    as_json: Json = False,
) -> None:
    """Forget a receiver that is none any more.

    What it has not got is let go. Take it out of the settings first.
    """
    with open_site() as site:
        if name in names(site.settings):
            raise StateError(f"{name} is in the settings; take it out there first")
        count = receivers.retire(site.store, name)
    if as_json:
        emit({"let_go": count})
        return
    say(f"{name} is forgotten, with {count} message(s) that it had not got.")


def _require_known(site: Site, name: str | None) -> None:
    """One that is in the settings, or was and is waited for. Raises `StateError`."""
    heard = {each.name for each in receivers.standings(site.store)}
    known = sorted({*names(site.settings), *heard, *pulls.progress(site.store)})
    if name is not None and name not in known:
        told = ", ".join(known) or "none"
        raise StateError(f"there is no receiver {name!r}, and never was (there are: {told})")


def _show_dead(name: str | None, limit: int, as_json: bool) -> None:
    with open_site() as site:
        _require_known(site, name)
        found = receivers.dead(site.store, limit, name)
    if as_json:
        emit_lines(found)
        return
    columns = ("receiver", "written (UTC)", "given up (UTC)", "kind", "#tries", "last error", "key")
    rows = [
        (d.receiver or "all", d.written_at, d.dead_at, d.kind, d.attempts, d.last_error,
         d.idempotency_key)
        for d in found
    ]  # fmt: skip
    output.show(columns, rows, none="Nothing was given up.")


def _show_pulls(pulled: Mapping[str, pulls.Progress], missing: Mapping[str, int]) -> None:
    columns = ("customers of", "pulled (UTC)", "up to", "#rows", "#gone", "#failed in a row",
               "last error")  # fmt: skip
    rows = [
        (p.source, p.pulled_at or "", p.mark_at, p.rows, missing.get(p.source, 0), p.fails,
         p.last_error[:LONGEST_SHOWN])
        for p in pulled.values()
    ]  # fmt: skip
    output.show(columns, rows, none="")


def _lines(
    found: Sequence[receivers.Standing],
    pulled: Mapping[str, pulls.Progress],
    known: Sequence[str],
    missing: Mapping[str, int],
) -> Iterator[dict[str, object]]:
    """A line for each receiver, and one for each CRM that was only ever pulled from."""
    by_name = {each.name: asdict(each) for each in found}
    for name in sorted({*by_name, *pulled}):
        more = pulled.get(name)
        yield {
            **by_name.get(name, {"name": name}),
            "configured": name in known,
            "gone": missing.get(name, 0),
            "pull": more and asdict(more),
        }
