"""A file of numbers, one a line or in the first column of a CSV; hostile until parsed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from campaigns.numbers import BadNumber, normalise
from cli.errors import InputError
from cli.files import open_text
from cli.long_lines import Lines, TooLong
from cli.numbers import reason

_SEPARATORS = ",;\t|"


@dataclass(slots=True)
class NumbersFile:
    """`bad`: lines that hold no number, each with the reason, once `read` is through."""

    path: Path
    region: str | None = None
    bad: list[tuple[int, str]] = field(default_factory=list)

    def read(self) -> Iterator[str]:
        """The file's numbers in E.164. Raises `InputError` when there is nothing in it."""
        empty = True
        for line, cell in self._cells():
            empty = False
            try:
                yield normalise(cell, self.region)
            except BadNumber as wrong:
                if line > 1 or any(c.isdigit() for c in cell):  # the first line may be a header
                    self.bad.append((line, reason(wrong)))
        if empty:
            raise InputError(f"{self.path}: the file is empty; expected one number a line")

    def _cells(self) -> Iterator[tuple[int, str]]:
        with open_text(self.path) as text:
            lines = Lines(text)
            while True:
                try:
                    line = next(lines)
                except StopIteration:
                    return
                except TooLong as wrong:
                    self.bad.append((lines.read, str(wrong)))
                    continue
                if line.strip():
                    yield lines.read, _first_cell(line)


def _first_cell(line: str) -> str:
    for separator in _SEPARATORS:
        line = line.split(separator, 1)[0]
    return line.strip().strip('"')
