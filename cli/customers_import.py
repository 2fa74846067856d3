"""`dialplane customers import`: a file of customers, by a mapping of its columns."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from campaigns.importing.mapping import Mapping, ThenSimilar
from cli.customers_import_told import tell
from cli.customers_mapping import mapping_for, save, with_options
from cli.errors import ExitCode, InputError
from cli.lazy import leaf_app
from cli.numbers import Region
from cli.output import Json, examples
from cli.progress import bar
from cli.rejects import Rejects
from cli.sheet import OURS, BadRow, Row, Sheet, open_sheet, unquoted
from cli.sheet_options import Encoding, RejectsFile, SheetFile, SheetName
from cli.site import Site, open_site
from storage.customers.alike import fill_blocks
from storage.customers.changes import By
from storage.customers.definitions import Definitions, read
from storage.customers.plan import Plan, plan_of, rules_of
from storage.customers.sync import Came
from storage.errors import Refused
from workers.forgetting import forgotten_in_redis
from workers.importing.pool import Batch, processes_of, run
from workers.importing.work import BATCH, Job, Result
from workers.redis_server import locate

app = leaf_app()
KEPT = 1000  # bad rows and possible duplicates told in JSON


@dataclass(slots=True)
class Summary:
    """What became of a file. `ignored`: columns that were not imported; `complete`: it was read to
    its end; `unsplit`: of the rejected, no cells were made out of them."""

    file: str
    dry_run: bool = False
    source: str = ""
    encoding: str = ""
    rows: int = 0
    came: Counter[Came] = field(default_factory=Counter)
    rejected: int = 0
    alike: int = 0
    unsplit: int = 0
    ignored: list[str] = field(default_factory=list)
    rejects_file: str | None = None
    mapping_file: str | None = None
    complete: bool = False
    problems: list[BadRow] = field(default_factory=list)
    possible: list[dict[str, Any]] = field(default_factory=list)


Rows = list[Row | BadRow]


@app.command(
    "import",
    epilog=examples(
        "dialplane customers import customers.csv --dry-run --save-mapping map.yaml",
        "dialplane customers import customers.csv --mapping map.yaml",
        "dialplane customers import 客户.xlsx --region CN --source erp",
    ),
)
def import_(
    file: SheetFile,
    mapping: Annotated[
        Path | None, typer.Option(help="What its columns are (YAML).", show_default="by its header")
    ] = None,
    save_mapping: Annotated[
        Path | None, typer.Option(help="Write the mapping that counts to a new file.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would come of it; change nothing.")
    ] = False,
    source: Annotated[
        str | None, typer.Option(help="The system that external ids are of.", show_default="file")
    ] = None,
    region: Region = None,
    similar: Annotated[
        ThenSimilar | None,
        typer.Option(help="Rows that are like another customer by name and company."),
    ] = None,
    encoding: Encoding = None,
    sheet: SheetName = None,
    rejects: RejectsFile = None,
    processes: Annotated[
        int | None,
        typer.Option(min=1, max=32, help="So many at once.", show_default="one a CPU, at most 4"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Import a file of customers: those who are new are made, the others changed.

    The first row names the columns; what they hold is said by a mapping, or guessed from their
    names in English or Chinese. A customer is known by the external id, else by a number, else by
    an e-mail address; an empty cell changes nothing. Bad rows are told with line, column and
    reason, and written to a new file to mend and import again; its columns reject_line and
    reject_reason may stay there. The same import again changes nothing.

    Exit code 0: every row is in; 1: some were rejected, the others are in.
    """
    summary = Summary(str(file), dry_run)
    try:
        with open_site() as site, open_sheet(file, "customers", encoding, sheet) as rows:
            known = read(site.store)
            chosen = with_options(
                mapping_for(mapping, rows, known), source, region, similar, known.duplicates
            )
            plan = _planned(mapping or file, chosen, rows, known)
            if save_mapping is not None:
                summary.mapping_file = save(chosen, save_mapping)
            job = Job(plan, known, rules_of(chosen, known), _by(plan), dry_run)
            _import(site, rows, job, summary, rejects, processes_of(processes), as_json)
    finally:
        if summary.complete or summary.rows:
            tell(summary, as_json)
    if summary.rejected:
        raise typer.Exit(ExitCode.BAD_INPUT)


