"""`dialplane doctor`: is everything as it must be, and if not, what is to be done."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli import output
from cli.doctor_invariants import check_invariants
from cli.errors import ExitCode
from cli.health import Finding, Verdict
from cli.health_data import data_findings
from cli.health_pbx import pbx_findings
from cli.health_queue import queue_findings
from cli.health_site import site_findings
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.site import existing_site, open_site
from cli.spans import FORMATS
from storage.masking import masked

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane doctor",
        "dialplane doctor --json | jq '.findings[].mend'",
        "dialplane doctor --invariants",
    )
)
def doctor(
    invariants: Annotated[
        bool,
        typer.Option("--invariants", help="Check what must always hold of the attempts instead."),
    ] = False,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=FORMATS,
            help="With --invariants: attempts placed from then on (UTC).",
            show_default="31 days ago",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check every part of the site, and say how to mend what is wrong.

    With --invariants: that nobody was dialled twice, nothing was lost, and the law was kept, by the
    rows of the database and by the calls that the PBX nodes hold; see docs/reliability.md.

    Exit code 0: nothing is wrong (there may be warnings); 1: something is.
    """
    if invariants:
        with open_site() as site:
            well = check_invariants(site, since.replace(tzinfo=UTC) if since else None, as_json)
        raise typer.Exit(ExitCode.OK if well else ExitCode.BAD_INPUT)
    if since is not None:
        raise typer.BadParameter("it goes with --invariants", param_hint="--since")
    settings = existing_site()
    found = [
        *site_findings(settings),
        *queue_findings(settings),
        *data_findings(settings),
        *pbx_findings(settings),
    ]
    findings = [replace(f, words=masked(f.words), mend=masked(f.mend)) for f in found]
    wrong = any(f.verdict is Verdict.WRONG for f in findings)
    if as_json:
        emit({"ok": not wrong, "findings": findings})
    else:
        _tell(findings)
    if wrong:
        raise typer.Exit(ExitCode.BAD_INPUT)


def _tell(findings: list[Finding]) -> None:
    output.show(("part", "verdict", "found"), [(f.part, f.verdict, f.words) for f in findings])
    for finding in findings:
        if finding.mend:
            say(f"{finding.part}: {finding.mend}")
