"""The picture of the bench pacing."""

import json
from pathlib import Path
from xml.etree import ElementTree

from workers.bench.pacing_rules import RULES
from workers.bench.picture import COLOURS, main, picture

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [
    {"scenario": "steady", "rule": rule, "agents": agents, "idle": 0.2, "abandonment": 0.01}
    for agents in (10, 50)
    for rule in RULES
]


def test_every_rule_has_a_colour_of_its_own() -> None:
    assert list(COLOURS) == list(RULES)
    assert len(set(COLOURS.values())) == len(RULES)


def test_every_rule_has_a_dot_in_every_team_and_one_in_the_legend() -> None:
    root = ElementTree.fromstring(picture(ROWS))  # noqa: S314  # our own
    assert len(root.findall(f"{SVG}circle")) == 3 * len(RULES)
    said = [text.text for text in root.iter(f"{SVG}text")]
    assert "10 agents" in said
    assert "50 agents" in said
    assert all(rule.title in said for rule in RULES.values())


def test_the_better_a_rule_the_further_down_and_left() -> None:
    better = {**ROWS[0], "idle": 0.1, "abandonment": 0.005}
    root = ElementTree.fromstring(picture([better, ROWS[1]]))  # noqa: S314
    dots = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in root.findall(f"{SVG}circle")]
    worse, ours = dots[:2]  # ours is drawn last, over the others
    assert ours[0] < worse[0]
    assert ours[1] > worse[1]


def test_a_bench_that_was_kept_is_drawn(tmp_path: Path) -> None:
    kept, drawn = tmp_path / "bench.json", tmp_path / "pacing.svg"
    kept.write_text(json.dumps({"rows": ROWS}))
    main(str(kept), str(drawn))
    assert drawn.read_text() == picture(ROWS)
