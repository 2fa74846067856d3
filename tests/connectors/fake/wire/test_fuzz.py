"""Any bytes in any pieces, and any words after every command: answered, and nothing raised."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.fake.presets import preset
from connectors.fake.wire.ami import codec as ami
from connectors.fake.wire.ami.actions import ACTIONS
from connectors.fake.wire.ami.board import Board as AmiBoard
from connectors.fake.wire.ami.codec import Action
from connectors.fake.wire.ami.named import matcher
from connectors.fake.wire.esl import codec as esl
from connectors.fake.wire.esl import events
from connectors.fake.wire.esl.api import API, run
from connectors.fake.wire.esl.board import Board as EslBoard
from connectors.fake.wire.esl.channel import Channel, Kind
from connectors.fake.wire.esl.event import Event
from connectors.fake.wire.esl.wants import Wants
from connectors.fake.wire.switch import Switch

WORLD = replace(preset("lab"), messages=("notice",))
CALL = "0190c0de-0000-7000-8000-000000000001"
TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60)
FORMS = st.sampled_from(
    ["", CALL, f"{CALL} all", f"{CALL} start /x", f"{CALL} 'm:^:event:one=1,body=2^sleep:9^echo'"]
)
WORDS = st.builds("{} {} {}".format, FORMS, TEXT, st.sampled_from(["inline", "as json", "}", "'"]))


class Everything:
    """A session that wants every event, and takes it."""

    def __init__(self) -> None:
        self.wants = Wants()
        self.wants.add(["ALL"])

    def told(self, event: Event) -> None:
        assert event.plain
        assert event.json


def watched() -> list[dict[str, Any]]:
    """What is raised in what the loop runs."""
    wrong: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
    return wrong


def pieces(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    ends = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(ends)]


@given(st.binary(max_size=3000), st.lists(st.integers(0, 5000), max_size=8))
def test_an_ami_reader_reads_pieces_as_the_whole(data: bytes, cuts: list[int]) -> None:
    data = data.replace(b"a", b"\n").replace(b"b", b"\r\n").replace(b"c", b"x" * 500)
    whole, cut = ami.Reader(), ami.Reader()
    parts = [action for part in pieces(data, cuts) for action in cut.feed(part)]
    assert parts == whole.feed(data)
    for action in parts:
        ami.encode(action.headers)


@given(st.binary(max_size=3000), st.lists(st.integers(0, 5000), max_size=8))
def test_an_esl_reader_reads_pieces_as_the_whole(data: bytes, cuts: list[int]) -> None:
    data = data.replace(b"a", b"\n\n").replace(b"b", b"\nContent-Length: 9\n\n")
    whole, cut = esl.Reader(), esl.Reader()
    assert [one for part in pieces(data, cuts) for one in cut.feed(part)] == whole.feed(data)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([*API, "originate", "nonsense"]), WORDS)
def test_an_api_command_has_one_answer(name: str, words: str) -> None:
    async def asked() -> list[str]:
        board, told, wrong = EslBoard(Switch(WORLD)), list[str](), watched()
        board.listeners.add(Everything())
        one = Channel(UUID(CALL), CALL, Kind.CALL, "sofia/external/1", "1", [("park", "")])
        board.add(one)
        events.born(board, one)
        events.answered(board, one)
        run(board, f"{name} {words}", told.append)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        board.switch.close()
        assert not wrong
        return told

    assert len(asyncio.run(asked())) <= 1


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([*ACTIONS]), st.dictionaries(st.sampled_from(
    ["Channel", "Context", "Exten", "Variable", "Value", "Cause", "Timeout", "Application", "Data"]
), TEXT))  # fmt: skip
def test_an_action_is_answered(name: str, headers: dict[str, str]) -> None:
    async def asked() -> int:
        board, wrong = AmiBoard(Switch(WORLD)), watched()
        action = Action((("Action", name), *headers.items()))
        packets = [ami.encode(packet) for packet in ACTIONS[name](board, action)]
        await asyncio.sleep(0)
        board.switch.close()
        assert not wrong
        return len(packets)

    assert asyncio.run(asked()) >= 1


def test_a_pattern_names_channels_by_its_beginning_middle_and_end() -> None:
    name = "PJSIP/carrier-0000002a"
    for pattern in ("^.*$", "^PJSIP/", "carrier", "^PJSIP\\/carrier-.*$", "2a$", "^.*-.*2a$"):
        assert matcher(pattern)(name), pattern
    for pattern in ("^carrier", "PJSIP$", "^PJSIP/1001", "2b$", "^$"):
        assert not matcher(pattern)(name), pattern
    assert not matcher(".*x" * 300)("a" * 80)
