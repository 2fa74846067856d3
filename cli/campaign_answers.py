"""`dialplane campaign answers`: what people have answered to a campaign's flow."""

from typing import Annotated, Any

import typer

from cli import output
from cli.errors import StateError
from cli.lazy import leaf_app
from cli.output import Json, details, emit, examples, say
from cli.site import open_site
from cli.spans import Since, Until, span
from storage import campaigns
from storage.flow_answers import Surveyed, surveyed

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane campaign answers survey",
        "dialplane campaign answers survey --since 2026-11-20",
        "dialplane campaign answers survey --json | jq .questions.visit.answers",
    )
)
def answers(
    name: Annotated[str, typer.Argument(help="A campaign of mode ivr.", metavar="NAME")],
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Show the answers to a campaign's flow, by question.

    Counts, and shares of the calls that answered the question; how many came to a question and
    left it without an answer; and how each step of the flow was left, where people drop off. The
    last answer of a call to a question counts.
    """
    start, end = span(since, until)
    with open_site() as site:
        needs = campaigns.get(site.store, name).needs()
        if needs is None:
            raise StateError(f"Campaign '{name}' is not of mode ivr: it asks no questions")
        found = surveyed(site.store, name, needs, end, start)
    if as_json:
        emit(_as_json(name, found))
    else:
        _tell(name, found)


def _as_json(name: str, found: Surveyed) -> dict[str, Any]:
    return {
        "campaign": name,
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


def _tell(name: str, found: Surveyed) -> None:
    details(
        (
            ("campaign", name),
            ("calls in the flow", found.calls),
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
