"""Who may be the same: what a company's form and a person's title change, and what they do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.importing.alike import LONGEST_BLOCK, block_of, company_core, likeness, name_core


@pytest.mark.parametrize(
    ("company", "core"),
    [
        ("常州精密机械有限公司", "常州精密机械"),
        ("常州市精密机械股份有限公司", "常州精密机械"),
        ("常州 精密机械（集团）", "常州精密机械"),
        ("Acme, Inc.", "acme"),
        ("ACME Corp", "acme"),
        ("The Acme Holdings L.L.C.", "acme"),
        ("公司", "公司"),
        ("Ｆｕｌｌ Ｗｉｄｔｈ ＧｍｂＨ", "full width"),
    ],
)
def test_what_tells_a_company(company: str, core: str) -> None:
    assert company_core(company) == core


def test_names_without_titles_and_in_any_order() -> None:
    assert name_core("王小明 先生") == name_core("王小明") == "王小明"
    assert name_core("Li, Lei") == name_core("lei LI") == "lei li"


def test_who_is_alike_is_in_one_block() -> None:
    one = ("王小明", "常州精密机械有限公司")
    other = ("王小明先生", "常州市精密机械")
    assert block_of(*one) == block_of(*other)
    assert likeness(*one, *other) == 1.0
    assert likeness(*one, "王小红", "常州精密机械有限公司") < 0.9
    assert likeness(*one, "王小明", "常州光学仪器厂") < 0.9


@pytest.mark.parametrize(("name", "company"), [(None, "a"), ("a", None), ("", "b"), ("-", "b")])
def test_nothing_to_go_by(name: str | None, company: str | None) -> None:
    assert block_of(name, company) is None


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_in_a_short_block_and_as_like_as_can_be_to_itself(
    name: str, company: str, other: str
) -> None:
    block = block_of(name, company)
    assert block is None or 0 < len(block) <= LONGEST_BLOCK
    assert likeness(name, company, name, company) == 1.0
    assert 0.0 <= likeness(name, company, other, other) <= 1.0
