"""`dialplane leads import`: a file into a list."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.errors import ExitCode
from cli.lazy import leaf_app
from cli.leads_file import LeadsFile
from cli.numbers import Region, region_of
from cli.output import Json, emit, examples, say
from cli.progress import bar
from cli.rejects import Rejects, tell_rejected
from cli.sheet import BadRow, Sheet, open_sheet
from cli.sheet_options import Encoding, RejectsFile, SheetFile, SheetName
from cli.site import now, open_site
from cli.tokens import token
from storage.engine import Store
from storage.imports import BATCH, import_leads
from storage.lead_rows import NewLead

app = leaf_app()
KEPT = 1000  # bad rows told in JSON


@dataclass(slots=True)
class Summary:
    """What became of a file. `without_zone`: added, but in no known time zone.

    `complete`: it was read to its end.
    """

    file: str
    list_name: str
    added: int = 0
    duplicates: int = 0
    rejected: int = 0
    without_zone: int = 0
    unsplit: int = 0  # of the rejected: no cells were made out of them
    encoding: str = ""
    rejects_file: str | None = None
    complete: bool = False
    problems: list[BadRow] = field(default_factory=list)


@app.command(
    "import",
    epilog=examples(
        "dialplane leads import spring.csv --list spring",
        "dialplane leads import spring.csv --list spring --region US",
        "dialplane leads import spring.csv --list spring --json",
    ),
)
def import_(
    file: SheetFile,
    list_name: Annotated[str, typer.Option("--list", help="The list to add the leads to.")],
    region: Region = None,
    encoding: Encoding = None,
    sheet: SheetName = None,
    rejects: RejectsFile = None,
    as_json: Json = False,
) -> None:
    """Import a file of leads into a list.

    The first row names the columns: number (or phone), and, as you like, name, priority, score,
    segment, skills, timezone and reference; every other column is kept with the lead.

    Leads are stored a thousand at a time. A number that is on the list already counts as a
    duplicate and is left as it is, so an import that broke off is simply run again. Bad rows
    are told with line, column and reason, and written to a new file to mend and import again;
    its columns reject_line and reject_reason may stay there. A cell with an error of the
    spreadsheet, such as #N/A, makes its row a bad one.

    Exit code 0: every row is on the list; 1: some were rejected, the others are on the list.
    """
    source = LeadsFile(file, region_of(region))
    summary = Summary(str(file), token(list_name, "--list"))
    try:
        with open_site() as site, open_sheet(file, "leads", encoding, sheet) as rows:
            _import(site.store, source, rows, summary, rejects, as_json)
    finally:
        if summary.complete or source.rows_seen:
            _tell(summary, as_json)
    if summary.rejected:
        raise typer.Exit(ExitCode.BAD_INPUT)


def _import(
    store: Store,
    source: LeadsFile,
    sheet: Sheet,
    summary: Summary,
    rejects: Path | None,
    quiet: bool,
) -> None:
    bad = Rejects(source.path, rejects)
    summary.encoding = sheet.encoding
    try:
        with bad:
            rows = _rows(source, sheet, summary, bad, quiet)
            while batch := list(islice(rows, BATCH)):
                done = import_leads(store, summary.list_name, batch, now())
                summary.added += done.added
                summary.duplicates += done.duplicates
                summary.without_zone += sum(not lead.zones for lead in batch)
        summary.complete = True
    finally:
        summary.rejects_file = str(bad.path) if bad.path else None


def _rows(
    source: LeadsFile, sheet: Sheet, summary: Summary, bad: Rejects, quiet: bool
) -> Iterator[NewLead]:
    """The good rows; the others are noted on the way."""
    with bar(quiet) as progress:
        task = progress.add_task("importing", total=sheet.progress()[1])
        for row in source.rows(sheet):
            progress.update(task, completed=sheet.progress()[0])
            if isinstance(row, NewLead):
                yield row
            else:
                _reject(row, source, summary, bad)


def _reject(row: BadRow, source: LeadsFile, summary: Summary, bad: Rejects) -> None:
    bad.add(row, source.header)
    summary.rejected += 1
    summary.unsplit += not row.cells
    if len(summary.problems) < KEPT:
        summary.problems.append(row)


def _tell(summary: Summary, as_json: bool) -> None:
    if as_json:
        emit(_as_json(summary))
        return
    tell_rejected(summary.file, summary.problems, summary.rejected, summary.rejects_file)
    end = "" if summary.complete else "; it broke off, so run it again"
    say(
        f"{summary.file}: {summary.added} leads added to list '{summary.list_name}', "
        f"{summary.duplicates} on it already, {summary.rejected} rejected{end}"
    )
    if summary.encoding and not summary.encoding.lower().startswith(("utf-8", "utf_8")):
        say(f"It was read as {summary.encoding.upper()}; --encoding names another one")
    if summary.rejects_file:
        say(_what_to_mend(summary))
    if summary.without_zone:
        say(
            f"{summary.without_zone} have no known time zone: a campaign whose window goes by the "
            "customer's zone will not call them; give them one in a column 'timezone'"
        )


def _what_to_mend(summary: Summary) -> str:
    if summary.unsplit == summary.rejected:
        return f"The rejected rows are named in {summary.rejects_file}: mend {summary.file} itself"
    words = f"The rejected rows are in {summary.rejects_file}: mend them there and import it"
    if not summary.unsplit:
        return words
    return f"{words}; {summary.unsplit} could not be split into cells: mend {summary.file} itself"


def _as_json(summary: Summary) -> dict[str, Any]:
    rows = [{"line": r.line, "column": r.column, "reason": r.reason} for r in summary.problems]
    return {
        "file": summary.file,
        "list": summary.list_name,
        "added": summary.added,
        "duplicates": summary.duplicates,
        "rejected": summary.rejected,
        "without_zone": summary.without_zone,
        "unsplit": summary.unsplit,
        "encoding": summary.encoding,
        "rejects_file": summary.rejects_file,
        "complete": summary.complete,
        "problems": rows,
    }
