"""A picture of `dialplane bench pacing`: idle agents against abandoned calls, by team size.

    dialplane bench pacing --json > bench.json
    python -m workers.bench.picture bench.json docs/images/pacing.svg

The nearer to the lower left corner the better, and right of the line is against the law. The
scale of abandonment is stretched near 0 (its square root), where the difference matters.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from workers.bench.pacing_rules import OURS, RULES

Row = Mapping[str, Any]

PANEL, HEIGHT = 250, 250  # of one team's diagram
LEFT, TOP, GAP = 52, 64, 22
MOST_IDLE, IDLE_TICKS = 0.5, (0, 0.1, 0.2, 0.3, 0.4, 0.5)
MOST_ABANDONED, ABANDONED_TICKS = 0.16, (0, 0.01, 0.03, 0.06, 0.1)
LIMIT = 0.03
COLUMNS, LINE = 3, 22  # of the legend
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.head{font-size:15px;font-weight:600}"
    ".axis{stroke:#ddd}.limit{stroke:#c0392b;stroke-dasharray:4 3}.frame{fill:none;stroke:#999}"
    ".end{text-anchor:end}.mid{text-anchor:middle}.small{font-size:11px;fill:#666}"
)
COLOURS: dict[str, str] = {
    OURS: "#d35400",
    "dialplane-cut-short": "#e59866",
    "dialplane-no-guard": "#f5cba7",
    "progressive": "#7f8c8d",
    "vicidial-hard-limit": "#1f4e9c",
    "vicidial-average": "#3b7dd8",
    "vicidial-tapered": "#7fb0ee",
    "vicidial-available": "#12305f",
    "wombat-1.3": "#1e8449",
    "wombat-3.0": "#58d68d",
    "issabel": "#8e44ad",
    "webitel": "#b7950b",
}


def picture(rows: Sequence[Row]) -> str:
    """The rows of the first scenario, as SVG: a diagram for each team size."""
    shown = [row for row in rows if row["scenario"] == rows[0]["scenario"]]
    teams = sorted({row["agents"] for row in shown})
    rules = list(dict.fromkeys(row["rule"] for row in shown))
    width = LEFT + max(3, len(teams)) * (PANEL + GAP)
    legend = TOP + HEIGHT + 58
    height = legend + LINE * -(-len(rules) // COLUMNS)
    parts = [_head(width, height, str(rows[0]["scenario"]))]
    for place, team in enumerate(teams):
        x = LEFT + place * (PANEL + GAP)
        parts += _panel(x, team, first=not place)
        parts += [_dot(x, row) for row in _ours_last(shown) if row["agents"] == team]
    parts += _legend(rules, legend, width)
    return "\n".join([*parts, "</svg>", ""])


def main(source: str, target: str) -> None:
    """Draw a bench's JSON."""
    found = json.loads(Path(source).read_text(encoding="utf-8"))
    Path(target).write_text(picture(found["rows"]), encoding="utf-8")


def _head(width: int, height: int, scenario: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="Idle agents against abandoned calls, by pacing rule and team size">'
        f"<style>{STYLE}</style>"
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<text class="head" x="{LEFT}" y="24">Idle agents and abandoned calls, scenario '
        f"“{escape(scenario)}”: the lower left is best</text>"
    )


def _panel(x: int, team: int, first: bool) -> Iterator[str]:
    yield f'<text class="head" x="{x}" y="{TOP - 12}">{team} agents</text>'
    for idle in IDLE_TICKS:
        y = _y(idle)
        yield f'<line class="axis" x1="{x}" x2="{x + PANEL}" y1="{y:.1f}" y2="{y:.1f}"/>'
        if first:
            yield f'<text class="end" x="{x - 6}" y="{y + 4:.1f}">{idle:.0%}</text>'
    for share in ABANDONED_TICKS:
        at, below = _x(x, share), TOP + HEIGHT
        kind = "limit" if share == LIMIT else "axis"
        yield f'<line class="{kind}" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{below}"/>'
        yield f'<text class="mid" x="{at:.1f}" y="{below + 16}">{share:.0%}</text>'
    yield f'<rect class="frame" x="{x}" y="{TOP}" width="{PANEL}" height="{HEIGHT}"/>'
    yield f'<text class="mid small" x="{x + PANEL / 2}" y="{TOP + HEIGHT + 34}">abandoned</text>'
    if first:
        middle = TOP + HEIGHT / 2
        yield (
            f'<text class="mid small" transform="translate(14 {middle}) rotate(-90)">'
            "idle, of idle and talk time</text>"
        )


def _dot(x: int, row: Row) -> str:
    rule = str(row["rule"])
    said = f"{rule}: idle {row['idle']:.1%}, abandoned {row['abandonment']:.2%}"
    at, y = _x(x, row["abandonment"]), _y(row["idle"])
    return _mark(at, y, rule, f"<title>{escape(said)}</title>")


def _mark(x: float, y: float, rule: str, inside: str = "") -> str:
    radius = 8 if rule == OURS else 5.5
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{COLOURS[rule]}" '
        'fill-opacity="0.9" '
        f'stroke="#fff">{inside}</circle>'
    )


def _legend(rules: Sequence[str], top: int, width: int) -> Iterator[str]:
    for place, rule in enumerate(rules):
        x = LEFT + (place % COLUMNS) * (width - LEFT) / COLUMNS
        y = top + LINE * (place // COLUMNS)
        yield _mark(x + 6, y - 4, rule)
        yield f'<text x="{x + 20:.0f}" y="{y}">{escape(RULES[rule].title)}</text>'


def _ours_last(rows: Sequence[Row]) -> list[Row]:
    """On top of the others."""
    return sorted(rows, key=lambda row: bool(row["rule"] == OURS))


def _x(left: int, abandoned: float) -> float:
    return left + PANEL * sqrt(min(abandoned, MOST_ABANDONED) / MOST_ABANDONED)


def _y(idle: float) -> float:
    return TOP + HEIGHT * (1 - min(idle, MOST_IDLE) / MOST_IDLE)


if __name__ == "__main__":
    main(*sys.argv[1:])
