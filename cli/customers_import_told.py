"""What `dialplane customers import` says at its end."""

from typing import TYPE_CHECKING, Any

from cli.output import emit, say, warn
from cli.rejects import SHOWN, tell_rejected
from storage.customers.sync import Came

if TYPE_CHECKING:
    from cli.customers_import import Summary

_COUNTED = (Came.CREATED, Came.UPDATED, Came.UNCHANGED, Came.SKIPPED)


def tell(summary: "Summary", as_json: bool) -> None:
    """For people on the screen, or as JSON."""
    if as_json:
        emit(_as_json(summary))
        return
    tell_rejected(summary.file, summary.problems, summary.rejected, summary.rejects_file)
    for each in summary.possible[:SHOWN]:
        whom = f"customer {each['customer_id']}" if each["customer_id"] else "a row before it"
        warn(
            f"{summary.file}:{each['line']}: it may be the same as {whom} "
            f"({each['likeness']:.0%} alike); {each['came']}"
        )
    if summary.alike > SHOWN:
        warn(f"... and {summary.alike - SHOWN} more that may be the same as others")
    say(_counts(summary))
    _tell_of_files(summary)


def _counts(summary: "Summary") -> str:
    counts = ", ".join(f"{summary.came[came]} {came}" for came in _COUNTED)
    end = "" if summary.complete else "; it broke off, so run it again"
    would = "; nothing was changed (--dry-run)" if summary.dry_run else ""
    return f"{summary.file}: {counts}, {summary.rejected} rejected{end}{would}"


def _tell_of_files(summary: "Summary") -> None:
    if summary.encoding and not summary.encoding.lower().startswith(("utf-8", "utf_8")):
        say(f"It was read as {summary.encoding.upper()}; --encoding names another one")
    if summary.ignored:
        say(f"Columns that were not imported: {', '.join(summary.ignored)}")
    if summary.mapping_file:
        say(f"The mapping is in {summary.mapping_file}")
    if summary.rejects_file:
        say(_what_to_mend(summary))


def _what_to_mend(summary: "Summary") -> str:
    if summary.rejected and summary.unsplit == summary.rejected:
        return f"The rejected rows are named in {summary.rejects_file}: mend {summary.file} itself"
    words = f"The rejected rows are in {summary.rejects_file}: mend them there and import it"
    if not summary.unsplit:
        return words
    return f"{words}; {summary.unsplit} could not be split into cells: mend {summary.file} itself"


def _as_json(summary: "Summary") -> dict[str, Any]:
    rows = [{"line": r.line, "column": r.column, "reason": r.reason} for r in summary.problems]
    return {
        "file": summary.file,
        "dry_run": summary.dry_run,
        "source": summary.source,
        "encoding": summary.encoding,
        "rows": summary.rows,
        **{came.value: summary.came[came] for came in _COUNTED},
        "rejected": summary.rejected,
        "may_be_the_same": summary.alike,
        "ignored": summary.ignored,
        "rejects_file": summary.rejects_file,
        "mapping_file": summary.mapping_file,
        "complete": summary.complete,
        "problems": rows,
        "possible": summary.possible,
    }
