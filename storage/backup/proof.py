"""Whether the rows of a file are those that its end says it has."""

from collections.abc import Iterator

from storage.backup.digest import Count
from storage.backup.errors import BackupUnreadable
from storage.backup.script import Script, Told
from storage.backup.shape import Shape


class Proof:
    """Counts the rows of one file as they go by."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._found: dict[str, Told] = {}

    def counted(self, shape: Shape, lines: Iterator[bytes]) -> Iterator[bytes]:
        """The lines of a table, all of which must be taken."""
        count = Count(shape)
        for line in lines:
            try:
                count.add(line)
            except (ValueError, IndexError) as wrong:
                raise self._refusal() from wrong
            yield line
        self._found[shape.table] = Told(count.rows, count.digest)

    def require(self) -> None:
        """To be asked at the end. Raises `BackupUnreadable`."""
        if self._found != self._script.end:
            raise self._refusal()

    def _refusal(self) -> BackupUnreadable:
        return BackupUnreadable(
            f"{self._script.path}: its rows are not those that it says it has; take another copy "
            "of it, or another backup"
        )
