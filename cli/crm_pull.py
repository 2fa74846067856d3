"""`dialplane crm pull`, `push` and `map`: a CRM's customers, results and columns, by hand."""

from typing import Annotated, Any

import typer

from cli.errors import AwayError, ExitCode, InputError, StateError, code_of
from cli.lazy import leaf_app
from cli.output import Json, emit, emit_lines, examples, say, warn
from cli.site import Site, open_site
from crm_sync.adapter import AdapterError
from crm_sync.crm import Crm
from storage import pulls
from workers.context import Context
from workers.crms import crm_of
from workers.deliver import hand_out, serve
from workers.forgetting import forgotten_in_redis
from workers.map_check import as_they_would_come
from workers.pull_report import Report, not_declared
from workers.pulling import pull as pull_from
from workers.receivers import Receiver, open_receivers
from workers.redis_server import locate

app = leaf_app()
Name = Annotated[
    str | None, typer.Argument(help=r"A CRM: \[crms.NAME] of the settings.", metavar="NAME")
]


@app.command(epilog=examples("dialplane crm pull", "dialplane crm pull erp --again --json"))
def pull(
    name: Name = None,
    again: Annotated[
        bool, typer.Option("--again", help="From the first row on, such as after a new map.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Pull the customers that have changed in a CRM.

    A worker does so by itself, every so many seconds as the settings say; this shows what comes of
    it. A row that is known already changes nothing.

    Exit code 0: every row was taken; 1: some were refused, and are named with their reasons, the
    others are taken; 4: a CRM does not answer.
    """
    with open_site() as site, forgotten_in_redis(site.store, lambda: locate(site.settings)):
        names = _names(site, name)
        came = [_pull(site, each, again, as_json, len(names) == 1) for each in names]
    failed = [each for each in came if isinstance(each, Exception)]
    if failed and len(names) > 1:  # each was told of in its turn
        raise typer.Exit(int(code_of(failed[0]) or 1))
    if failed:
        raise failed[0]
    if any(told["refused"] for told in came if isinstance(told, dict)):
        raise typer.Exit(ExitCode.BAD_INPUT)


@app.command(epilog=examples("dialplane crm push", "dialplane crm push erp --json"))
def push(name: Name = None, as_json: Json = False) -> None:
    """Deliver what is due now.

    A worker does so by itself within a second; this shows what comes of it. One that is left alone
    for a while is tried only after 'dialplane crm retry'.
    """
    with open_site() as site:
        context = Context(site.settings, site.store, "", "dialplane crm push")
        receivers = open_receivers(site.settings, site.store)
        try:
            hand_out(context, receivers)
            mine = [each for each in receivers if name in (None, each.name)]
            if name is not None and not mine:
                raise StateError(f"there is no receiver {name!r} in the settings")
            told = [{"receiver": each.name, "tried": _served(context, each)} for each in mine]
        finally:
            for each in receivers:
                each.adapter.close()
    if as_json:
        emit_lines(told)
        return
    for line in told:
        say(f"{line['receiver']}: {line['tried']} message(s) were tried; dialplane crm status")


@app.command("map", epilog=examples("dialplane crm map erp", "dialplane crm map erp --guess"))
def map_(
    name: Annotated[
        str, typer.Argument(help=r"A CRM: \[crms.NAME] of the settings.", metavar="NAME")
    ],
    guess: Annotated[
        bool, typer.Option("--guess", help="Print a map by what the CRM's columns are called.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare the map of a CRM with the CRM.

    It is looked at, and some of its customers are shown as they would be taken. Exit code 1: one of
    them could not be.
    """
    with open_site() as site:
        crm = _opened(site, name, mapped=not guess)
        try:
            if guess:
                told = crm.guess()
                emit({"map": told}) if as_json else say(told.rstrip())
                return
            found = as_they_would_come(site.store, crm, crm.check())
        except AdapterError as lacking:
            raise _in_words(name, lacking) from lacking
        finally:
            crm.close()
    if as_json:
        emit_lines({"ok": each.ok, "words": each.words} for each in found)
    for each in () if as_json else found:
        say(f"{'ok' if each.ok else 'wrong'}: {each.words}")
    if not all(each.ok for each in found):
        raise typer.Exit(1)


def _names(site: Site, name: str | None) -> list[str]:
    if name is None and not site.settings.crms:
        raise InputError("the settings name no CRM; docs/crm.md shows how: [crms.NAME]")
    return [name] if name else list(site.settings.crms)


def _opened(site: Site, name: str, mapped: bool = True) -> Crm:
    try:
        return crm_of(site.settings, site.store, name, mapped)
    except AdapterError as lacking:
        known = name in site.settings.crms
        raise (InputError if known else StateError)(str(lacking)) from lacking


def _in_words(name: str, error: AdapterError) -> Exception:
    said = str(error).removeprefix(f"crms.{name}: ")
    return (AwayError if error.away else InputError)(f"crms.{name}: {said}")


def _pull(
    site: Site, name: str, again: bool, as_json: bool, alone: bool
) -> Exception | dict[str, Any]:
    """What one CRM tells is shown at once; what went wrong with it hinders no other."""
    try:
        told = _pulled(site, name, again)
    except (InputError, StateError, AwayError) as wrong:
        if as_json:
            emit({"crm": name, "error": str(wrong)})
        elif not alone:
            warn(str(wrong))
        return wrong
    emit(told) if as_json else _say(told)
    return told


def _pulled(site: Site, name: str, again: bool) -> dict[str, Any]:
    crm, part = _opened(site, name), site.settings.crms[name]
    try:
        report = pull_from(site.store, crm, part.every or 30.0, part.overlap, again)
    except AdapterError as away:
        raise _in_words(name, away) from away
    finally:
        crm.close()
    if report is None:
        raise StateError(f"crms.{name}: a worker pulls from it now; look again in a moment")
    return _told(name, report, pulls.progress(site.store)[name])


def _told(name: str, report: Report, stands: pulls.Progress) -> dict[str, Any]:
    return {
        "crm": name,
        "rows": report.rows,
        **{str(word): count for word, count in report.came.items()},
        "numbers_left_out": report.left_out,
        "gone": report.gone,
        "why": [{"external_id": who, "why": why} for who, why in report.refused],
        "ahead": report.of_ahead,
        "undeclared": sorted(report.undeclared),
        "up_to": stands.mark_at,
    }


def _say(told: dict[str, Any]) -> None:
    counts = ", ".join(f"{told[word]} {word}" for word in ("created", "updated", "unchanged"))
    say(f"{told['crm']}: {told['rows']} row(s): {counts}, {told['refused']} refused")
    if told["numbers_left_out"]:
        say(f"  {told['numbers_left_out']} telephone number(s) are none, and were left out")
    if told["gone"]:
        say(f"  {told['gone']} customer(s) have gone there, or are there again; crm status counts")
    if told["ahead"]:
        say(f"  {told['ahead']}")
    for each in told["undeclared"]:
        say(f"  {not_declared(each)}")
    for each in told["why"]:
        say(f"  {each['external_id'] or 'a row'}: {each['why']}")


def _served(context: Context, receiver: Receiver) -> int:
    tried = 0
    while count := serve(context, receiver):
        tried += count
    return tried
