"""What contexts of an XML dialplan consist of, whoever wrote the XML down.

A rendering and what a FreeSWITCH gives back of it differ in white space, comments and the order of
attributes. As lines they are equal: one for each element, with its place in the context.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import TypeAlias

Line: TypeAlias = tuple[str, str, str]
"""Where an element stands, its name, what it holds by itself."""
DEEPEST = 20  # an honest extension is three deep
DECLARED = "<!DOCTYPE"  # which alone could declare entities


def contexts(text: str) -> dict[str, dict[str, list[Line]]]:
    """The lines of each extension of each context in an XML text.

    Raises `ValueError` for what is no XML, or goes deeper than a dialplan does.
    """
    found: dict[str, dict[str, list[Line]]] = {}
    for context in _root(text).iter("context"):
        # of two of one name FreeSWITCH looks into the first alone
        found.setdefault(context.get("name", ""), _extensions(context))
    return found


def applications(text: str) -> set[str]:
    """Those that an XML text has run. Raises `ValueError` for what is no XML."""
    return {name for part in _root(text).iter() if (name := part.get("application"))}


def _root(text: str) -> ET.Element:
    if DECLARED in text:
        raise ValueError("a document type is declared, which no dialplan needs")
    try:
        return ET.fromstring(text)  # noqa: S314 - without a document type there are no entities
    except ET.ParseError as wrong:
        raise ValueError(f"it is no XML: {wrong}") from None


def _extensions(context: ET.Element) -> dict[str, list[Line]]:
    """Those of one name together; the place of each tells what is before it."""
    found: dict[str, list[Line]] = {}
    for nth, extension in enumerate(context.iterfind("extension"), 1):
        found.setdefault(extension.get("name", ""), []).extend(_lines(extension, str(nth)))
    return found


def _lines(part: ET.Element, place: str) -> Iterator[Line]:
    if place.count(".") > DEEPEST:
        raise ValueError(f"it is more than {DEEPEST} elements deep")
    yield place, part.tag, repr((sorted(part.attrib.items()), (part.text or "").strip()))
    for nth, child in enumerate(part, 1):
        yield from _lines(child, f"{place}.{nth}")
