"""A detail record of mod_json_cdr is read for what it tells of a call: hostile until then."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.freeswitch.cdr import NotOurs, detail_of

# What a FreeSWITCH 1.11 posts, less some two hundred further variables.
RECORD = {
    "core-uuid": "8a6e0a63-59f5-4a1c-8b0d-3a3b9a6f2e10",
    "switchname": "pbx",
    "channel_data": {"state": "CS_REPORTING", "direction": "outbound"},
    "variables": {
        "uuid": "0192f3c4-8c1e-7bb2-9a55-5c3c5b8f9d01",
        "start_epoch": "1795817000",
        "answer_epoch": "1795817006",
        "end_epoch": "1795817041",
        "hangup_cause": "NORMAL_CLEARING",
        "hangup_cause_q850": "16",
        "sip_term_status": "200",
        "billsec": "35",
    },
}


def with_variables(**changed: Any) -> dict[str, Any]:
    return {**RECORD, "variables": {**RECORD["variables"], **changed}}  # type: ignore[dict-item]


def test_it_tells_when_a_call_was_answered_and_ended_and_why() -> None:
    told = detail_of(RECORD)
    assert told.call_id == UUID("0192f3c4-8c1e-7bb2-9a55-5c3c5b8f9d01")
    assert told.answered_at == datetime.fromtimestamp(1795817006, UTC)
    assert told.ended_at == datetime.fromtimestamp(1795817041, UTC)
    assert (told.cause, told.sip) == ("NORMAL_CLEARING", "200")


def test_a_call_that_was_not_answered_has_no_such_time() -> None:
    assert detail_of(with_variables(answer_epoch="0")).answered_at is None


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ([], "has no 'variables'"),
        ({"variables": 3}, "has no 'variables'"),
        (with_variables(uuid="mine"), "has no 'uuid'"),
        (with_variables(uuid=None), "has no 'uuid'"),
        (with_variables(end_epoch="0"), "has no 'end_epoch'"),
        (with_variables(end_epoch="9" * 30), "has no 'end_epoch'"),
        (with_variables(end_epoch="١٧٩٥"), "has no 'end_epoch'"),
        (with_variables(end_epoch=["1"]), "has no 'end_epoch'"),
    ],
)
def test_what_is_no_record_of_a_call_is_told(record: object, words: str) -> None:
    with pytest.raises(NotOurs, match=words):
        detail_of(record)


TOLD = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)


@given(st.dictionaries(st.sampled_from([*RECORD["variables"], "x"]), TOLD))
def test_whatever_stands_in_it_it_is_a_record_or_told_to_be_none(variables: dict[str, Any]) -> None:
    try:
        told = detail_of(json.loads(json.dumps(with_variables(**variables))))
    except NotOurs:
        return
    assert told.cause.isascii()
    assert len(told.cause) <= 64
    assert told.sip == "" or (told.sip.isdecimal() and len(told.sip) == 3)
