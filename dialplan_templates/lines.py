"""The lines of a file that we have rendered, as an Asterisk should have them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

Line: TypeAlias = tuple[str, str, str]
"""A label, an application, what it is given."""
Contexts: TypeAlias = Mapping[str, Mapping[str, list[Line]]]
_CONTEXT = r"\[(?P<context>[\w-]+)\]"
_BEGINS = r"(?:exten => (?P<extension>[^,\s]+),1| same => n(?:\((?P<label>\w+)\))?)"
_DOES = r"(?P<app>\w+)\((?P<data>.*)\)"
_LINE = re.compile(rf"^(?:{_CONTEXT}|{_BEGINS},{_DOES})$", re.MULTILINE | re.ASCII)


def lines_of(text: str) -> Contexts:
    """The lines of each extension of each context."""
    found: dict[str, dict[str, list[Line]]] = {}
    lines: list[Line] = []
    for line in _LINE.finditer(text):
        if line["context"]:
            extensions = found.setdefault(line["context"], {})
            continue
        if line["extension"]:
            lines = extensions.setdefault(line["extension"], [])
        lines.append((line["label"] or "", line["app"], line["data"]))
    return found


def contexts_of(texts: Iterable[str]) -> dict[str, Mapping[str, list[Line]]]:
    """Those of several files, in one."""
    return {name: held for text in texts for name, held in lines_of(text).items()}


def differences(written: Contexts, read: Contexts) -> Iterator[str]:
    """What a PBX has made of contexts, where that is not what was written: a sentence for each
    extension."""
    for context, extensions in written.items():
        found = read.get(context, {})
        for name in {**extensions, **found}:
            wrote, has = extensions.get(name, []), found.get(name, [])
            if wrote != has:
                yield f"{context},{name}: {len(wrote)} lines were written, and {len(has)} read"
