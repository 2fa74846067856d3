"""Our import names are ours alone: a foreign top-level `cli` would replace ours in silence."""

import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
SETTINGS = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]
NAMES: list[str] = SETTINGS["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.mark.parametrize("name", NAMES)
def test_no_other_distribution_provides_the_name(name: str) -> None:
    assert set(packages_distributions().get(name, [])) <= {"dialplane"}


@pytest.mark.parametrize("name", NAMES)
def test_a_package_brings_nothing_with_its_name(name: str) -> None:
    """Each `__init__.py` is empty, or the pure core would load sockets."""
    assert (PYPROJECT.parent / name / "__init__.py").read_text(encoding="utf-8") == ""


def test_the_contracts_are_about_every_package() -> None:
    assert sorted(SETTINGS["importlinter"]["root_packages"]) == sorted(NAMES)
