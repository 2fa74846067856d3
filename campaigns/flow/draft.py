"""A flow file that may be wrong, as far as it can be understood.

Each step and prompt is read by itself, so that one that is wrong hides nothing of the others.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from campaigns.flow.collecting import Collect
from campaigns.flow.flow import Prompt, Recorded, Spoken
from campaigns.flow.reading import RETURN
from campaigns.flow.routes import Map, set_by
from campaigns.flow.steps import OneStep
from campaigns.flow.ways import Step, Way
from campaigns.spec.errors import Finding, Loc, nearest, nearest_of, shown
from campaigns.spec.loading import Doc
from connectors.calls import TOKEN

UNREAD = "?"
"""The name of the ways out of a step that cannot be read."""
_LATE = ConfigDict(defer_build=True)  # most who import this read no flow
_STEP: TypeAdapter[Step] = TypeAdapter(OneStep, config=_LATE)
_PROMPT: TypeAdapter[Recorded | Spoken] = TypeAdapter(Prompt, config=_LATE)


@dataclass(frozen=True, slots=True)
class Draft:
    """What can be said of a file. `unread`: steps that are wrong by themselves."""

    doc: Doc
    names: frozenset[str]  # of all steps
    steps: dict[str, Step]
    unread: dict[str, Any]
    prompts: dict[str, Recorded | Spoken | None]
    targets: frozenset[str]
    declared: frozenset[str]  # variables that a call begins with
    ways: Map
    start: str  # empty: none is named

    @property
    def known(self) -> frozenset[str]:
        """Every variable that has a value somewhere."""
        return self.declared | set_by(self.ways)

    @property
    def secrets(self) -> frozenset[str]:
        """Variables that are neither shown nor said."""
        asked = (s for s in self.steps.values() if isinstance(s, Collect))
        return frozenset(step.collect for step in asked if step.secret)


def draft_of(doc: Doc) -> Draft:
    """What a raw document says."""
    raw = _mapping(doc, "steps")
    read = {name: _read(_STEP, value) for name, value in raw.items()}
    steps = {name: step for name, step in read.items() if step is not None}
    unread = {name: raw[name] for name, step in read.items() if step is None}
    prompts = {name: _read(_PROMPT, v) for name, v in _mapping(doc, "prompts").items()}
    names = frozenset(raw)
    declared = frozenset(_mapping(doc, "variables"))
    ways = {name: tuple(_meant(step.ways(), names)) for name, step in steps.items()}
    ways |= {name: _any_of(frozenset(_words(value)), names) for name, value in unread.items()}
    start = doc.get("start")
    return Draft(
        doc,
        names,
        steps,
        unread,
        prompts,
        frozenset(_mapping(doc, "targets")),
        declared,
        ways,
        start if isinstance(start, str) and start in names else "",
    )


def _any_of(words: frozenset[str], names: frozenset[str]) -> tuple[Way, ...]:
    """A step that cannot be read may lead to any step that it names, and set any variable."""
    return tuple(Way(UNREAD, to, (), True, words) for to in sorted(words & names))


def _meant(ways: Any, names: frozenset[str]) -> Iterator[Way]:
    """A way to a step that is not there leads, as long as nobody mends it, to the one like it."""
    for way in ways:
        there = way.to in names or way.to == RETURN
        near = way.to if there else nearest_of(way.to, names)
        yield Way(way.name, near or RETURN, way.loc, way.asked, way.sets)


def _read(adapter: TypeAdapter[Any], value: Any) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        return None


def _mapping(doc: Doc, key: str) -> dict[str, Any]:
    """What stands there under names that may be names; the others have their own problem."""
    found = doc.get(key)
    items = found.items() if isinstance(found, dict) else ()
    return {k: v for k, v in items if isinstance(k, str) and TOKEN.fullmatch(k)}


def _words(value: Any) -> Iterator[str]:
    """Every text in a raw value."""
    if isinstance(value, str):
        yield value
    inner = [*value, *value.values()] if isinstance(value, dict) else value
    for each in inner if isinstance(inner, list) else ():
        yield from _words(each)


def surely_without(name: str) -> Callable[[Way], bool]:
    """Ways that are sure not to set a variable."""
    return lambda way: way.name != UNREAD and name not in way.sets


def unknown(loc: Loc, what: str, got: str, known: Iterable[str]) -> Finding:
    """A name that is not there, with the one that was probably meant."""
    names = sorted(known)
    hint = nearest(got, names) or (f"known: {', '.join(names[:10])}" if names else "")
    return Finding(loc, f"expected {what} that is there (got {shown(got)})", hint)
