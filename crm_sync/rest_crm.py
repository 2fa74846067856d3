"""Any CRM that speaks HTTP and JSON, by a map of its requests.

A page that repeats ends the pull with an error, as it would never end by itself: the same ids as
the page before, or the same cursor. What is written is told one message after another.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.resources import files
from typing import Any
from uuid import UUID

from campaigns.crm.mapping import is_gone, latest, pulled
from connectors.calls import TOKEN
from crm_sync.adapter import AdapterError, Failed
from crm_sync.crm import Finding, Opening, Page, sampled
from crm_sync.fields import fields_of
from crm_sync.marks import Mark, is_before, possible
from crm_sync.rest_client import Refused, RestClient
from crm_sync.rest_map import Pull, RestCustomers, RestMap, load
from crm_sync.rest_pages import Seen, Turn
from crm_sync.rest_paths import get, nested
from crm_sync.rest_template import as_time
from crm_sync.telling import Item, customer_of, items, whole
from storage.outbox import Taken

LONGEST = 40.0  # seconds for a batch; see `storage.deliveries.HELD`
MOST_PAGES = 100_000
NOT_YET = Failed("the CRM is too slow: the rest of the batch has to wait")


class RestCrm:
    """One CRM, both ways."""

    at_most = 20

    def __init__(self, opening: Opening, mapped: RestMap) -> None:
        self.name = opening.name
        self.customers = mapped.customers
        self._map = mapped
        self._opening = opening
        self._text = opening.map_text or b""
        if opening.create and (mapped.customers is None or mapped.customers.create is None):
            raise AdapterError(
                f"crms.{opening.name}.create: its map does not say how a customer is made: "
                "customers.create"
            )
        self._client = RestClient(
            opening.url, mapped, opening.secrets, opening.timeout, opening.allow_private
        )

    def push(self, batch: Sequence[Taken]) -> dict[UUID, Failed]:
        """See `Adapter.push`. Nothing more is tried once nobody answers."""
        failed: dict[UUID, Failed] = {}
        until, wait = time.monotonic() + LONGEST, None
        for each in items(batch, self.name, self.customers, self._opening.records) if batch else ():
            wait = wait or (NOT_YET if time.monotonic() > until else None)
            if wait is not None:
                failed[each.message.id] = wait
                continue
            try:
                self._tell(each)
            except Refused as refused:
                failed[each.message.id] = refused.failed
                wait = refused.failed if refused.away else None
        return failed

    def pull(self, mark: Mark, limit: int) -> Iterator[Page]:
        """See `Crm.pull`. The size of a page is the map's."""
        customers = self.customers
        if customers is None or customers.pull is None:
            raise AdapterError(f"crms.{self.name}: its map does not say how customers are pulled")
        since, up_to = mark.at or customers.pull.start, mark
        for rows in self._pages(customers, customers.pull, since):
            told = [pulled(customers, partial(get, row)) for row in rows]
            up_to = _latest(customers, rows, up_to)
            yield Page(told, up_to if customers.pull.ascending else None)
        if not customers.pull.ascending:
            yield Page([], up_to)

    def there(self, ids: Sequence[str]) -> set[str] | None:
        """See `Crm.there`."""
        customers = self.customers
        if customers is None or customers.still is None:
            return None
        still, found = customers.still, set()
        for start in range(0, len(ids), still.limit):
            texts = list(ids[start : start + still.limit])
            asked = {"ids": [_id(each) for each in texts], "id_texts": texts}
            rows = get(self._client.ask(still.request, asked), still.rows)
            if not isinstance(rows, list):
                raise AdapterError(
                    f"crms.{self.name}: there is no list at '{still.rows}' of its answer"
                )
            left = [row for row in rows if not is_gone(customers, partial(get, row))]
            found |= {str(get(row, still.id or "")) for row in left}
        return found

    def check(self) -> list[Finding]:
        """See `Crm.check`."""
        customers = self.customers
        if customers is None or customers.pull is None:
            return [Finding(True, "the map does not say how customers are pulled")]
        rows = next(self._pages(customers, customers.pull, customers.pull.start), [])
        found = [Finding(True, f"{len(rows)} customers on the first page")]
        return found + [sampled(pulled(customers, partial(get, row))) for row in rows[:3]]

    def guess(self) -> str:
        """See `Crm.guess`: the map itself, to be changed."""
        return self._text.decode()

    def close(self) -> None:
        """See `Adapter.close`."""
        self._client.close()

    def _tell(self, each: Item) -> None:
        if each.external_id is None and each.unknown and self._opening.create:
            each = replace(each, external_id=self._made(each))
        if each.external_id is None:
            return  # the CRM does not know the customer
        self._require_plain(each.external_id)
        given = self._given(each)
        results = self._map.results
        if results is not None and each.is_result and not self._is_told(given):
            self._client.ask(results.put, given)
        if each.values and self.customers is not None and self.customers.put is not None:
            self._client.ask(self.customers.put, given)

    def _require_plain(self, external_id: str) -> None:
        """Ids come from outside, and one may stand in a query of the CRM's."""
        plain = self.customers is not None and self.customers.ids == "plain"
        if plain and not TOKEN.fullmatch(external_id):
            why = f"crms.{self.name}: what the customer is called there is no id of this CRM's"
            raise Refused(Failed(why, for_good=True))

    def _made(self, each: Item) -> str | None:
        """What the CRM calls the customer that it has made, now or as nobody heard its answer."""
        customers = self.customers
        if customers is None or customers.create is None:
            return None
        create, given = customers.create, self._given(each)
        values = _timed_all(self._map.times, whole(customers, each.record))
        given |= {"values": nested(values)}
        place, answer = create.id, None
        if create.find is not None:
            answer = get(self._client.ask(create.find.request, given), create.find.rows)
            place = create.found if answer else place
        answer = answer or self._client.ask(create.put, given)
        external_id = str(get(answer, place) or "")
        if not external_id:
            raise Refused(Failed(f"crms.{self.name}: there is no id at '{place}' of its answer"))
        self._opening.refer(UUID(given["customer.id"]), external_id)
        return external_id

    def _is_told(self, given: Mapping[str, Any]) -> bool:
        find = self._map.results.find if self._map.results else None
        return find is not None and bool(get(self._client.ask(find.request, given), find.rows))

    def _given(self, each: Item) -> dict[str, Any]:
        """The values of a template's names."""
        form = self._map.times
        values = _timed_all(form, each.values)
        result = self._result(each) if each.is_result else {}
        told = {f"result.{n}": _timed(form, v, n.endswith("_at")) for n, v in result.items()}
        ours = {f"customer.{n}": _timed(form, v) for n, v in each.record.items()}
        for one, many in (("number", "numbers"), ("email", "emails")):
            ours[f"customer.{one}"] = next(iter(each.record.get(many, ())), None)
        names = (ours.get(f"customer.{name}") for name in ("name", "company", "number"))
        ours["customer.called"] = next(filter(None, names), "")
        ours["customer.id"] = str(customer_of(each.message))
        id_ = _id(str(each.external_id))
        key = each.message.idempotency_key
        about = {"id": id_, "values": nested(values), "key": key, "summary": _summary(result)}
        return {**told, **ours, **about}

    def _result(self, each: Item) -> dict[str, Any]:
        result = fields_of(each.message)
        words: Mapping[Any, str] = self._map.results.directions if self._map.results else {}
        way = result.get("direction")
        return result | {"direction": words.get(way, way)}

    def _pages(self, customers: RestCustomers, pull: Pull, since: str) -> Iterator[list[Any]]:
        """Rows, page by page. Raises `Refused`."""
        seen, turn = Seen(self.name), Turn(pull, since)
        for _ in range(MOST_PAGES):
            answer = self._client.ask(pull.request, turn.given(self._map.times), turn.link)
            rows = get(answer, pull.rows)
            if not isinstance(rows, list):
                raise AdapterError(
                    f"crms.{self.name}: there is no list at '{pull.rows}' of its answer"
                )
            ids = [str(get(row, customers.id)) for row in rows]
            fresh = seen.fresh(ids, rows, turn)
            if fresh:
                yield fresh
            last, since = _changed_at(customers, rows[-1]) if rows else "", turn.since
            if not turn.go_on(answer, len(rows), last):
                return
            if turn.since != since:
                if is_before(Mark(turn.since), Mark(since)):
                    raise AdapterError(
                        f"crms.{self.name}: its rows do not come in the order in which they changed"
                    )
                seen.forget_all_but(ids, rows)
        raise AdapterError(f"crms.{self.name}: its pages do not come to an end")


