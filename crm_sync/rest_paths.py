"""Places within a JSON value: `a.b.0.c`; `*` is each entry of a list, `*[type=phone|mobile]` those
of which that is so. A place that is not there is None."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_EACH = re.compile(r"\*(?:\[(\w+)=([^\]]*)\])?")
DEEPEST = 20


def get(value: Any, path: str) -> Any:
    """What stands at `path`; a list where a `*` is in it. An empty path is the value itself."""
    return _get(value, path.split(".") if path else [])


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Values by their places, as one JSON object."""
    made: dict[str, Any] = {}
    for path, value in flat.items():
        *above, last = path.split(".")
        inner = made
        for name in above:
            inner = inner.setdefault(name, {})
        inner[last] = value
    return made


def decoded(value: Any, depth: int = 0) -> Any:
    """A value as Tryton writes JSON, plain: times as ISO 8601, and what is read of other records
    (`"phones."`) in the place of their ids."""
    if depth > DEEPEST:
        return None
    if isinstance(value, list):
        return [decoded(each, depth + 1) for each in value]
    if not isinstance(value, dict):
        return value
    if "__class__" in value:
        return _plain(value)
    plain = {k: decoded(v, depth + 1) for k, v in value.items() if not k.endswith(".")}
    inner = {k[:-1]: decoded(v, depth + 1) for k, v in value.items() if k.endswith(".")}
    return {**plain, **inner}


def _get(value: Any, names: list[str]) -> Any:
    for n, name in enumerate(names):
        each = _EACH.fullmatch(name)
        if each:
            chosen = [v for v in value if _fits(v, *each.groups())] if _is_list(value) else []
            return [found for v in chosen if (found := _get(v, names[n + 1 :])) is not None]
        value = _step(value, name)
    return value


def _step(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    if _is_list(value) and name.isascii() and name.isdigit() and int(name) < len(value):
        return value[int(name)]
    return None


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _fits(value: Any, key: str | None, wanted: str | None) -> bool:
    if key is None:
        return True
    return isinstance(value, dict) and str(value.get(key)) in str(wanted).split("|")


def _plain(value: Mapping[str, Any]) -> Any:
    parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    if value["__class__"] in ("datetime", "date"):
        try:
            at = datetime(*(int(value.get(part, 0)) for part in parts))  # type: ignore[arg-type]  # noqa: DTZ001
        except (TypeError, ValueError, OverflowError):
            return None
        return at.isoformat() if value["__class__"] == "datetime" else at.date().isoformat()
    return value.get("decimal")
