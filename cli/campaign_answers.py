"""`dialplane campaign answers`: what people have answered to a campaign's flow."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli import output
from cli.errors import StateError
from cli.lazy import leaf_app
from cli.output import Json, details, emit, examples, say
from cli.site import open_site
from cli.spans import Since, Until, span
from storage import campaigns
from storage.flow_answers import CAME_IN, PLACED, Surveyed, surveyed

app = leaf_app()
CALLS, CALLERS = "calls", "callers"
NONE = Surveyed(0, 0, 0, {}, {})


@app.command(
    epilog=examples(
        "dialplane campaign answers survey",
        "dialplane campaign answers survey --since 2026-11-20",
        "dialplane campaign answers survey --json | jq .questions.visit.answers",
    )
)
def answers(
    name: Annotated[str, typer.Argument(help="A campaign with a flow.", metavar="NAME")],
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Show the answers to a campaign's flow, by question.

    Counts, and shares of the calls that answered the question; how many came to a question and
    left it without an answer; and how each step of the flow was left, where people drop off. The
    last answer of a call to a question counts. What callers did in the flow of their line is told
    apart, under `callers`, and is in no count or share of the calls that were placed.
    """
    start, end = span(since, until)
    with open_site() as site:
        stored = campaigns.get(site.store, name)
        placed, callers = stored.needs(), stored.inbound_needs()
        if placed is None and callers is None:
            raise StateError(
                f"Campaign '{name}' is not of mode ivr, and its lines have no flow: it asks no "
                "questions"
            )
        parts = {
            kind: surveyed(site.store, name, needs, end, start, of)
            for kind, needs, of in ((CALLS, placed, PLACED), (CALLERS, callers, CAME_IN))
            if needs is not None
        }
    if as_json:
        emit(_as_json(name, parts))
        return
    details((("campaign", name),))
    for kind, found in parts.items():
        _tell(kind, found)


def _as_json(name: str, parts: Mapping[str, Surveyed]) -> dict[str, Any]:
    """The calls that were placed as ever; callers under a key of their own."""
    told = {"campaign": name, **_figures(parts.get(CALLS, NONE))}
    return {**told, CALLERS: _figures(parts[CALLERS])} if CALLERS in parts else told


def _figures(found: Surveyed) -> dict[str, Any]:
    return {
        "calls": found.calls,
        "answered_all": found.whole,
        "answered_some": found.partly,
        "questions": {
            question: {"answers": told.answers, "unanswered": told.unanswered}
            for question, told in found.questions.items()
        },
        "steps": [
            {"flow": flow, "step": step, "ways": ways} for (flow, step), ways in found.ways.items()
        ],
    }


def _tell(kind: str, found: Surveyed) -> None:
    details(
        (
            (f"{kind} in the flow", found.calls),
            ("answered every question", found.whole),
            ("answered some", found.partly),
        )
    )
    for question, told in found.questions.items():
        whole = sum(told.answers.values())
        say(f"\n{question}: {whole} answers, {told.unanswered} calls gave none")
        shares = [(each, n, f"{n / whole:.1%}") for each, n in told.answers.items()]
        output.show(("answer", "#calls", "#share"), shares, none="nobody has answered yet")
    rows = [
        (flow, step, ", ".join(f"{way} {n}" for way, n in ways.items()))
        for (flow, step), ways in found.ways.items()
    ]
    output.show(("flow", "step", "left by (calls)"), rows, none="no call has gone through it yet")
