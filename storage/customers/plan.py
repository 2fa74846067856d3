"""A mapping and the header of a file: how each row becomes a customer that is told of."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from functools import lru_cache
from zoneinfo import ZoneInfo

from campaigns.crm.values import FieldType, time_of
from campaigns.importing.cells import several, yes_or_no
from campaigns.importing.mapping import Columns, Duplicates, Mapping
from storage.customers.definitions import Definitions
from storage.customers.given import BadCustomer, CheckedCustomer, GivenCustomer, check
from storage.errors import Refused

_PLACE = re.compile(r"([a-z_]+(?:\[\d+\]|\.[A-Za-z0-9_-]+)?): (.*)", re.DOTALL)
_ONE = ("external_id", "name", "company", "region", "stage", "owner", "do_not_call")


class BadCells(ValueError):
    """What is wrong with a row, and in which column, where it is one's."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the cells are, by what they hold. `columns`: the names of the header; `times`: the
    fields that hold a time."""

    mapping: Mapping
    columns: tuple[str, ...]
    one: Table[str, int]
    numbers: tuple[tuple[int, str], ...]
    emails: tuple[int, ...]
    tags: tuple[int, ...]
    consent: tuple[tuple[int, str, str], ...]
    fields: Table[str, int]
    labels: Table[str, str] = field(default_factory=dict)  # folded -> stage
    times: frozenset[str] = frozenset()

    @property
    def source(self) -> str:
        return self.mapping.source

    @property
    def used(self) -> set[int]:
        """The columns that are imported."""
        pairs = {pair[0] for pair in self.numbers} | {word[0] for word in self.consent}
        return pairs | {*self.one.values(), *self.emails, *self.tags, *self.fields.values()}


def plan_of(mapping: Mapping, header: Sequence[str], known: Definitions) -> Plan:
    """Raises `Refused` for a column that the file has not, and for a field that is not declared."""
    columns, places = mapping.columns, {_folded(name): n for n, name in enumerate(header)}

    def at(name: str) -> int:
        place = places.get(_folded(name))
        if place is None:
            there = ", ".join(repr(each[:30]) for each in header[:12])
            raise Refused(f"The file has no column {name!r:.60}; it has: {there}")
        return place

    require_declared(columns, known)
    return Plan(
        mapping,
        tuple(header),
        {name: at(column) for name in _ONE if (column := getattr(columns, name))},
        tuple((at(each.column), each.type or "") for each in columns.numbers),
        tuple(map(at, columns.emails)),
        tuple(map(at, columns.tags)),
        tuple((at(each.column), each.channel, each.purpose) for each in columns.consent),
        {name: at(column) for name, column in columns.fields.items()},
        _labels(mapping, known),
        frozenset(n for n in columns.fields if known.fields[n].type is FieldType.TIME),
    )


def rules_of(mapping: Mapping, known: Definitions) -> Duplicates:
    """What becomes of those who are there: the mapping says, else the CRM file."""
    return mapping.duplicates or known.duplicates or Duplicates()


def checked_row(plan: Plan, cells: Sequence[str], known: Definitions) -> CheckedCustomer:
    """A row's customer, ready to be told of. Raises `BadCells`."""
    given = _given(plan, cells)
    try:
        return check(given, known, nameless=True)
    except BadCustomer as wrong:
        raise of_column(plan, cells, str(wrong)) from wrong


def of_column(plan: Plan, cells: Sequence[str], why: str) -> BadCells:
    """What was said of a customer, by the column that it came from."""
    found = _PLACE.fullmatch(why)
    place = _place(plan, cells, found[1]) if found else None
    if found is None or place is None:
        return BadCells("", why)
    is_time = found[1].removeprefix("fields.") in plan.times
    hint = _HINTS["time" if is_time and not plan.mapping.zone else found[1]]
    return BadCells(plan.columns[place], found[2] + hint)


_HINTS = defaultdict[str, str](
    str,
    owner="; or name whom it means under 'owners' of the mapping",
    stage="; or name what it means under 'stages' of the mapping",
    time="; or name the zone of such times as 'zone' in the mapping",
)


