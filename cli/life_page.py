"""Writes the tables and the picture of docs/call-life.md: `python -m cli.life_page`.

They come from the very table that moves calls; a test holds the committed page to it.
"""

import sys
from pathlib import Path

from campaigns.call_life import IN_FLIGHT, LONGEST, TABLE, UNANSWERED, CallState, Happening, diagram
from cli.markdown import table

PAGE = Path(__file__).parent.parent / "docs" / "call-life.md"
BEGIN = "<!-- made by: python -m cli.life_page -->"
END = "<!-- made so far -->"


def updated(text: str) -> str:
    """`text` with its generated part anew. Raises `ValueError` when it has no such part."""
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"the page has no part between '{BEGIN}' and '{END}'")
    return f"{before}{BEGIN}\n\n{generated()}\n\n{END}{after}"


def generated() -> str:
    """The picture and the tables, in Markdown."""
    picture = f"```mermaid\n{diagram()}\n```"
    return f"{picture}\n\n{_transitions()}\n\n{_limits()}"


def _transitions() -> str:
    rows = [row for happening in Happening for row in _rows(happening)]
    return "## Every transition\n\n" + table(("happening", "from", "to"), rows)


def _rows(happening: Happening) -> list[tuple[str, str, str]]:
    leads: dict[CallState, list[str]] = {}
    for (state, what), to in TABLE.items():
        if what is happening:
            leads.setdefault(to, []).append(state.value)
    return [(happening, ", ".join(froms), to) for to, froms in leads.items()]


def _limits() -> str:
    rows = [(s, "yes" if s in IN_FLIGHT else "", _seconds(s)) for s in CallState]
    return "## Every state\n\n" + table(("state", "in flight", "seconds at most"), rows)


def _seconds(state: CallState) -> str:
    if state not in LONGEST:
        return "-"
    return f"{LONGEST[state]:g}{' and the ring time' if state in UNANSWERED else ''}"


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{PAGE} is up to date\n")
