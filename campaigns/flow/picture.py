"""A flow as a picture: boxes and arrows, and the same in Mermaid's words."""

from dataclasses import dataclass

from campaigns.flow.branch import AnyCase, Branch, HasTag, IfValue, IsOpen, IsParty
from campaigns.flow.flow import Flow
from campaigns.flow.reading import RETURN
from campaigns.flow.steps import kind_of
from campaigns.flow.ways import Step, Way

_LONGEST = 32


@dataclass(frozen=True, slots=True)
class Box:
    """A step. `told`: its kind and what it is about. `end`: nothing comes after it."""

    name: str
    told: str
    end: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """All ways from one step to another."""

    source: str
    target: str
    told: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn. The first box is where the flow starts."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def picture_of(flow: Flow) -> Picture:
    """The picture of a flow, in the order of its file but for the start."""
    arrows = tuple(arrow for name, step in flow.each() for arrow in _arrows(name, step))
    names = sorted(flow.steps, key=lambda name: name != flow.start)
    boxes = [_box(name, flow.steps[name]) for name in names]
    if any(arrow.target == RETURN for arrow in arrows):
        boxes.append(Box(RETURN, "to the calling flow", end=True))
    return Picture(tuple(boxes), arrows)


def mermaid(picture: Picture) -> str:
    """The picture as a flowchart of Mermaid."""
    ids = {box.name: f"s{i}" for i, box in enumerate(picture.boxes)}
    boxes = [f"    {ids[box.name]}{_shape(box)}" for box in picture.boxes]
    arrows = [f"    {ids[a.source]} {_line(a)} {ids[a.target]}" for a in picture.arrows]
    return "\n".join(["flowchart TD", *boxes, *arrows])


def _line(arrow: Arrow) -> str:
    return f'-->|"{_escaped(arrow.told)}"|' if arrow.told else "-->"


def _shape(box: Box) -> str:
    opening, closing = ('(["', '"])') if box.end else ('["', '"]')
    return f"{opening}{_escaped(box.name)}<br/>{_escaped(box.told)}{closing}"


def _escaped(text: str) -> str:
    """Only letters, digits and a few marks stand for themselves; Mermaid knows codes for all."""
    return "".join(c if c.isalnum() or c in " ,.:_-+" else f"#{ord(c)};" for c in text)


def _box(name: str, step: Step) -> Box:
    kind = kind_of(step)
    about = step.model_dump().get(kind)
    if isinstance(about, float):
        about = _lasting(about)
    told = f"{kind} {about}" if isinstance(about, str) else kind
    return Box(name, _short(told), not tuple(step.ways()))


def _arrows(name: str, step: Step) -> list[Arrow]:
    ways: dict[str, list[str]] = {}
    for way in step.ways():
        ways.setdefault(way.to, []).append(_told(step, way))
    return [Arrow(name, to, _short(", ".join(dict.fromkeys(told)))) for to, told in ways.items()]


def _told(step: Step, way: Way) -> str:
    if isinstance(step, Branch) and isinstance(way.loc[0], str) and way.loc[0] == "branch":
        return case_told(step.branch[int(way.loc[1])])
    return "" if way.name == "next" else way.name.replace("_", " ")


def case_told(case: AnyCase) -> str:
    """A case of a branch in a few words."""
    match case:
        case HasTag():
            return f"tag {case.tag}"
        case IsParty():
            return f"party {case.party}"
        case IsOpen():
            return f"open, {case.open.timezone}"
        case IfValue():
            return f"{case.if_} {_compared(case)}"


def _compared(case: IfValue) -> str:
    said = {
        "is": case.is_,
        "in": case.in_ and ", ".join(case.in_),
        "at least": case.at_least,
        "at most": case.at_most,
        "empty:": None if case.empty is None else str(case.empty).lower(),
    }
    given = {k: v for k, v in said.items() if v is not None}
    return ", ".join(f"{k} {v:g}" if isinstance(v, float) else f"{k} {v}" for k, v in given.items())


def _lasting(seconds: float) -> str:
    units = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
    unit, length = next((u, n) for u, n in units if seconds % n == 0 or n == 1)
    return f"in {seconds / length:g}{unit}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
