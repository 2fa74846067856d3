"""The command `dialplane`: what there is, and where it lives."""

import os
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "init": Lazy("cli.init", "Set up a site: a folder, a database, settings, a key and examples."),
    "doctor": Lazy(
        "cli.doctor", "Check every part of the site, and say how to mend what is wrong."
    ),
    "up": Lazy("cli.up", "Run everything a small site needs, until Ctrl-C."),
    "worker": Lazy("cli.worker", "Run a worker that dials campaigns and delivers results."),
    "serve": Lazy("cli.serve", "Serve health, readiness, metrics and the REST API over HTTP."),
    "backup": Lazy(
        "cli.backup",
        "Backups of the database, sealed for a key: one file, or a folder that follows it.",
    ),
    "restore": Lazy(
        "cli.restore", "Restore a backup into the site's database, which must be empty."
    ),
    "db": Lazy("cli.db", "The database of a large site: partitions."),
    "campaign": Lazy("cli.campaign", "Campaigns: check, apply, run and watch them."),
    "flow": Lazy(
        "cli.flow",
        "Flows: what a call goes through without an agent. Check, try and draw them.",
    ),
    "dialplan": Lazy("cli.dialplan", "Dialplans: what a PBX does with a call, made from flows."),
    "prompts": Lazy("cli.prompts", "Prompts: the sounds of flows."),
    "leads": Lazy(
        "cli.leads", "Lists of leads: import them, count them, and see why one is not dialled."
    ),
    "why": Lazy(
        "cli.why", "Say what every rule of dialling says of a lead, and when it may be called."
    ),
    "customers": Lazy(
        "cli.customers", "Customers: who they are, their tags, and what happened with them."
    ),
    "crm": Lazy(
        "cli.crm", "What a site says of its customers, who tells of them, and who is told of them."
    ),
    "agent": Lazy("cli.agent", "Agents: add them, log them in, make them ready."),
    "attempts": Lazy("cli.attempts", "What was dialled, and what came of it."),
    "inbound": Lazy("cli.inbound", "Who has called in, and what came of it."),
    "outbox": Lazy("cli.outbox", "Results for the CRM that could not be delivered."),
    "pacing": Lazy(
        "cli.pacing", "Why so many calls were placed, and what another setting would bring."
    ),
    "dnc": Lazy("cli.dnc", "The do-not-call list."),
    "pbx": Lazy("cli.pbx", "PBX nodes: ping them, see their calls and events, place a test call."),
    "fake-pbx": Lazy("cli.fake_pbx", "Serve the fake PBX as an Asterisk and as a FreeSWITCH."),
    "simulate": Lazy("cli.simulate", "Simulate a shift of a campaign in virtual time."),
    "bench": Lazy("cli.bench", "Measure this machine: events, originates and results per second."),
    "demo": Lazy("cli.demo", "Watch a campaign dial, connect and report; nobody's phone rings."),
}

EXIT_CODES = """[bold]Exit codes[/bold]
  0  done
  1  the input is wrong, or a check found something wrong
  2  the command line is wrong
  3  what was named does not exist, or is in no state for this
  4  a part does not answer (database, Redis, PBX)
  5  a fault of Dialplane's own; DIALPLANE_TRACE=1 shows where"""

app = lazy_app(
    COMMANDS,
    name="dialplane",
    help="Outbound calling on Asterisk and FreeSWITCH: campaigns in, conversations out.",
    epilog=f"{examples('dialplane demo', 'dialplane init', 'dialplane up')}\n\n{EXIT_CODES}",
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dialplane {version('dialplane')}")
        raise typer.Exit


@app.callback()
def _options(
    home: Annotated[
        Path | None,
        typer.Option(envvar="DIALPLANE_HOME", help="The site's folder.", show_default=False),
    ] = None,
    _show_version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    if home is not None:
        os.environ["DIALPLANE_HOME"] = str(home)


def main() -> None:
    """The console script."""
    app(prog_name="dialplane")
