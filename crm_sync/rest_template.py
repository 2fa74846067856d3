"""What is sent to a REST CRM: JSON with names in it, and nothing that could be run.

`$name` alone stands for a value as it is, `{name}` within a text for the value as text. The names
are a closed list, so one that nobody knows is found as the map is read.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from campaigns.crm.conflicts import CUSTOM, OURS
from campaigns.crm.mapping import moment
from crm_sync.fields import FIELDS

_WHOLE = re.compile(r"\$([A-Za-z_][\w.]*)")
_WITHIN = re.compile(r"\{([A-Za-z_][\w.]*)\}")
PAGING = ("since", "limit", "page", "offset", "cursor")
ABOUT = ("id", "ids", "id_texts", "values", "key", "summary")
ALONE = ("id", "called", "number", "email")
"""Of a customer besides our fields: our id, what to call who has no name, the first of lists."""
TIMES = ("raw", "iso", "ms", "sql", "tryton")


def names(template: Any) -> Iterator[str]:
    """Every name in a template."""
    if isinstance(template, str):
        whole = _WHOLE.fullmatch(template)
        yield from [whole[1]] if whole else _WITHIN.findall(template)
    elif isinstance(template, Mapping):
        for key, value in template.items():
            yield from (*_WITHIN.findall(str(key)), *names(value))
    elif isinstance(template, list | tuple):
        for value in template:
            yield from names(value)


def is_name(name: str) -> bool:
    """Whether a map may use it."""
    group, _, rest = name.partition(".")
    known: Mapping[str, Callable[[str], bool]] = {
        "secret": bool,
        "login": bool,
        "result": lambda r: r in FIELDS,
        "customer": lambda r: r in (*OURS, *ALONE) or r.startswith(CUSTOM),
    }
    return known[group](rest) if group in known else name in PAGING + ABOUT


def filled(template: Any, given: Mapping[str, Any]) -> Any:
    """The template with its names' values. One that has no value is an empty text, or null; a key
    that stands for such a one alone is left out."""
    if isinstance(template, str):
        whole = _WHOLE.fullmatch(template)
        return given.get(whole[1]) if whole else text(template, given)
    if isinstance(template, Mapping):
        made = {text(str(key), given): filled(value, given) for key, value in template.items()}
        left_out = {k for k, v in template.items() if isinstance(v, str) and v[:1] == "$"}
        return {k: v for k, v in made.items() if v is not None or k not in left_out}
    if isinstance(template, list | tuple):
        return [filled(value, given) for value in template]
    return template


def text(template: str, given: Mapping[str, Any], escape: Callable[[str], str] = str) -> str:
    """A text with the values within it."""
    return _WITHIN.sub(lambda found: escape(_text(given.get(found[1]))), template)


def path(template: str, given: Mapping[str, Any]) -> str:
    """A path, whose values are no path of their own."""
    return text(template, given, lambda value: quote(value, safe=""))


def as_time(form: str, raw: Any) -> Any:
    """A time as this CRM writes it; `raw`: as it, or we, have told it."""
    at = None if form == "raw" else moment(raw)
    if at is None:
        return raw.isoformat() if isinstance(raw, datetime) else raw
    at = at.astimezone(UTC)
    if form == "ms":
        return int(at.timestamp() * 1000)
    if form == "sql":
        return f"{at:%Y-%m-%d %H:%M:%S}"
    if form == "iso":
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {"__class__": "datetime", **{part: getattr(at, part) for part in parts}}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
