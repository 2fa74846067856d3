"""Who is right where a CRM and we say different things; and what a map of columns means."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from campaigns.crm.conflicts import DEFAULTS, OURS, Claim, Wins, may_be, takes, writes
from campaigns.crm.mapping import CustomerMap, moment, pulled, written

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)

# rule, theirs, ours -> whether theirs is taken
CASES: tuple[tuple[Wins, Claim, Claim, bool], ...] = (
    (Wins.CRM, Claim("王"), Claim("Wang"), True),
    (Wins.CRM, Claim(""), Claim("won"), True),
    (Wins.CRM, Claim("same"), Claim("same"), False),
    (Wins.DIALLER, Claim("theirs"), Claim("ours"), False),
    (Wins.DIALLER, Claim("theirs"), Claim(None), True),
    (Wins.LATEST, Claim("theirs", AFTER), Claim("ours", NOW), True),
    (Wins.LATEST, Claim("theirs", NOW), Claim("ours", NOW), True),
    (Wins.LATEST, Claim("theirs", BEFORE), Claim("ours", NOW), False),
    (Wins.LATEST, Claim("theirs"), Claim("ours", NOW), True),
    (Wins.LATEST, Claim("", AFTER), Claim("ours", NOW), False),
    (Wins.LATEST, Claim("theirs", BEFORE), Claim(None), True),
    (Wins.LATEST, Claim("theirs", BEFORE), Claim(None, NOW), False),
    (Wins.LATEST, Claim("theirs", AFTER), Claim(None, NOW), True),
    (Wins.BOTH, Claim(True), Claim(False), True),
    (Wins.BOTH, Claim(False), Claim(True), False),
)


@pytest.mark.parametrize(("rule", "theirs", "ours", "taken"), CASES)
def test_who_is_right(rule: Wins, theirs: Claim, ours: Claim, taken: bool) -> None:
    assert takes(rule, theirs, ours) is taken


def test_every_field_has_a_rule_that_it_may_have() -> None:
    assert set(DEFAULTS) == set(OURS)
    assert all(DEFAULTS[name] in may_be(name) for name in OURS)
    assert may_be("do_not_call") == (Wins.BOTH,)
    assert [rule for rule in Wins if not writes(rule)] == [Wins.CRM]


@given(st.booleans(), st.booleans(), st.sampled_from([BEFORE, NOW, AFTER, None]))
def test_a_prohibition_is_never_taken_back(theirs: bool, ours: bool, at: datetime | None) -> None:
    rule = DEFAULTS["do_not_call"]
    taken = takes(rule, Claim(theirs, at), Claim(ours, NOW))
    assert (theirs if taken else ours) is (theirs or ours)


def a_map(**told: Any) -> CustomerMap:
    fields = {
        "stage": "status",
        "numbers": ["mobile", "phone"],
        "tags": "labels",
        "do_not_call": "dnc",
        "name": ["last", "first"],
    }
    return CustomerMap(id="id", updated_at="at", **{"fields": fields, **told})


def test_a_record_is_read_and_written_by_the_map() -> None:
    mapped = a_map(values={"stage": {"won": "成交"}, "do_not_call": {"true": "拒绝"}})
    row = {
        "id": 7,
        "at": "2026-11-28T17:00:00+08:00",
        "status": "成交",
        "mobile": "139",
        "phone": None,
        "labels": "vip, 制造业/设备 ,",
        "dnc": "拒绝",
        "last": "王",
        "first": "小明",
    }
    found = pulled(mapped, row.get)
    assert (found.external_id, found.at) == ("7", NOW)
    assert found.fields == {
        "stage": "won",
        "numbers": ("139",),
        "tags": ("vip", "制造业/设备"),
        "do_not_call": True,
        "name": "王小明",  # Chinese has no space there
    }
    ours = {
        "stage": "won",
        "tags": ["vip", "零售"],
        "do_not_call": True,
        "name": "Wang",
        "numbers": ["+86139"],
        "owner": "ann",
    }
    assert written(mapped, ours) == {"status": "成交", "labels": "vip,零售", "dnc": "拒绝"}


@pytest.mark.parametrize("raw", ["", None, "   ", "x" * 200])
def test_a_row_without_an_id_of_a_sort_is_told_of(raw: Any) -> None:
    assert "id: expected an id" in pulled(a_map(), {"id": raw}.get).wrong


def test_a_flag_that_is_none_is_told_of_without_its_value() -> None:
    found = pulled(a_map(), {"id": "1", "dnc": "maybe 13912345678"}.get)
    assert found.wrong == "do_not_call: expected yes or no"


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        ("2026-11-28T09:00:00Z", NOW),
        ("2026-11-28 09:00:00", NOW),
        (int(NOW.timestamp()), NOW),
        (str(int(NOW.timestamp() * 1000)), NOW),
        (datetime(2026, 11, 28, 9), NOW),  # noqa: DTZ001 - as drivers give them
        ("yesterday", None),
        (None, None),
        (1e300, None),
    ],
)
def test_times_in_the_forms_that_crms_have(raw: Any, at: datetime | None) -> None:
    assert moment(raw) == at


@pytest.mark.parametrize(
    "told",
    [
        {"fields": {"nam": "x"}},
        {"fields": {"custom.": "x"}},
        {"wins": {"intent": "crm"}},
        {"wins": {"do_not_call": "latest"}},
        {"wins": {"name": "latest"}},
        {"values": {"nobody": {"a": "b"}}},
    ],
)
def test_a_map_that_means_nothing_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"a field of ours|who is right"):
        a_map(**told)


@given(
    st.dictionaries(
        st.sampled_from(["id", "at", "status", "mobile", "labels", "dnc", "last"]),
        st.none() | st.text() | st.integers() | st.floats() | st.booleans() | st.lists(st.text()),
    )
)
def test_whatever_a_crm_says_is_a_record_or_a_reason(row: dict[str, Any]) -> None:
    found = pulled(a_map(), row.get)
    assert found.wrong or (found.external_id and set(found.fields) == set(a_map().fields))


def test_every_rule_can_be_declared_of_some_field() -> None:
    declared = {rule for name, rule in product((*OURS, "custom.x"), Wins) if rule in may_be(name)}
    assert declared == set(Wins)
