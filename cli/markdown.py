"""What the pages of the reference are written with."""

from collections.abc import Iterable, Sequence

MADE = "<!-- Made by `python -m cli.reference docs/reference`; do not edit. -->"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; nothing when it has no rows."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(_row(line) for line in lines) if len(lines) > 2 else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
