"""How a file of rows is told to be read, on the command line."""

from typing import Annotated

import typer

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
