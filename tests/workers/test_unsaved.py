import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from campaigns.effects import (
    AgentChanged,
    AgentState,
    AttemptDisposed,
    AttemptEnded,
    AttemptNoted,
    Effect,
    PacingDecided,
)
from campaigns.leads import Attempt, Candidate, DialOrder, OpenAttempt
from campaigns.outcomes import Outcome
from connectors.calls import EndReason
from workers import unsaved
from workers.settling import never_sent

NOW = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
ENDED = AttemptEnded(
    UUID(int=1),
    UUID(int=2),
    "+12125550001",
    Outcome.CONNECTED,
    "sale",
    EndReason.HUNG_UP,
    'Hangup "16"\nwith a line',
    "human",
    NOW,
    NOW + timedelta(seconds=30),
    answered_at=NOW + timedelta(seconds=5),
    agent="ann",
)
EFFECTS: list[Effect] = [
    ENDED,
    AttemptDisposed(UUID(int=1), UUID(int=2), NOW, "ann", "sale", "schön \N{PILE OF POO}\u2028"),
    AttemptNoted(UUID(int=3), NOW, "ringing"),
    AgentChanged(
        "ann", NOW, AgentState.RESERVED, "preview", candidate=Candidate(UUID(int=2), "+1")
    ),
]


def test_what_was_saved_is_read_back_as_it_was(tmp_path: Path) -> None:
    decision = PacingDecided(NOW, 1, "one for each agent")
    assert unsaved.save(tmp_path, "spring", [*EFFECTS[:2], decision]) == 2
    assert unsaved.save(tmp_path, "spring", EFFECTS[2:]) == 2

    assert unsaved.load(tmp_path, "spring") == EFFECTS
    assert unsaved.load(tmp_path, "autumn") == []
    unsaved.forget(tmp_path, "spring")
    unsaved.forget(tmp_path, "spring")
    assert unsaved.load(tmp_path, "spring") == []


def test_a_line_cut_short_does_not_keep_the_others_from_being_read(tmp_path: Path) -> None:
    unsaved.save(tmp_path, "spring", EFFECTS)
    path = tmp_path / "unsaved" / "spring.jsonl"
    path.write_text('{"kind": "Nothing", "value": 1}\n[]\n' + path.read_text()[:-20])

    assert unsaved.load(tmp_path, "spring") == EFFECTS[:-1]
    assert len((tmp_path / "rejected" / "spring.jsonl").read_text().splitlines()) == 3


def test_what_is_saved_while_the_file_is_being_stored_is_not_forgotten(tmp_path: Path) -> None:
    unsaved.save(tmp_path, "spring", EFFECTS[:1])
    assert unsaved.load(tmp_path, "spring") == EFFECTS[:1]
    unsaved.save(tmp_path, "spring", EFFECTS[1:])
    assert unsaved.load(tmp_path, "spring") == EFFECTS[:1]  # not stored yet: the same again
    unsaved.forget(tmp_path, "spring")
    assert unsaved.load(tmp_path, "spring") == EFFECTS[1:]


def test_nothing_worth_keeping_makes_no_file(tmp_path: Path) -> None:
    assert unsaved.save(tmp_path, "spring", []) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_rejected_row_is_kept_with_the_reason(tmp_path: Path) -> None:
    unsaved.reject(tmp_path, "spring", ENDED, "value too long")
    row = json.loads((tmp_path / "rejected" / "spring.jsonl").read_text())
    assert row["why"] == "value too long"
    assert "+12125550001" in row["row"]


def open_attempt(number: int) -> OpenAttempt:
    order = DialOrder(Candidate(UUID(int=2), "+12125550001"), "main", "carrier", "+12125550100")
    return OpenAttempt(Attempt(UUID(int=number), order, NOW))


def test_only_attempts_that_nobody_knows_of_were_never_sent() -> None:
    found = [open_attempt(number) for number in (1, 2, 3)]
    results = never_sent(found, {UUID(int=2)}, [ENDED], NOW)
    assert [result.attempt_id for result in results] == [UUID(int=3)]
    assert results[0].outcome is Outcome.FAILED
    assert results[0].ended_at == NOW
