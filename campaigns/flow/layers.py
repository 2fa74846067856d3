"""Where boxes and arrows of a picture go: in layers, each arrow from a layer to one below.

The method of Sugiyama, Tagawa and Toda (1981) in its plain form: arrows that lead back are turned
round, boxes are put below all that lead to them, long arrows get a bend in every layer that they
cross, the layers are ordered so that few arrows cross, and boxes move towards what they belong to.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

Edge: TypeAlias = tuple[str, str]
Bends: TypeAlias = dict[Edge, list[str]]
_SWEEPS = 8


def forward(nodes: Sequence[str], edges: Iterable[Edge]) -> list[Edge]:
    """The edges, those turned round that lead back to where a walk has come from."""
    below: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        below[source].append(target)
    state: dict[str, int] = {}  # 1: on the walk, 2: done
    kept: list[Edge] = []
    for root in nodes:
        walk = [(root, iter(below[root]))] if root not in state else []
        state.setdefault(root, 1)
        while walk:
            node, rest = walk[-1]
            target = next(rest, "")
            if not target:
                state[node] = 2
                walk.pop()
            elif target != node:
                kept.append((target, node) if state.get(target) == 1 else (node, target))
                if target not in state:
                    state[target] = 1
                    walk.append((target, iter(below[target])))
    return list(dict.fromkeys(kept))


def depths(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The layer of each node: one below the lowest that leads to it. `edges` have no loop."""
    depth = dict.fromkeys(nodes, 0)
    for _ in nodes:
        moved = False
        for source, target in edges:
            if depth[target] <= depth[source]:
                depth[target], moved = depth[source] + 1, True
        if not moved:
            break
    return depth


def layered(nodes: Sequence[str], edges: Sequence[Edge]) -> tuple[list[list[str]], Bends]:
    """The layers from the top, each from the left; and the bends of each edge, ends with it."""
    depth = depths(nodes, edges)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for node in nodes:
        layers[depth[node]].append(node)
    bends: Bends = {}
    for i, (source, target) in enumerate(edges):
        bends[source, target] = [source]
        for level in range(depth[source] + 1, depth[target]):
            layers[level].append(bend := f"/{i}/{level}")  # no step's name has a slash
            bends[source, target].append(bend)
        bends[source, target].append(target)
    links = [pair for line in bends.values() for pair in pairwise(line)]
    _uncross(layers, links)
    return layers, bends


def placed(
    layers: Sequence[Sequence[str]], bends: Bends, width: Mapping[str, float]
) -> dict[str, float]:
    """The middle of each node and bend, from the left. `width` holds the room that each needs."""
    x: dict[str, float] = {}
    for layer in layers:
        _spread(layer, dict.fromkeys(layer, 0.0), width, x)
    links = [pair for line in bends.values() for pair in pairwise(line)]
    down = _neighbours((b, a) for a, b in links)
    up = _neighbours(links)
    for sweep in range(_SWEEPS):
        near, order = (down, layers) if sweep % 2 == 0 else (up, layers[::-1])
        for layer in order:
            wanted = {n: _mean([x[o] for o in near.get(n, ())], x[n]) for n in layer}
            _spread(layer, wanted, width, x)
    least = min((x[n] - width[n] / 2 for n in x), default=0.0)
    return {node: at - least for node, at in x.items()}


def _spread(
    layer: Sequence[str], wanted: dict[str, float], width: Mapping[str, float], x: dict[str, float]
) -> None:
    """Each where it wants to be, or as far right of its neighbour as it must; then all as near to
    their wishes as they come together."""
    edge = float("-inf")
    for node in layer:
        x[node] = max(wanted[node], edge + width[node] / 2)
        edge = x[node] + width[node] / 2
    shift = _mean([wanted[node] - x[node] for node in layer], 0.0)
    for node in layer:
        x[node] += shift


def _uncross(layers: list[list[str]], links: Sequence[Edge]) -> None:
    up, down = _neighbours((b, a) for a, b in links), _neighbours(links)
    for sweep in range(_SWEEPS):
        near = up if sweep % 2 == 0 else down
        order = range(1, len(layers)) if sweep % 2 == 0 else range(len(layers) - 2, -1, -1)
        for level in order:
            other = layers[level - 1 if sweep % 2 == 0 else level + 1]
            place = {node: float(i) for i, node in enumerate(other)}
            own = {node: float(i) for i, node in enumerate(layers[level])}
            layers[level].sort(
                key=lambda n, p=place, o=own: _mean([p[m] for m in near.get(n, ())], o[n])  # type: ignore[misc]
            )


def _neighbours(links: Iterable[Edge]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node, other in links:
        found.setdefault(node, []).append(other)
    return found


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
