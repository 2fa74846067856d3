"""The table of what a CRM may be."""

from importlib import import_module
from importlib.resources import files
from typing import get_args

import pytest

from crm_sync.crm import KINDS
from crm_sync.rest_map import load
from workers.settings_crms import Kind

OWN = ("sql", "rest")
"""Those whose map is the site's."""


def test_the_settings_know_every_kind() -> None:
    assert set(get_args(Kind)) == set(KINDS)
    for where in KINDS.values():
        module, function = where.split(":")
        assert callable(getattr(import_module(module), function))


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(OWN)))
def test_its_map_is_there_and_says_both_ways(kind: str) -> None:
    text = (files("crm_sync") / "maps" / f"{kind}.yaml").read_bytes()
    mapped = load(text, f"{kind}.yaml")
    assert mapped.auth or mapped.login
    assert mapped.customers is not None
    assert mapped.customers.pull is not None
    assert mapped.customers.put is not None
    assert mapped.results is not None
    assert mapped.results.find is not None
    assert {"name", "numbers"} <= set(mapped.customers.fields)


def test_there_is_no_map_of_no_kind() -> None:
    there = {each.name.removesuffix(".yaml") for each in (files("crm_sync") / "maps").iterdir()}
    assert there == set(KINDS) - set(OWN)
