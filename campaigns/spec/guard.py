"""What is refused in a YAML file before anything is built from it.

The stream of parser events is read once. Aliases (a few bytes that expand to millions of values),
anchors, tags, directives, merges, endless nesting and too many values are found there, while they
are still text; so are repeated keys, each with its place.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from unicodedata import category

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from campaigns.spec.errors import shown

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_NODES = 5_000
MAX_PROBLEMS = 50
MAX_DIGITS = 40


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that a file may not hold, at `line` and `column` (from 1)."""

    line: int
    column: int
    message: str
    hint: str = ""


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read; `keys` are those of a mapping, by their line."""

    mapping: bool
    at_key: bool = True
    keys: dict[str, int] = field(default_factory=dict)


def refused(text: str, word: str) -> Iterator[Refused]:
    """Everything in `text` that is refused, until the first thing after which reading on is unsafe.

    `word`: what such a file is called. Raises ruamel's `YAMLError` where the text is no YAML.
    """
    for found, (problem, stop) in enumerate(_walk(text, word), start=1):
        yield problem
        if stop or found >= MAX_PROBLEMS:
            return


def _walk(text: str, word: str) -> Iterator[tuple[Refused, bool]]:
    stack: list[_Open] = []
    nodes = documents = 0
    for event in YAML(typ="rt", pure=True).parse(text):
        documents += isinstance(event, DocumentStartEvent)
        nodes += isinstance(event, NodeEvent)
        if documents > 1:
            hint = f"one {word}, one file"
            yield _at(event, "expected one document (got a second '---')", hint), True
        over = _over(event, len(stack), nodes)
        if over is not None:
            yield over, True
        yield from ((p, False) for p in _judge(event, stack))
        _move(event, stack)


def _over(event: Event, depth: int, nodes: int) -> Refused | None:
    if nodes > MAX_NODES:
        return _at(event, f"expected at most {MAX_NODES} values (got more)")
    starts = isinstance(event, MappingStartEvent | SequenceStartEvent)
    if starts and depth >= MAX_DEPTH:
        return _at(event, f"expected at most {MAX_DEPTH} levels of nesting (got more)")
    return None


def _judge(event: Event, stack: list[_Open]) -> Iterator[Refused]:
    if isinstance(event, DocumentStartEvent) and (event.version or event.tags):
        yield _at(event, "expected no directive (got a line with '%')", "remove it")
    if not isinstance(event, NodeEvent):
        return
    if isinstance(event, AliasEvent):
        yield _at(event, f"expected no alias (got '*{event.anchor}')", "write the value out")
    elif event.anchor is not None:
        yield _at(event, f"expected no anchor (got '&{event.anchor}')", "write the value out")
    tag = getattr(event, "tag", None)
    if tag is not None:
        yield _at(event, f"expected no tag (got {shown(str(tag))})", "write the value alone")
    if isinstance(event, ScalarEvent) and _endless(event):
        yield _at(event, f"expected a number of at most {MAX_DIGITS} digits (got more)")
    if stack and stack[-1].mapping and stack[-1].at_key:
        yield from _judge_key(event, stack[-1])


def _endless(event: ScalarEvent) -> bool:
    """Python refuses to read decimal numbers of thousands of digits, for the time it takes."""
    digits = event.value.replace("_", "").lstrip("+-")
    return len(digits) > MAX_DIGITS and digits.isdecimal() and not event.style


def _judge_key(event: NodeEvent, mapping: _Open) -> Iterator[Refused]:
    if not isinstance(event, ScalarEvent):
        if not isinstance(event, AliasEvent):
            yield _at(event, "expected a word as the key (got a list or keys and values)")
        return
    key = event.value
    if any(category(character) == "Cs" for character in key):
        yield _at(event, f"expected a word as the key (got {shown(key)})", "remove it")
    elif key == "<<":
        yield _at(event, "expected no merge (got '<<')", "write the keys out")
    elif key in mapping.keys:
        first = mapping.keys[key]
        yield _at(event, f"key {shown(key)} is here twice (first in line {first})", "remove one")
    mapping.keys.setdefault(key, event.start_mark.line + 1)


def _move(event: Event, stack: list[_Open]) -> None:
    """Keep the stack: who is open, and whether a key or a value comes next."""
    if isinstance(event, MappingEndEvent | SequenceEndEvent):
        stack.pop()
        return
    if not isinstance(event, NodeEvent):
        return
    if stack:
        stack[-1].at_key = not stack[-1].at_key
    if isinstance(event, MappingStartEvent | SequenceStartEvent):
        stack.append(_Open(mapping=isinstance(event, MappingStartEvent)))


def _at(event: Event, message: str, hint: str = "") -> Refused:
    mark = event.start_mark
    return Refused(mark.line + 1, mark.column + 1, message, hint)
