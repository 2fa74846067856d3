"""`fake://WORLD?option=value&...`: a world by name, and what is different this time."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from connectors.fake.presets import preset, settings_of, world_from
from connectors.fake.world import World

OPTIONS: dict[str, str] = {
    "answer": "segments.*.human",
    "machine": "segments.*.machine",
    "screening": "segments.*.screening",
    "busy": "segments.*.busy",
    "invalid": "segments.*.invalid",
    "rejected": "segments.*.rejected",
    "congestion": "segments.*.congestion",
    "failed": "segments.*.failed",
    "ring": "segments.*.ring.mean",
    "noise": "tide.noise",
    "talk": "customers.talk.mean",
    "patience": "customers.patience.mean",
    "message": "customers.message",
    "inbound": "inbound.rate",
    "inbound_line": "inbound.line",
    "inbound_patience": "inbound.patience.mean",
    "presses": "customers.presses",
    "human_as_machine": "amd.human_as_machine",
    "machine_as_human": "amd.machine_as_human",
    "channels": "other_trunk.channels",
    "cps": "other_trunk.calls_per_second",
    "latency": "carrier.latency",
    "post_dial": "carrier.post_dial.mean",
    "agent_pick_up": "other_phone.pick_up.mean",
    "agent_no_answer": "other_phone.no_answer",
    "agent_drops_per_hour": "other_phone.drops_per_hour",
    "by_last_digit": "by_last_digit",
}
"""What a URL can say of its world; `*` is each segment. Times are in seconds, shares fractions,
`inbound` calls per second."""

_OURS = ("seed", "speed")


@dataclass(frozen=True, slots=True)
class FakeUrl:
    """What a URL asks for. `speed` is None where the clock is the caller's own."""

    world: World
    seed: int = 1
    speed: float | None = None


def read(url: str) -> FakeUrl:
    """Raises ValueError with a sentence on the first thing that is wrong."""
    parts = urlsplit(url)
    options = _options(parts)
    settings = settings_of(preset(_world_name(parts)))
    for name, value in options.items():
        if name not in _OURS:
            _set(settings, OPTIONS[name].split("."), value)
    seed = _number(options.get("seed", "1"), "seed", int)
    speed = _number(options["speed"], "speed", float) if "speed" in options else None
    if speed is not None and not 0 < speed <= 10_000:
        raise ValueError(f"speed={options['speed']} is not above 0 and at most 10000")
    return FakeUrl(_world(settings), int(seed), speed)


def _world_name(parts: SplitResult) -> str:
    if parts.path.strip("/") or "@" in parts.netloc or ":" in parts.netloc:
        raise ValueError("a fake PBX has no host or path: write fake://WORLD?option=value")
    return parts.netloc or "default"


def _options(parts: SplitResult) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name in given:
            raise ValueError(f"'{name}' is given twice")
        if name not in OPTIONS and name not in _OURS:
            raise ValueError(_unknown(name))
        given[name] = value
    return given


def _unknown(name: str) -> str:
    known = sorted((*OPTIONS, *_OURS))
    close = get_close_matches(name, known, 1)
    meant = f"; did you mean '{close[0]}'?" if close else f"; use one of {', '.join(known)}"
    return f"{name!a} is not an option of a fake PBX{meant}"


def _set(settings: Any, path: list[str], value: str) -> None:
    head, *rest = path
    if head == "*":
        for one in settings:
            _set(one, rest, value)
    elif rest:
        if settings[head] is None:
            settings[head] = {}
        _set(settings[head], rest, value)
    else:
        settings[head] = value


def _number(text: str, name: str, kind: type[int] | type[float]) -> float:
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{name}={text!a} is not a number") from None


def _world(settings: dict[str, Any]) -> World:
    """The world, with errors in the words of the URL's options where they are about one."""
    try:
        return world_from(settings)
    except ValueError as wrong:
        where, _, said = str(wrong).partition(": ")
        path = ".".join("*" if part.isdigit() else part for part in where.split("."))
        names = {setting: option for option, setting in OPTIONS.items()}
        raise ValueError(f"{names.get(path, where)}: {said}") from None