def _given(plan: Plan, cells: Sequence[str]) -> GivenCustomer:
    texts = {name: cells[place].strip() for name, place in plan.one.items()}
    numbers = [(text, kind) for n, kind in plan.numbers if (text := cells[n].strip())]
    tags = [tag for n in plan.tags for tag in several(cells[n])]
    return GivenCustomer(
        external_id=texts.get("external_id", ""),
        name=texts.get("name") or None,
        company=texts.get("company") or None,
        numbers=tuple([number for number, _ in numbers]),
        region=_region(plan, texts.get("region", "")),
        emails=tuple([text for n in plan.emails if (text := cells[n].strip())]),
        stage=_stage(plan, texts.get("stage", "")),
        owner=plan.mapping.owners.get(texts.get("owner", ""), texts.get("owner")) or None,
        tags=(*plan.mapping.tags, *tags),
        fields={
            n: _value(plan, n, cells[at]) for n, at in plan.fields.items() if cells[at].strip()
        },
        do_not_call=bool(_word(plan, plan.one.get("do_not_call"), cells)),
        types=tuple([kind for _, kind in numbers]),
        consents=_consents(plan, cells),
    )


def _value(plan: Plan, name: str, cell: str) -> str:
    """A time that has no zone, as a spreadsheet's have none, is one of the mapping's."""
    if name not in plan.times or not plan.mapping.zone:
        return cell
    at = time_of(cell)
    if at is None or at.tzinfo is not None:
        return cell
    return at.replace(tzinfo=ZoneInfo(plan.mapping.zone)).isoformat()


def _region(plan: Plan, told: str) -> str | None:
    word = told.upper()
    if not word:
        return plan.mapping.region
    found = _COUNTRIES.get(word, word)
    if not re.fullmatch("[A-Z]{2}", found):
        raise BadCells(plan.columns[plan.one["region"]], "expected a country's code such as CN")
    return found


def _stage(plan: Plan, told: str) -> str | None:
    return plan.mapping.stages.get(told) or plan.labels.get(_folded(told), told) or None


def _consents(plan: Plan, cells: Sequence[str]) -> tuple[tuple[str, str, bool], ...]:
    if not plan.consent:
        return ()
    words = [(channel, its, _word(plan, n, cells)) for n, channel, its in plan.consent]
    return tuple((channel, its, word) for channel, its, word in words if word is not None)


def _word(plan: Plan, place: int | None, cells: Sequence[str]) -> bool | None:
    if place is None or not cells[place].strip():
        return None
    word = yes_or_no(cells[place])
    if word is None:
        raise BadCells(plan.columns[place], "expected yes or no")
    return word


def _place(plan: Plan, cells: Sequence[str], name: str) -> int | None:
    """The column of what `check` calls `name`: `numbers[0]` is the first number that is told."""
    if name in plan.one:
        return plan.one[name]
    key, _, rest = name.partition("[")
    if not rest:
        return plan.fields.get(name.removeprefix("fields."))
    told = [n for n in _LISTED[key](plan) if cells[n].strip()] if key in _LISTED else []
    at = int(rest.rstrip("]"))
    return told[at] if at < len(told) and key != "tags" else (told[0] if len(told) == 1 else None)


_LISTED: Table[str, Callable[[Plan], Sequence[int]]] = {
    "numbers": lambda plan: [n for n, _ in plan.numbers],
    "emails": lambda plan: plan.emails,
    "tags": lambda plan: plan.tags,
}


def require_declared(columns: Columns, known: Definitions) -> None:
    """Raises `Refused` for a field that the CRM file has not, or not any more."""
    for name in columns.fields:
        if name not in known.fields:
            there = ", ".join(known.fields) or "none"
            raise Refused(f"There is no field '{name}' in the CRM file; there are: {there}")


def _labels(mapping: Mapping, known: Definitions) -> dict[str, str]:
    labels = {_folded(stage.label): name for name, stage in known.stages.items() if stage.label}
    alike = Counter(map(_folded, known.stages))
    names = {_folded(name): name for name in known.stages if alike[_folded(name)] == 1}
    return {**labels, **names, **{_folded(word): its for word, its in mapping.stages.items()}}


@lru_cache(maxsize=1024)
def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


_COUNTRIES: Table[str, str] = {"中国": "CN", "中国大陆": "CN", "香港": "HK", "台湾": "TW",
                               "美国": "US", "CHINA": "CN", "USA": "US", "UK": "GB"}  # fmt: skip
