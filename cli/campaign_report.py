"""`dialplane campaign report`: what a campaign's attempts came to."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli import output
from cli.lazy import leaf_app
from cli.output import Json, details, emit, examples
from cli.site import open_site
from cli.spans import Since, Until, span
from storage import campaigns
from storage.inbound import Callers
from storage.reports import Report
from storage.reports import report as report_on

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane campaign report spring",
        "dialplane campaign report spring --since 2026-11-20",
        "dialplane campaign report spring --json | jq .abandonment",
    )
)
def report(
    name: Annotated[str, typer.Argument(help="A campaign.", metavar="NAME")],
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Report what a campaign's attempts came to."""
    start, end = span(since, until)
    with open_site() as site:
        made = report_on(site.store, campaigns.get(site.store, name).spec, end, start)
    if as_json:
        emit(asdict(made))
    else:
        tell(made)


def _connected(made: Report) -> str:
    found = f" ({made.machines} of them with a machine)" if made.machines else ""
    return f"{made.connected}{found}"


def _called_in(made: Report) -> list[tuple[str, str]]:
    """Only where anybody has."""
    came = made.inbound
    if not came.calls:
        return []
    lost = f", {came.lost} lost from sight" if came.lost else ""
    waits = f"p50 {came.wait_p50:.0f} s, longest {came.wait_longest:.0f} s"
    return [
        ("called in", f"{came.calls}, of whom {came.answered} spoke to an agent ({waits})"),
        *([("served by the flow", str(came.heard))] if came.heard else []),
        ("in vain", f"{came.given_up} gave up, {came.waited_out} waited too long{lost}"),
        *_wished(came),
    ]


def _wished(came: Callers) -> list[tuple[str, str]]:
    """What callers asked their flow for, where any did. A number that is not known is on no list,
    and nobody is told otherwise here."""
    unknown = f" ({came.without_number} of them from a number that is not known)"
    off = f"{came.opted_out} want no more calls{unknown if came.without_number else ''}"
    wishes = [off] if came.opted_out else []
    wishes += [f"{came.callback} want to be called back"] if came.callback else []
    return [("callers' wishes", ", ".join(wishes))] if wishes else []


def _heard(made: Report) -> list[tuple[str, str]]:
    """Only of a flow."""
    if not (made.heard or made.asked):
        return []
    in_vain = f"{made.asked_abandonment:.2%} of them found none in time"
    asked = f"{made.asked} ({in_vain})" if made.asked else "nobody"
    return [("heard the flow", str(made.heard)), ("asked for an agent", asked)]


def tell(made: Report) -> None:
    """Print a report for people."""
    waits = made.answer_to_agent
    details(
        (
            ("campaign", made.campaign),
            ("attempts", made.attempts),
            ("answered", made.answered),
            ("connected", _connected(made)),
            ("abandoned", f"{made.abandoned} (and {made.late} late)"),
            ("abandonment", f"{made.abandonment:.2%} of the answers by people"),
            ("answer to agent", f"p50 {waits.p50:.2f} s, p99 {waits.p99:.2f} s"),
            ("agents idle", f"{made.agent_idle:.1%} of idle and talk time"),
            ("mean talk time", f"{made.mean_talk_seconds:.1f} s"),
            ("double dials", made.double_dials),
            ("unresolved", made.unresolved),
            *_called_in(made),
            *_heard(made),
        )
    )
    output.show(("outcome", "#attempts"), list(made.outcomes.items()))
    output.show(("disposition", "#attempts"), list(made.dispositions.items()))
    answers = [(q, a, n) for q, given in made.answers.items() for a, n in given.items()]
    if answers:
        output.show(("question", "answer", "#calls"), answers)
    said = [(q, a, n) for q, given in made.inbound.answers.items() for a, n in given.items()]
    if said:
        output.show(("question", "answer", "#callers"), said)
    columns = ("agent", "#calls", "#talking", "#ready", "#reserved", "#wrap-up", "#paused")
    rows = [
        (
            name,
            t.calls,
            *(f"{s:.0f} s" for s in (t.talking, t.ready, t.reserved, t.wrap_up, t.paused)),
        )
        for name, t in made.agents.items()
    ]
    output.show(columns, rows)
