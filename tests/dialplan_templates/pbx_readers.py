"""What a reader of a PBX's files finds: sections of an ini file, elements of an XML file."""

import re
from dataclasses import dataclass, field
from typing import TypeAlias
from xml.etree import ElementTree

EVENT_FILTER = re.compile(r"eventfilter\([a-z]+\(\w+\)(,[a-z]+\(\w+\))*\)", re.ASCII)
NAMES = (("param", "name"), ("variable", "name"))
Element: TypeAlias = tuple[str, tuple[tuple[str, str], ...], tuple["Element", ...]]


@dataclass
class Section:
    """`[name](how)`, and its settings in their order."""

    name: str
    how: str = ""
    settings: list[tuple[str, str]] = field(default_factory=list)

    def get(self, key: str) -> str:
        [value] = [value for name, value in self.settings if name == key]
        return value

    @property
    def kind(self) -> tuple[str, str]:
        return self.name, next((v for k, v in self.settings if k == "type"), self.how)


def sections(text: str) -> list[Section]:
    """As Asterisk reads them: a `;` ends a line where no `\\` stands before it.

    Raises `AssertionError` for a line that is none of what we write.
    """
    found: list[Section] = []
    for line in text.split("\n"):
        assert line.isprintable(), line
        assert not line.lstrip().startswith((";--", "#")), line
        told = re.split(r"(?<!\\);", line, maxsplit=1)[0].strip()
        if not told:
            continue
        if head := re.fullmatch(r"\[([\w-]+)\](?:\(([^)]*)\))?", told, re.ASCII):
            found.append(Section(head[1], head[2] or ""))
            continue
        key, equals, value = told.partition("=")
        assert equals, line
        assert not value.startswith(">"), line
        assert key.strip().isidentifier() or EVENT_FILTER.fullmatch(key.strip()), line
        found[-1].settings.append((key.strip(), value.strip().replace("\\;", ";")))
    return found


def elements(text: str) -> Element:
    """As FreeSWITCH reads them: first line by line, for its own orders; then as XML."""
    assert "$${" not in text
    assert "x-pre-process" not in text.lower()
    return _element(ElementTree.fromstring(text))  # noqa: S314 - we have written it


def _element(node: ElementTree.Element) -> Element:
    assert not (node.text or "").strip()
    assert not (node.tail or "").strip()
    return node.tag, tuple(node.attrib.items()), tuple(_element(child) for child in node)


def shape(element: Element) -> Element:
    """The same without the values: tags, and the names of attributes and parameters."""
    tag, attributes, children = element
    named = tuple((k, v if (tag, k) in NAMES else "") for k, v in attributes)
    return tag, named, tuple(shape(child) for child in children)


def params(element: Element) -> dict[str, str]:
    """Values of all parameters and variables below, by their names."""
    tag, attributes, children = element
    own = dict(attributes)
    found = {own["name"]: own["value"]} if tag in ("param", "variable") else {}
    for child in children:
        found |= params(child)
    return found
