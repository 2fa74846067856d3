"""The file of rows that were not imported: mend it, and import it again."""

import csv
import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TextIO

from cli.leads_file import BadRow

_FORMULA = re.compile(r"[=+\-@\t\r\0]")
_NUMBER = re.compile(r"\+[0-9 ()./-]*", re.ASCII)


class Rejects(AbstractContextManager["Rejects"]):
    """Written only when there is something to write; an older file of that name is replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: TextIO | None = None

    def add(self, row: BadRow, header: Iterable[str]) -> None:
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow([*header, "reject_line", "reject_reason"])
        self.count += 1
        where = f"{row.column}: {row.reason}" if row.column else row.reason
        csv.writer(self._file).writerow([*map(harmless, row.cells), row.line, where])

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; telephone numbers stay as they are."""
    if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
