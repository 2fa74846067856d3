"""Which file of rows is read, how, and where its bad ones go, on the command line."""

from pathlib import Path
from typing import Annotated

import typer

SheetFile = Annotated[Path, typer.Argument(help="A CSV or XLSX file.", metavar="FILE")]
Encoding = Annotated[
    str | None,
    typer.Option(
        help="Of a CSV file: utf-8, utf-16, gb18030, ...", show_default="UTF-8, UTF-16 or GB18030"
    ),
]
SheetName = Annotated[
    str | None,
    typer.Option("--sheet", help="The sheet of a workbook.", show_default="the first"),
]
RejectsFile = Annotated[
    Path | None,
    typer.Option(help="Where bad rows go; a new file.", show_default="FILE with .rejects.csv"),
]