def _planned(told: Path, mapping: Mapping, sheet: Sheet, known: Definitions) -> Plan:
    try:
        return plan_of(mapping, sheet.header, known)
    except Refused as wrong:
        raise InputError(f"{told}: {wrong}") from wrong


def _by(plan: Plan) -> By:
    return By(f"import:{plan.source}", plan.source)


def _import(
    site: Site,
    sheet: Sheet,
    job: Job,
    summary: Summary,
    rejects: Path | None,
    processes: int,
    quiet: bool,
) -> None:
    summary.source, summary.encoding = job.plan.source, sheet.encoding
    summary.ignored = _ignored(job.plan)
    sheet.unread = frozenset(range(len(sheet.header))) - job.plan.used
    store = site.store
    bad: Rejects | None = None
    try:
        with ExitStack() as held:
            bad = held.enter_context(Rejects(sheet.path, rejects))
            held.enter_context(forgotten_in_redis(store, lambda: locate(site.settings)))
            if job.rules.similar and not job.dry:
                fill_blocks(store)
            url = site.settings.database_url.get_secret_value()
            for batch, result in run(store, url, job, _batches(sheet, quiet), processes):
                _note(batch.rest, result, sheet, summary, bad)
                if not job.dry:
                    store.tell(result.changed)
        if not summary.rows:
            raise InputError(f"{sheet.path}: there are no customers after the header")
        summary.complete = True
    finally:
        summary.rejects_file = str(bad.path) if bad and bad.path else None


def _batches(sheet: Sheet, quiet: bool) -> Iterator[Batch[Rows]]:
    with bar(quiet) as progress:
        task = progress.add_task("importing", total=sheet.progress()[1])
        rows = sheet.rows()
        while some := list(islice(rows, BATCH)):
            good = [[unquoted(c) for c in row.cells] for row in some if isinstance(row, Row)]
            yield Batch(good, some)
            done, of = sheet.progress()
            progress.update(task, completed=done, total=of)


def _note(rows: Rows, result: Result, sheet: Sheet, summary: Summary, bad: Rejects) -> None:
    """What came of a batch, in the order of its rows."""
    good = [row for row in rows if isinstance(row, Row)]
    wrong = {good[n].line: (column, why) for n, column, why in result.bad}
    passed = {good[n].line: why for n, why in result.skipped}
    header = _theirs(sheet.header, sheet.header)
    for row in rows:
        if isinstance(row, BadRow) or row.line in wrong:
            told = row if isinstance(row, BadRow) else BadRow(row.line, *wrong[row.line])
            _reject(told, row.cells, sheet, header, summary, bad)
        elif row.line in passed:
            bad.add(_row(row.line, passed[row.line], row.cells, sheet), header)
    summary.rows += len(rows)
    summary.came.update(result.came)
    summary.alike += len(result.alike)
    summary.possible += [
        {"line": good[n].line, "customer_id": who, "likeness": round(like, 3), "came": came}
        for n, who, like, came in result.alike[: KEPT - len(summary.possible)]
    ]


def _reject(
    told: BadRow, cells: Any, sheet: Sheet, header: list[str], summary: Summary, bad: Rejects
) -> None:
    row = BadRow(told.line, told.column, told.reason, tuple(_theirs(sheet.header, cells)))
    bad.add(row, header)
    summary.rejected += 1
    summary.unsplit += not row.cells
    if len(summary.problems) < KEPT:
        summary.problems.append(row)


def _row(line: int, why: str, cells: Any, sheet: Sheet) -> BadRow:
    return BadRow(line, "", why, tuple(_theirs(sheet.header, cells)))


def _theirs(header: tuple[str, ...], cells: Any) -> list[str]:
    """Without what a rejects file has put before them; cells beyond the header stay."""
    ours = {n for n, name in enumerate(header) if name.lower() in OURS}
    return [cell for n, cell in enumerate(cells) if n not in ours]


def _ignored(plan: Plan) -> list[str]:
    columns = enumerate(plan.columns)
    return [n for at, n in columns if n and at not in plan.used and n.lower() not in OURS]
