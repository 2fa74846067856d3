"""Rules and dashboard speak of what Dialplane exports, and of nothing else."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from web.families import FAMILIES

ROOT = Path(__file__).parents[2]
LABELS = {family.exported: {*family.labels, "instance", "job"} for family in FAMILIES}
LABELS["up"] = {"instance", "job"}
METRIC = re.compile(r"\b(dialplane_\w+|up)\b(?:\{([^}]*)\})?")
WORDS = {"sum", "by", "rate", "count", "vector", "time", "or", "and", "on"}


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text())


@pytest.fixture(scope="module")
def rules(docker: Path) -> list[dict[str, Any]]:
    groups = read(docker / "prometheus/dialplane.rules.yml")["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.fixture(scope="module")
def dashboard(docker: Path) -> Any:
    return json.loads((docker / "grafana/dashboards/dialplane.json").read_text())


def expressions(dashboard: Any) -> Iterator[tuple[str, str, str]]:
    """Each panel's title with an expression of it and its legend."""
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"], target["legendFormat"]


def wrong(expr: str) -> list[str]:
    """What an expression names that is not there."""
    found = METRIC.findall(expr)
    names = {name for name, _ in found}
    asked = {label for _, s in found for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", s)}
    asked |= {s.strip() for part in re.findall(r"by \(([^)]*)\)", expr) for s in part.split(",")}
    known = set().union(*(LABELS.get(name, set()) for name in names))
    bare = METRIC.sub("", re.sub(r"by \([^)]*\)|\[[^\]]*\]", "", expr))
    others = set(re.findall(r"[a-z_]+", bare)) - WORDS
    balanced = all(expr.count(a) == expr.count(b) for a, b in ("()", "[]", "{}"))
    return [*(names - set(LABELS)), *(asked - known), *others, *([] if balanced else ["brackets"])]


def shown(expr: str) -> set[str]:
    """The labels that its result has."""
    if by := re.search(r"by \(([^)]*)\)", expr):
        return {label.strip() for label in by[1].split(",")}
    if re.match(r"(sum|count)\b", expr):
        return set()
    return set.intersection(*(LABELS[name] for name, _ in METRIC.findall(expr)))


@pytest.mark.parametrize(
    "expr",
    [
        "dialplane_cals",
        'dialplane_calls{state=~"x", node="y"}',
        "sum by (node) (dialplane_calls)",
        "sum(dialplane_calls",
        "ratee(dialplane_attempts_total[5m])",
    ],
)
def test_an_expression_that_is_wrong_is_found(expr: str) -> None:
    assert wrong(expr)


def test_every_alert_asks_for_what_is_exported(rules: list[dict[str, Any]]) -> None:
    assert len({rule["alert"] for rule in rules}) == len(rules) > 10
    for rule in rules:
        assert wrong(rule["expr"]) == [], rule["alert"]
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))
        assert rule["labels"]["severity"] in {"warning", "critical"}
        text = " ".join(rule["annotations"][part] for part in ("summary", "description"))
        labels = set(re.findall(r"\$labels\.(\w+)", text))
        assert labels <= shown(rule["expr"]), rule["alert"]


def test_every_panel_asks_for_what_is_exported(dashboard: Any) -> None:
    for title, expr, legend in expressions(dashboard):
        assert wrong(expr) == [], title
        assert set(re.findall(r"{{(\w+)}}", legend)) <= shown(expr), title
    [variable] = dashboard["templating"]["list"]
    assert wrong(variable["query"]["query"].partition("(")[2].partition(",")[0]) == []


def test_every_metric_is_on_the_dashboard_or_in_an_alert(
    dashboard: Any, rules: list[dict[str, Any]]
) -> None:
    text = json.dumps(dashboard) + json.dumps([rule["expr"] for rule in rules])
    unused = {family.exported for family in FAMILIES if family.exported not in text}
    assert unused == {"dialplane_look_seconds"}


def test_panels_do_not_lie_on_one_another(dashboard: Any) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not taken & cells
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_prometheus_finds_its_rules_and_dialplane(docker: Path) -> None:
    config = read(docker / "prometheus/prometheus.yml")
    services = read(docker / "compose.monitoring.yaml")["services"]
    mounts = dict(volume.split(":")[:2] for volume in services["prometheus"]["volumes"])
    [rules] = config["rule_files"]
    assert (docker / rules.replace(mounts["./prometheus"], "prometheus")).is_file()
    [job] = config["scrape_configs"]
    assert job["job_name"] == "dialplane"
    assert job["static_configs"] == [{"targets": ["127.0.0.1:8470"]}]
    assert all("@" not in volume for volume in mounts)


def test_grafana_finds_its_dashboard_and_its_source(docker: Path, dashboard: Any) -> None:
    folder = docker / "grafana"
    [provider] = read(folder / "provisioning/dashboards/dialplane.yaml")["providers"]
    [source] = read(folder / "provisioning/datasources/prometheus.yaml")["datasources"]
    volumes = read(docker / "compose.monitoring.yaml")["services"]["grafana"]["volumes"]
    assert f"./grafana/dashboards:{provider['options']['path']}:ro" in volumes
    used = {panel["datasource"]["uid"] for panel in dashboard["panels"]}
    assert used == {source["uid"]}


def test_each_alert_and_each_metric_is_explained(rules: list[dict[str, Any]]) -> None:
    page = (ROOT / "docs/operations.md").read_text()
    assert [rule["alert"] for rule in rules if f"| `{rule['alert']}`" not in page] == []
    assert [f.exported for f in FAMILIES if f"`{f.exported}" not in page] == []
