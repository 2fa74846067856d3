"""Column types that lose nothing: microseconds, zones, alphabets, hostile text."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from storage import dnc
from storage.columns import FreeText, clean
from storage.engine import Store
from storage.errors import Refused
from storage.tables.lists import DO_NOT_CALL

NUMBER = "+493010000001"


def kept(store: Store) -> tuple[datetime, str]:
    with store.reading() as connection:
        row = connection.execute(select(DO_NOT_CALL)).one()
    return row.added_at, row.source


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 20, 10, 0, 0, 1, UTC),
        datetime(2026, 11, 20, 10, 0, 0, 999_999, UTC),
        datetime(2026, 11, 20, 10, 0, 0, 0, UTC),
        datetime(2026, 3, 29, 2, 30, 0, 123_456, timezone(timedelta(hours=5, minutes=45))),
        datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
    ],
)
def test_a_moment_comes_back_as_the_same_in_utc(store: Store, moment: datetime) -> None:
    dnc.add(store, [NUMBER], moment)
    added_at, _ = kept(store)
    assert added_at == moment.astimezone(UTC)
    assert added_at.tzinfo is UTC
    assert added_at.microsecond == moment.microsecond


def test_a_moment_without_a_zone_is_refused(store: Store) -> None:
    naive = datetime(2026, 11, 20, 10, 0)  # noqa: DTZ001 - this is what must not be stored
    with pytest.raises(Refused, match=r"(did not take what was|without a time zone cannot be) "):
        dnc.add(store, [NUMBER], naive)
    assert dnc.check(store, NUMBER) == []


@pytest.mark.parametrize(
    "words",
    [
        "Jürgen Groß 你好 🚀 \u202eevil",
        "a\r\nAction: Originate\r\nChannel: Local/1@x\r\n\r\n",
        "'; DROP TABLE leads; --",
        "${SHELL(reboot)} ${EXEC(x)} `id` $(id) %n %s {} \\ \\u0000",
        "=cmd|' /C calc'!A0",
        " ",
    ],
)
def test_text_is_data(store: Store, now: datetime, words: str) -> None:
    dnc.add(store, [NUMBER], now, source=words)
    assert kept(store)[1] == words


def test_what_no_database_can_hold_is_replaced() -> None:
    assert clean("a\x00b\ud800c\udfffd") == "a\ufffdb\ufffdc\ufffdd"
    assert clean("\U0001f680 ok") == "\U0001f680 ok"
    assert clean("") == ""


def test_text_is_cut_where_it_would_never_end(store: Store, now: datetime) -> None:
    dnc.add(store, [NUMBER], now, source="ü" * (FreeText.LONGEST + 1))
    assert kept(store)[1] == "ü" * FreeText.LONGEST
