"""`dialplane customers export`: customers into a file that can be imported again."""

from pathlib import Path
from typing import Annotated

import typer

from campaigns.importing.file import load
from campaigns.spec.guard import MAX_BYTES
from cli.errors import InputError
from cli.files import read_bytes
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.progress import bar
from cli.sheet_writing import new_sheet
from cli.site import open_site
from cli.tokens import token
from storage.customers.definitions import read
from storage.customers.exporting import export_of
from storage.customers.listing import Wanted
from storage.errors import Refused

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane customers export customers.csv",
        "dialplane customers export 客户.xlsx --mapping map.yaml --stage high-intent",
        "dialplane customers export called.csv --results",
    )
)
def export(
    file: Annotated[Path, typer.Argument(help="A new file, .csv or .xlsx.", metavar="FILE")],
    mapping: Annotated[
        Path | None,
        typer.Option(help="Which columns it has (YAML).", show_default="all there is"),
    ] = None,
    source: Annotated[
        str, typer.Option(help="Whose external ids to write; a mapping names its own.")
    ] = "file",
    stage: Annotated[list[str] | None, typer.Option(help="In one of these stages.")] = None,
    owner: Annotated[str | None, typer.Option(help="Of this owner; empty: of nobody.")] = None,
    tag: Annotated[str | None, typer.Option(help="With this tag, or one below it.")] = None,
    results: Annotated[
        bool,
        typer.Option(
            "--results", help="Also the level of intent, the last result and filing, and when."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Export customers to a CSV or XLSX file, with the columns that an import has.

    Imported again it changes nothing. Cells that a spreadsheet would take for a formula have an
    apostrophe before them, which importing takes away; telephone numbers are E.164, as they are.
    """
    with open_site() as site:
        known = read(site.store)
        given = load(read_bytes(mapping, MAX_BYTES), str(mapping)) if mapping else None
        whose = token(source, "--source")
        try:
            export = export_of(given, known, whose, results)
        except Refused as wrong:
            raise InputError(f"{mapping or file}: {wrong}") from wrong
        wanted = Wanted(stages=tuple(stage or ()), owner=owner, tag=tag)
        count = 0
        with new_sheet(file) as write, bar(as_json) as progress:
            task = progress.add_task("exporting", total=None)
            write(export.header)
            for row in export.rows(site.store, wanted):
                write(row)
                count += 1
                progress.update(task, completed=count)
    if as_json:
        emit({"file": str(file), "customers": count, "left_out": export.left_out})
        return
    say(f"{file}: {count} customers")
    if export.left_out:
        say(f"{export.left_out} numbers and addresses are not in it, as there is no column left")