def open_crm(opening: Opening) -> RestCrm:
    """Raises `AdapterError`, and `SpecError` for its map."""
    if opening.map_text is None:
        known = files("crm_sync") / "maps" / f"{opening.kind}.yaml"
        if not known.is_file():
            raise AdapterError(f"crms.{opening.name} needs a map: map = 'FILE'")
        opening = replace(opening, map_text=known.read_bytes(), map_file=known.name)
    return RestCrm(opening, load(opening.map_text or b"", opening.map_file))


def _latest(customers: RestCustomers, rows: Sequence[Any], mark: Mark) -> Mark:
    """The mark after these rows: texts of one form, so the later one is the greater."""
    found = [
        Mark(at, str(get(row, customers.id))) for row in rows if (at := _changed_at(customers, row))
    ]
    return max([mark, *possible(found)], key=lambda each: (each.at, each.id))


def _changed_at(customers: RestCustomers, row: Any) -> str:
    return latest(customers, partial(get, row))


def _timed(form: str, value: Any, is_time: bool = False) -> Any:
    return as_time(form, value) if hasattr(value, "isoformat") or (is_time and value) else value


def _timed_all(form: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {place: _timed(form, value) for place, value in values.items()}


def _id(external_id: str) -> Any:
    """Most CRMs count, and want a number where they have told one."""
    plain = external_id.isascii() and external_id.isdigit() and not external_id.startswith("0")
    return int(external_id) if plain and len(external_id) < 16 else external_id


def _summary(result: Mapping[str, Any]) -> str:
    """A result in a line, for CRMs that have no better place for it."""
    names = ("disposition", "intent", "agent", "note")
    told = [f"{name}: {result[name]}" for name in names if result.get(name)]
    return "; ".join(["called in", *told] if result.get("calling_number") else told)
