"""`dialplane doctor`: is everything as it must be, and if not, what is to be done."""

import typer

from cli import output
from cli.errors import ExitCode
from cli.health import Finding, Verdict
from cli.health_data import data_findings
from cli.health_pbx import pbx_findings
from cli.health_queue import queue_findings
from cli.health_site import site_findings
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.site import existing_site

app = leaf_app()


@app.command(epilog=examples("dialplane doctor", "dialplane doctor --json | jq '.findings[].mend'"))
def doctor(as_json: Json = False) -> None:
    """Check every part of the site, and say how to mend what is wrong.

    Exit code 0: nothing is wrong (there may be warnings); 1: something is.
    """
    settings = existing_site()
    findings = [
        *site_findings(settings),
        *queue_findings(settings),
        *data_findings(settings),
        *pbx_findings(settings),
    ]
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
