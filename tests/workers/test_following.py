"""A file that grows is read on from where one has left off, also once it was put aside."""

from pathlib import Path

import pytest

from workers.following import LONGEST, BadPosition, Followed


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    return Followed(tmp_path / "Master.csv", tmp_path / "state/posted")


def append(followed: Followed, text: str) -> None:
    with followed.file.open("a") as file:
        file.write(text)


def take(followed: Followed, most: int = 99) -> list[str]:
    """The next lines, which are done with then."""
    taken: list[str] = []
    for line in followed.lines():
        if len(taken) == most:
            break
        taken.append(line.text)
        followed.done(line)
    return taken


def test_each_line_is_read_once_and_only_when_it_is_whole(followed: Followed) -> None:
    assert take(followed) == []
    append(followed, "one\ntwo\r\nthr")
    assert take(followed, 1) == ["one"]
    assert take(followed) == ["two"]
    assert take(followed) == []
    append(followed, "ee 三\n\n")
    assert take(followed) == ["three 三", ""]


@pytest.mark.parametrize("aside", ["Master.csv.1", "Master.csv-20261128"])
def test_what_was_put_aside_is_read_to_its_end_first(followed: Followed, aside: str) -> None:
    append(followed, "one\ntwo\nthree\n")
    assert take(followed, 1) == ["one"]
    followed.file.rename(followed.file.with_name(aside))
    assert [line.text for line in followed.lines()] == []
    append(followed, "four\n")
    assert take(followed, 2) == ["two", "three"]
    assert take(followed) == ["four"]
    assert take(followed) == []


def test_one_that_was_emptied_is_read_from_its_beginning(followed: Followed) -> None:
    append(followed, "one\ntwo\n")
    assert len(take(followed)) == 2
    followed.file.write_text("new\n")
    assert take(followed) == ["new"]


def test_a_line_that_is_too_long_is_none(followed: Followed) -> None:
    append(followed, "one\n" + "x" * (3 * LONGEST) + "\ntwo\n")
    assert take(followed) == ["one", "", "two"]


@pytest.mark.parametrize(
    "there", [b"", b"soon", b"[1]", b'{"a": 1, "b": 2}', b"[null, 3]", b"\xff", b"[1, Infinity]"]
)
def test_a_position_that_is_none_is_told_and_nothing_is_read(
    followed: Followed, there: bytes
) -> None:
    append(followed, "one\n")
    followed.position.parent.mkdir()
    followed.position.write_bytes(there)
    with pytest.raises(BadPosition, match="posted: expected what was written there last"):
        take(followed)
    assert followed.position.read_bytes() == there
