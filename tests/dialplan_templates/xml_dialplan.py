"""An independent reading of a FreeSWITCH's dialplan, as far as a value could change it."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field


@dataclass
class Shape:
    """What a file is made of, in its order; nothing of what the values are.

    `parts`: elements with the names of their attributes; `applications`: with the headers of an
    event, else with the number of words they are given; `dollars`: variables and functions.
    """

    parts: list[tuple[str, ...]] = field(default_factory=list)
    applications: list[tuple[str, ...]] = field(default_factory=list)
    dollars: int = 0


def read(text: str) -> ET.Element:
    """Of a rendering. Raises `ET.ParseError` for what is no XML."""
    return ET.fromstring(text)  # noqa: S314 - our own


def shape(text: str) -> Shape:
    """Of a rendering. Raises `ET.ParseError` for what is no XML."""
    found = Shape()
    for part in read(text).iter():
        found.parts.append((part.tag, *part.attrib))
        found.dollars += sum(value.count("${") for value in part.attrib.values())
        if "application" in part.attrib:
            found.applications.append(_application(**part.attrib))
    return found


def extensions(text: str) -> dict[str, list[str]]:
    """The names of each context's extensions."""
    contexts = read(text).iter("context")
    return {
        context.attrib["name"]: [part.attrib["name"] for part in context.iter("extension")]
        for context in contexts
    }


def _application(application: str, data: str = "") -> tuple[str, ...]:
    if application == "event":
        return application, *(part.partition("=")[0] for part in data.split(","))
    if application == "transfer" and data.startswith("${dialplane_back."):
        return application, "3"  # where it goes back to has as many words
    if application in ("set", "unset", "playback", "sleep", "bridge", "hangup", "flush_dtmf"):
        return (application,)
    return application, str(data.count(" ") + 1)
