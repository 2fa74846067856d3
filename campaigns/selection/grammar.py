"""The text of a filter, made a `Filter`.

    stage = "high-intent" and not (last_call within 3d or attempts >= 4)
    tag manufacturing/equipment-purchase and custom.budget > 50000 and city in ("北京", "上海")

`and` binds more than `or`. Texts stand in quotes, with \" for a quote. Durations: 90m, 72h, 3d, 2w.
"""

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any as Anything

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import UnexpectedToken, VisitError

from campaigns.crm.tags import BadTag, path_of
from campaigns.selection.problems import BadFilter
from campaigns.selection.words import (
    All,
    Any,
    Before,
    Compare,
    Empty,
    Filter,
    How,
    Not,
    OneOf,
    Tagged,
    Value,
    Within,
)

LONGEST = 4_000  # characters
DEEPEST = 30  # brackets and `not` in one another
MOST = 200  # times `not`, and values in one list
GRAMMAR = r"""
    ?start: any
    ?any: all ("or" all)*
    ?all: one ("and" one)*
    ?one: "not" one -> no
        | "(" any ")"
        | FIELD HOW value -> compare
        | FIELD WORD_HOW TEXT -> compare
        | FIELD "in" "(" value ("," value)* ")" -> one_of
        | FIELD "is" "empty" -> empty
        | FIELD "is" "not" "empty" -> filled
        | FIELD "within" AGO -> within
        | FIELD "before" AGO -> before
        | "tag" (PATH | FIELD | TEXT) -> tagged
    ?value: TEXT | NUMBER | FLAG

    HOW: "<=" | ">=" | "!=" | "=" | "<" | ">"
    WORD_HOW: "contains" | "begins"
    FLAG: "true" | "false"
    AGO.2: /[0-9]{1,5}[mhdw]\b/
    NUMBER: /-?[0-9]{1,15}(\.[0-9]{1,6})?/
    TEXT: /"(?:[^"\\\x00-\x1f]|\\["\\])*"/
    PATH.1: /\w[\w-]*(?:\/\w[\w-]*)+/
    FIELD: /[^\W\d]\w*(?:\.[\w-]+)?/
    %ignore /[ \t\r\n]+/
"""
NAMES = {
    "HOW": "a comparison such as = or >=", "WORD_HOW": "contains or begins",
    "FLAG": "true or false",
    "AGO": "a time such as 72h or 3d", "NUMBER": "a number", "TEXT": 'a text in "quotes"',
    "PATH": "a tag such as manufacturing/equipment", "FIELD": "a field", "$END": "the end",
    "LPAR": "(", "RPAR": ")", "COMMA": ",",
}  # fmt: skip
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse(text: str) -> Filter:
    """The filter that a text says. Raises `BadFilter` with the place, and what was expected."""
    if len(text) > LONGEST:
        raise BadFilter(LONGEST + 1, f"expected at most {LONGEST} characters (got {len(text)})")
    _require_shallow(text)
    _require_unicode(text)
    try:
        tree = _parser().parse(text)
        made: Filter = _Made().transform(tree)
    except UnexpectedInput as wrong:
        raise _told(text, wrong) from None
    except VisitError as wrong:
        if isinstance(wrong.orig_exc, BadFilter):
            raise wrong.orig_exc from None
        raise
    return made


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=False, propagate_positions=True)


def _require_shallow(text: str) -> None:
    """A filter is walked by calls in one another: hostile depth is refused while it is text."""
    depth = 0
    for at, sign in enumerate(text, 1):
        depth += (sign == "(") - (sign == ")")
        if depth > DEEPEST:
            raise BadFilter(at, f"expected at most {DEEPEST} brackets in one another (got more)")
    if text.count("not") > MOST:
        raise BadFilter(1, f"expected at most {MOST} times 'not' (got more)")


def _require_unicode(text: str) -> None:
    """Half a character, as a terminal of another encoding may send it, no database holds."""
    for at, sign in enumerate(text, 1):
        if "\ud800" <= sign <= "\udfff":
            raise BadFilter(at, "expected characters of Unicode")


def _told(text: str, wrong: UnexpectedInput) -> BadFilter:
    at = _place(text, wrong)
    got = text[at - 1 : at + 20].split(" ", maxsplit=1)[0]
    return BadFilter(at, f"expected {_expected(wrong)} (got {repr(got) if got else 'the end'})")


def _place(text: str, wrong: UnexpectedInput) -> int:
    """Where it is, from 1; past the text, where that ends too soon."""
    ended = isinstance(wrong, UnexpectedToken) and wrong.token.type == "$END"
    place = wrong.pos_in_stream
    return len(text) + 1 if ended or place is None or place < 0 else place + 1


def _expected(wrong: UnexpectedInput) -> str:
    names: Iterable[str] = (
        getattr(wrong, "accepts", None)
        or getattr(wrong, "expected", None)
        or (getattr(wrong, "allowed", None) or ())
    )
    told = sorted({NAMES.get(name, name.lower()) for name in names})
    return f"{', '.join(told[:-1])} or {told[-1]}" if told[1:] else "".join(told) or "a question"


@v_args(inline=True)
class _Made(Transformer[Token, Filter]):
    """Each rule's parts, made what they mean."""

    def any(self, *parts: Filter) -> Filter:
        return Any(parts)

    def all(self, *parts: Filter) -> Filter:
        return All(parts)

    def no(self, part: Filter) -> Filter:
        return Not(part)

    def compare(self, field: Token, how: Token, value: Token) -> Filter:
        return Compare(str(field), How(str(how)), _value(value), _at(field))

    def one_of(self, field: Token, *values: Token) -> Filter:
        if len(values) > MOST:
            raise BadFilter(_at(field), f"expected at most {MOST} values (got {len(values)})")
        return OneOf(str(field), tuple(map(_value, values)), _at(field))

    def empty(self, field: Token) -> Filter:
        return Empty(str(field), _at(field))

    def filled(self, field: Token) -> Filter:
        return Not(Empty(str(field), _at(field)))

    def within(self, field: Token, ago: Token) -> Filter:
        return Within(str(field), _ago(ago), _at(field))

    def before(self, field: Token, ago: Token) -> Filter:
        return Before(str(field), _ago(ago), _at(field))

    def tagged(self, path: Token) -> Filter:
        said = _value(path) if path.type == "TEXT" else str(path)
        try:
            return Tagged(path_of(str(said)), _at(path))
        except BadTag as wrong:
            raise BadFilter(_at(path), f"expected a tag that can be: {wrong}") from None


def _at(token: Token) -> int:
    return (token.start_pos or 0) + 1


def _ago(token: Token) -> timedelta:
    return timedelta(**{UNITS[token[-1]]: int(token[:-1])})


def _value(token: Token) -> Value:
    read: dict[str, Callable[[str], Anything]] = {
        "TEXT": json.loads,
        "NUMBER": Decimal,
        "FLAG": lambda text: text == "true",
    }
    value: Value = read[token.type](str(token))
    return value
