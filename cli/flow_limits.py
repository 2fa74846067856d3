"""What a flow holds that a PBX's dialplan cannot: told when the file is checked, not on the PBX."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from campaigns.flow.flow import FLOW, Flow
from campaigns.spec.errors import Finding, Problem, SpecError
from campaigns.spec.guard import MAX_BYTES
from campaigns.spec.loading import placed
from cli.files import read_bytes
from dialplan_templates import flows, freeswitch_flows
from speech.prompts import unsayable

LIMITS: dict[str, Callable[[Flow], Iterator[Finding]]] = {
    "Asterisk": flows.limits,
    "FreeSWITCH": freeswitch_flows.limits,
}


def require_holdable(flow: Flow, path: Path) -> None:
    """Raises `SpecError` with what the dialplan of no PBX can hold."""
    if found := [each for each, by in _refused(flow).items() if len(by) == len(LIMITS)]:
        raise SpecError(placed(FLOW, read_bytes(path, MAX_BYTES), str(path), found))


def warnings_of(flow: Flow, path: Path) -> list[Problem]:
    """What some PBX's dialplan cannot hold, each with the PBX's name; and texts that no voice can
    say, of which you may have sounds of your own."""
    found = [
        replace(each, message=f"on {' and '.join(by)}: {each.message}")
        for each, by in _refused(flow).items()
        if len(by) < len(LIMITS)
    ]
    found += [
        Finding(("prompts", name), f"no voice can say it: {why}", at_key=True)
        for name, why in unsayable(flow)
    ]
    return placed(FLOW, read_bytes(path, MAX_BYTES), str(path), found) if found else []


def _refused(flow: Flow) -> dict[Finding, list[str]]:
    """Each finding, with the PBXs that it is about."""
    refused: dict[Finding, list[str]] = {}
    for pbx, limits in LIMITS.items():
        for each in dict.fromkeys(limits(flow)):
            refused.setdefault(each, []).append(pbx)
    return refused
