"""A flow's picture as SVG: text and lines alone, no script, no style sheet, no link."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape

from campaigns.flow.layers import Bends, forward, layered, placed
from campaigns.flow.picture import Arrow, Box, Picture

HIGH, GAP, BETWEEN, MARGIN, ASIDE = 46.0, 28.0, 64.0, 24.0, 12.0
_LETTER = 7.2  # the width of a letter at 12 px, about
_BEND = 26.0
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{w:.0f}" height="{h:.0f}" '
    'viewBox="0 0 {w:.0f} {h:.0f}" font-family="sans-serif" font-size="12">\n'
    '<defs><marker id="tip" markerWidth="9" markerHeight="8" refX="8" refY="4" orient="auto">'
    '<path d="M0,0 L9,4 L0,8 z" fill="#555"/></marker></defs>\n'
    '<rect width="100%" height="100%" fill="#fff"/>'
)
_BOX = (
    '<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.0f}" rx="{r}" fill="{fill}" '
    'stroke="#345"/>'
)
_TEXT = '<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle"{more}>{text}</text>'
_BEHIND = ' fill="#246" font-size="11" paint-order="stroke" stroke="#fff" stroke-width="4"'
_LINE = '<path d="{d}" fill="none" stroke="#555" marker-end="url(#tip)"/>'


@dataclass(frozen=True, slots=True)
class _Spots:
    """The middle and the top of each box and bend, and the widths of the boxes."""

    x: dict[str, float]
    y: dict[str, float]
    width: dict[str, float]


def svg(picture: Picture) -> str:
    """The picture, drawn."""
    nodes = [box.name for box in picture.boxes]
    edges = [(arrow.source, arrow.target) for arrow in picture.arrows]
    layers, bends = layered(nodes, forward(nodes, edges))
    widths = {box.name: _width(box) for box in picture.boxes}
    room = _room(picture, bends, widths)
    x = {node: at + MARGIN for node, at in placed(layers, bends, room).items()}
    y = {n: MARGIN + i * (HIGH + BETWEEN) for i, layer in enumerate(layers) for n in layer}
    spots = _Spots(x, y, widths)
    lines = [_arrow(arrow, bends, spots) for arrow in picture.arrows]
    boxes = [_box(box, spots, i == 0) for i, box in enumerate(picture.boxes)]
    wide = max(x[n] + room[n] / 2 for n in x) + MARGIN
    high = len(layers) * (HIGH + BETWEEN) - BETWEEN + 2 * MARGIN
    drawn = [line for line, _ in lines] + boxes + [label for _, label in lines]
    return "\n".join([_HEAD.format(w=wide, h=high), *drawn, "</svg>"]) + "\n"


def _room(picture: Picture, bends: Bends, widths: dict[str, float]) -> dict[str, float]:
    """What each box and bend needs, with the label of the arrow that comes in."""
    room = {node: widths.get(node, _BEND - GAP) + GAP for line in bends.values() for node in line}
    room |= {name: width + GAP for name, width in widths.items()}
    for arrow in picture.arrows:
        edge = (arrow.source, arrow.target)
        beside = bends[edge][1] if edge in bends else arrow.target
        room[beside] = max(room[beside], len(arrow.told) * _LETTER * 0.9 + GAP / 2)
    return room


def _width(box: Box) -> float:
    return max(len(box.name) * 1.1, len(box.told), 8) * _LETTER + 20


def _box(box: Box, spots: _Spots, first: bool) -> str:
    x, y, width = spots.x[box.name], spots.y[box.name], spots.width[box.name]
    fill = "#dff0d8" if first else "#eee" if box.end else "#eef4fb"
    radius = 22 if box.end else 6
    shape = _BOX.format(x=x - width / 2, y=y, w=width, h=HIGH, r=radius, fill=fill)
    name = _TEXT.format(x=x, y=y + 19, more=' font-weight="bold"', text=escape(box.name))
    told = _TEXT.format(x=x, y=y + 36, more=' fill="#555"', text=escape(box.told))
    return f"{shape}{name}{told}"


def _arrow(arrow: Arrow, bends: Bends, spots: _Spots) -> tuple[str, str]:
    """The line and its label. A way back goes along the line of the way there, a little aside."""
    source, target = arrow.source, arrow.target
    if source == target:
        right = spots.x[source] + spots.width[source] / 2
        return _round(arrow, right, spots.y[source])
    down = bends.get((source, target))
    points = _points(down or bends[target, source][::-1], down is not None, spots)
    return _LINE.format(d=_curve(points)), _label(arrow.told, *_on_first(points))


def _points(stops: Sequence[str], down: bool, spots: _Spots) -> list[tuple[float, float]]:
    """From the edge of the first box to that of the last, through the bends between them."""
    enter, leave, aside = (0.0, HIGH, 0.0) if down else (HIGH, 0.0, ASIDE)
    both = [(spots.x[n] + aside, spots.y[n] + part) for n in stops for part in (enter, leave)]
    return both[1:-1]


def _curve(points: Sequence[tuple[float, float]]) -> str:
    first = f"M{points[0][0]:.1f},{points[0][1]:.1f}"
    parts = (
        f"C{a:.1f},{(b + e) / 2:.1f} {c:.1f},{(b + e) / 2:.1f} {c:.1f},{e:.1f}"
        for (a, b), (c, e) in pairwise(points)
    )
    return " ".join([first, *parts])


def _on_first(points: Sequence[tuple[float, float]], t: float = 0.7) -> tuple[float, float]:
    """A point on the first curve, where those that begin together have parted."""
    (a, b), (c, e) = points[:2]
    along = t * t * (3 - 2 * t)
    high = b * (1 - t) ** 3 + 1.5 * (b + e) * t * (1 - t) + e * t**3
    return a + (c - a) * along, high + 4


def _round(arrow: Arrow, x: float, y: float) -> tuple[str, str]:
    """A way from a step to itself."""
    out = x + 30
    d = f"M{x:.1f},{y + 12:.1f} C{out:.1f},{y:.1f} {out:.1f},{y + HIGH:.1f} {x:.1f},{y + 34:.1f}"
    return _LINE.format(d=d), _label(arrow.told, out, y + 8)


def _label(text: str, x: float, y: float) -> str:
    return _TEXT.format(x=x, y=y, more=_BEHIND, text=escape(text))
