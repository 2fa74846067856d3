"""The cells of a row of leads: each is what its column asks for, or refused with a reason."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from campaigns.numbers import BadNumber, normalise
from cli.numbers import reason
from connectors.calls import TOKEN


class BadCell(ValueError):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def number_in(column: str, cell: str, region: str | None) -> str:
    try:
        return normalise(cell, region)
    except BadNumber as wrong:
        raise BadCell(column, reason(wrong)) from wrong


def whole_in(column: str, cell: str) -> int:
    try:
        return int(cell) if cell else 0
    except ValueError:
        raise BadCell(column, "expected a whole number") from None


def token_in(column: str, cell: str) -> str:
    if cell and not TOKEN.fullmatch(cell):
        raise BadCell(column, "expected a name of letters, digits, '-' and '_', at most 64")
    return cell


def skills_in(column: str, cell: str) -> tuple[str, ...]:
    return tuple(token_in(column, word) for word in _words(cell))


def zones_in(column: str, cell: str) -> tuple[str, ...]:
    names = _words(cell)
    for name in names:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise BadCell(column, "expected an IANA time zone such as Europe/Berlin") from None
    return tuple(names)


def _words(cell: str) -> list[str]:
    """A cell may hold several, parted as spreadsheets of any country part them."""
    return cell.replace(";", " ").replace(",", " ").replace("|", " ").split()
