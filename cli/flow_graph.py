"""`dialplane flow graph`: a flow as a picture."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from campaigns.flow.picture import Picture, mermaid, picture_of
from campaigns.flow.svg import svg
from cli.errors import InputError
from cli.files import unwritable
from cli.flow_world import read_flow
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say

app = leaf_app()


class Format(StrEnum):
    MERMAID = "mermaid"
    SVG = "svg"


IMAGES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pdf", ".png", ".webp"})
"""What a file of this name holds is not made here."""
DRAWN = {Format.MERMAID: lambda picture: mermaid(picture) + "\n", Format.SVG: svg}


@app.command(
    epilog=examples(
        "dialplane flow graph survey.yaml",
        "dialplane flow graph survey.yaml --out survey.svg",
        "dialplane flow graph survey.yaml --format svg > survey.svg",
    )
)
def graph(
    file: Annotated[Path, typer.Argument(help="A flow file (YAML).", metavar="FILE")],
    format: Annotated[
        Format | None,
        typer.Option(help="How it is drawn.", show_default="what --out ends with, else mermaid"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write to this file.", show_default="standard output")
    ] = None,
    as_json: Json = False,
) -> None:
    """Draw a flow.

    As SVG, which every browser shows, or in the words of Mermaid, which many sites that show
    Markdown draw. The flow must be right; 'dialplane flow check' says what is not.
    """
    if out is not None and format is None and out.suffix.lower() in IMAGES:
        raise InputError(
            f"--out: expected a name that ends in .svg, or one for Mermaid (got '{out}')"
        )
    picture = picture_of(read_flow(file)[0])
    how = format or (Format.SVG if out and out.suffix == ".svg" else Format.MERMAID)
    drawn = DRAWN[how](picture)
    if out is not None:
        _write(out, drawn)
    if as_json:
        emit(_facts(picture, how, out, drawn))
    elif out is not None:
        say(f"{out}: {len(picture.boxes)} steps, {len(picture.arrows)} arrows")
    else:
        typer.echo(drawn, nl=False)


def _facts(picture: Picture, how: Format, out: Path | None, drawn: str) -> dict[str, object]:
    facts = {"format": how.value, "boxes": picture.boxes, "arrows": picture.arrows}
    return {**facts, "out": str(out)} if out else {**facts, "drawn": drawn}


def _write(out: Path, drawn: str) -> None:
    """Raises `InputError`."""
    if out.exists() and not out.is_file():
        raise InputError(f"{out}: it is no file; name one to write to")
    try:
        out.write_text(drawn, encoding="utf-8")
    except OSError as wrong:
        raise unwritable(out, wrong) from wrong
