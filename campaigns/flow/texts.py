"""Texts with variables in them: `You owe {due} dollars.` A closed grammar: names, nothing else.

There are no expressions, no filters and no escapes. A brace that is not part of a `{name}` is an
error, so that no text means one thing here and another thing on a PBX.
"""

import re
from collections.abc import Mapping

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_PLACE = re.compile(rf"\{{({NAME.pattern})\}}", re.ASCII)


def names_in(text: str) -> tuple[str, ...]:
    """The variables of a text, in their order."""
    return tuple(_PLACE.findall(text))


def pieces(text: str) -> list[str]:
    """The text cut at its variables: texts, and at the odd places the variables' names."""
    return _PLACE.split(text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with the values of its variables. What a value holds is not looked at again."""
    return _PLACE.sub(lambda found: values.get(found[1], ""), text)


def text(value: str) -> str:
    """The text as it is. Raises `ValueError` for braces that are no variable's."""
    if re.search(r"[{}]", _PLACE.sub("", value)):
        raise ValueError("text whose braces hold a variable's name, such as {amount}")
    return value


def reference(value: str) -> str:
    """The name in `{name}`. Raises `ValueError` for anything more or less than that."""
    found = _PLACE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('a variable within braces and quotes, such as "{amount}"')
    return found[1]
