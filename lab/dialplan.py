"""What an Asterisk has made of its dialplan files, as it says itself."""

from typing import TypeAlias

from lab.ami import Ami

Line: TypeAlias = tuple[str, str, str]
"""A label, an application, what it is given."""
LISTED = ("ListDialplan", "ShowDialPlanComplete")


def loaded(session: Ami, context: str) -> dict[str, list[Line]]:
    """The lines of each extension of a context, in their order; none where there is none."""
    found: dict[str, list[Line]] = {}
    answer = session.action("ShowDialPlan", {"Context": context})
    while answer.get("Response") == "Success":
        event = session.event(lambda e: e.get("Event") in LISTED)
        if event["Event"] == LISTED[1]:
            break
        line = event.get("ExtensionLabel", ""), event["Application"], event.get("AppData", "")
        found.setdefault(event["Extension"], []).append(line)
    return found


def unknown(session: Ami, applications: set[str]) -> list[str]:
    """Those that the server has not loaded."""
    told = {name: session.command(f"core show application {name}") for name in applications}
    return sorted(name for name, text in told.items() if "not registered" in text.lower())
