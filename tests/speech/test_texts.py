"""No text reaches a voice that holds more than a text."""

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.errors import BadText
from speech.texts import LONGEST, has_words, speakable


@given(st.text(max_size=60))
def test_what_is_given_to_a_voice_is_one_line_of_visible_text(text: str) -> None:
    try:
        said, why = speakable(text), ""
    except BadText as refused:
        said, why = "", str(refused)
    assert why.isprintable()
    assert why or said.split() == text.split()
    assert not {category(char) for char in said} & {"Cc", "Cs", "Co", "Zl", "Zp"}
    assert "  " not in said


@pytest.mark.parametrize(
    "text",
    ["a\nb", "a\x01+10v b", "\x1b[2Jboo", "a\0", "a\x85b", "a\u2028b", "a\ud800", "a\ue000", "a\t"],
    ids=ascii,
)
def test_control_characters_are_refused(text: str) -> None:
    with pytest.raises(BadText, match="control character or the end of a line"):
        speakable(text)


@pytest.mark.parametrize("text", ["", "  ", "...", "-- ?"])
def test_so_is_what_has_nothing_to_say(text: str) -> None:
    with pytest.raises(BadText, match="nothing to say"):
        speakable(text)
    assert not has_words(text)


def test_so_is_a_text_without_end() -> None:
    assert speakable("a" * LONGEST)
    with pytest.raises(BadText, match="4001 characters"):
        speakable("a" * (LONGEST + 1))
