"""Page after page of a REST CRM: which is asked for next, and what has come already."""

from collections.abc import Sequence
from typing import Any

from crm_sync.adapter import AdapterError
from crm_sync.rest_map import Pull
from crm_sync.rest_paths import get
from crm_sync.rest_template import as_time

NO_ID = str(None)


class Seen:
    """What has come already: pages that repeat would go on for ever."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pages: set[int] = set()
        self._known: set[int] = set()

    def fresh(self, ids: list[str], rows: Sequence[Any], turn: "Turn") -> list[Any]:
        """The rows that have not come yet. Raises `AdapterError` for a page that repeats, also
        after others."""
        keys = _keys(ids, rows)
        told = [hash(mark) for mark in (turn.cursor, turn.link) if mark]
        told += [_page(ids, keys)] if ids else []
        # of one time, the first page comes twice: by the time before, and by its own
        if turn.offset > 0 and not self._pages.isdisjoint(told):
            raise AdapterError(
                f"crms.{self._name}: it told the same page again, of {len(ids)} rows"
            )
        self._pages.update(told)
        if turn.pull.page.kind != "since" and not turn.pull.page.most:
            return list(rows)
        found = [row for row, key in zip(rows, keys, strict=True) if key not in self._known]
        self._known.update(keys)
        return found

    def forget_all_but(self, ids: list[str], rows: Sequence[Any]) -> None:
        """The time of the last row is asked for again: only rows of this page can have it."""
        keys = _keys(ids, rows)
        self._known = set(keys)
        self._pages = {_page(ids, keys)}


def _page(ids: Sequence[str], keys: Sequence[int]) -> int:
    """By its ids alone, as what stands in its rows may differ each time; where the map's place of
    ids is wrong, by its rows."""
    return hash(tuple(keys if set(ids) == {NO_ID} else ids))


def _keys(ids: Sequence[str], rows: Sequence[Any]) -> list[int]:
    return [hash((id_, repr(row))) for id_, row in zip(ids, rows, strict=True)]


class Turn:
    """Which page is asked for."""

    def __init__(self, pull: Pull, since: str) -> None:
        self.pull = pull
        self.cursor = self.link = ""
        self._size = 0
        self._begin(since)

    def _begin(self, since: Any) -> None:
        self.since, self.page, self.offset = since, self.pull.page.first, 0
        self.cursor = self.link = ""

    def given(self, times: str) -> dict[str, Any]:
        return {
            "since": as_time(times, self.since),
            "limit": self.pull.limit,
            "page": self.page,
            "offset": self.offset,
            "cursor": self.cursor or None,
        }

    def go_on(self, answer: Any, rows: int, last: str) -> bool:
        """Turn to the next page; False: that was the last one. `last`: of its last row."""
        paging = self.pull.page
        self.page, self.offset = self.page + 1, self.offset + rows
        if paging.most and self.offset + self.pull.limit > paging.most and last != self.since:
            self._begin(last)
            return rows > 0
        if paging.kind in ("cursor", "link"):
            at = get(answer, paging.at or "")
            self.cursor, self.link = (
                ("", str(at or "")) if paging.kind == "link" else (str(at or ""), "")
            )
            return bool(at)
        if paging.kind == "since" and last and last != self.since:
            self._begin(last)
        # a server may tell fewer rows than it is asked for, so only a page of none is the last for
        # sure; or, where nothing begins anew, one that is shorter than the first
        self._size = self._size or rows
        shorter = paging.kind != "since" and rows < self._size
        return paging.kind != "none" and rows > 0 and not shorter
