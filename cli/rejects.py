"""The file of rows that were not imported: mend it, and import it again."""

import csv
import filecmp
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import Any

from cli.errors import InputError
from cli.files import unwritable
from cli.output import warn
from cli.sheet import BadRow

_FORMULA = re.compile(r"[=+\-@＝＋－＠\t\r\n\0]")
_NUMBER = re.compile(r"\+[0-9 ()./-]*", re.ASCII)
_OWN_NAME = re.compile(r"(?P<stem>.+)\.rejects(-\d+)?")
_ELSEWHERE = "name another one with --rejects"


SHOWN = 20  # bad rows told on the screen; the rejects file has them all


def tell_rejected(file: str, problems: Sequence[BadRow], count: int, rejects: str | None) -> None:
    """The first of the `count` bad rows, and where all of them are."""
    for row in problems[:SHOWN]:
        column = f"{row.column}: " if row.column else ""
        warn(f"{file}:{row.line}: {column}{row.reason}")
    if count > SHOWN:
        warn(f"... and {count - SHOWN} more, all of them in {rejects}")


class Rejects(AbstractContextManager["Rejects"]):
    """Rows go to a hidden file beside `target`, which gets its name at the end, if there are any.

    So no file is replaced, and none is half written. Raises `InputError` at once when `target`
    cannot be written. `path`: where the rows are in the end, once they are there.
    """

    def __init__(self, source: Path, target: Path | None = None) -> None:
        self._chosen = target is not None
        self._source = source
        self._target = target or beside(source)
        self._count = 0
        self._file = self._open(source)
        self._rows = csv.writer(self._file)
        self.path: Path | None = None

    def add(self, row: BadRow, header: Iterable[str]) -> None:
        """Write a row, behind its line and what is wrong with it.

        They come first, so that a row with cells too few or too many is not taken for a good one.
        """
        where = f"{row.column}: {row.reason}" if row.column else row.reason
        try:
            if not self._count:
                self._rows.writerow(["reject_line", "reject_reason", *map(harmless, header)])
            self._rows.writerow([row.line, harmless(where), *map(harmless, row.cells)])
        except OSError as wrong:
            raise unwritable(self._target, wrong) from wrong
        self._count += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._file.close()
            if self._count:
                self.path = self._named()
        except OSError as wrong:
            raise unwritable(self._target, wrong) from wrong
        finally:
            if self.path is None:
                Path(self._file.name).unlink(missing_ok=True)

    def _open(self, source: Path) -> Any:
        target = self._target
        if self._chosen and target.exists() and source.exists() and target.samefile(source):
            raise InputError(f"{target}: it is the file that is imported; {_ELSEWHERE}")
        if self._chosen and target.is_dir():
            raise InputError(f"{target}: it is a folder, not a file; {_ELSEWHERE}")
        if self._chosen and target.exists():
            raise InputError(f"{target}: it is there already; move it away, or {_ELSEWHERE}")
        try:
            return NamedTemporaryFile(
                "w",
                encoding="utf-8",
                newline="",
                dir=target.parent,
                prefix=f".{target.name}.",
                delete=False,
            )
        except OSError as wrong:
            raise unwritable(target, wrong, _ELSEWHERE) from wrong

    def _named(self) -> Path:
        """Give the file its name: one that nobody has, also when two imports end at once; or that
        of an earlier one, as of a dry run, which holds the same."""
        for path in _names(self._target):
            try:
                path.touch(exist_ok=False)
            except FileExistsError:
                if self._is_there(path):
                    return path
                continue
            os.replace(self._file.name, path)
            return path
        raise AssertionError("the numbers have no end")

    def _is_there(self, path: Path) -> bool:
        """Whether it holds these very rows, and is not what was imported."""
        mine = Path(self._file.name)
        if not path.is_file() or path.samefile(self._source):
            return False
        if not filecmp.cmp(mine, path, shallow=False):
            return False
        mine.unlink()
        return True


def beside(source: Path) -> Path:
    """`leads.rejects.csv` for `leads.csv`, and for the rejects of that as well."""
    again = _OWN_NAME.fullmatch(source.stem)
    return source.with_name(f"{again['stem'] if again else source.stem}.rejects.csv")


def _names(target: Path) -> Iterator[Path]:
    """`leads.rejects.csv`, `leads.rejects-2.csv` and so on."""
    yield target
    for number in count(2):
        yield target.with_name(f"{target.stem}-{number}{target.suffix}")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; telephone numbers stay as they are."""
    if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
