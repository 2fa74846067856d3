"""Mappings: guessed from headers in two languages, written as YAML, wrong in one sentence."""

import pytest

from campaigns.crm.model import CustomField
from campaigns.crm.values import FieldType
from campaigns.importing.cells import joined, several, yes_or_no
from campaigns.importing.file import load, written
from campaigns.importing.headers import guess
from campaigns.importing.mapping import Mapping, Then, ThenSimilar
from campaigns.spec.errors import SpecError

BUDGET = CustomField(name="budget", label="预算", type=FieldType.NUMBER)


def guessed(*header: str, stages: tuple[str, ...] = ("new",)) -> Mapping:
    found = guess(header, stages, (BUDGET,))
    assert found
    return found


def test_a_chinese_header() -> None:
    columns = guessed(
        *("客户编号", "联系人", "公司名称", "手机号码", "座机", "邮箱", "客户阶段", "负责人"),
        *("标签", "预算", "免打扰", "同意致电", "备注"),
    ).columns
    assert (columns.external_id, columns.name, columns.company) == (
        "客户编号",
        "联系人",
        "公司名称",
    )
    assert [(n.column, n.type) for n in columns.numbers] == [
        ("手机号码", "mobile"),
        ("座机", "fixed_line"),
    ]
    assert (columns.emails, columns.stage, columns.owner) == (("邮箱",), "客户阶段", "负责人")
    assert (columns.tags, columns.fields) == (("标签",), {"budget": "预算"})
    assert (columns.do_not_call, columns.consent[0].column) == ("免打扰", "同意致电")


def test_an_english_header_as_people_write_it() -> None:
    columns = guessed(
        "Customer ID", "Full Name", " Company ", "Phone 2", "MOBILE", "E-Mail"
    ).columns
    assert (columns.external_id, columns.name, columns.company) == (
        "Customer ID",
        "Full Name",
        " Company ",
    )
    assert [n.column for n in columns.numbers] == ["Phone 2", "MOBILE"]
    assert columns.emails == ("E-Mail",)


def test_the_customers_own_name_is_a_company_where_there_is_a_contact() -> None:
    with_contact = guessed("客户名称", "联系人", "电话").columns
    assert (with_contact.name, with_contact.company) == ("联系人", "客户名称")
    alone = guessed("客户名称", "电话").columns
    assert (alone.name, alone.company) == ("客户名称", None)


def test_a_column_of_stages_means_nothing_where_there_are_none() -> None:
    assert guessed("电话", "状态", stages=()).columns.stage is None


def test_nobody_can_be_known_by_a_name() -> None:
    assert guess(("姓名", "公司")) is None


def test_what_is_written_is_read_as_the_same() -> None:
    mapping = guessed("客户编号", "姓名", "手机", "预算").model_copy(
        update={"tags": ("导入/2026春",)}
    )
    assert load(written(mapping)) == mapping


def test_the_rules_of_a_file() -> None:
    text = "columns: {external_id: 编号}\nduplicates: {number: skip, similar: {then: update}}\n"
    rules = load(text).duplicates
    assert rules
    assert (rules.external_id, rules.number) == (Then.UPDATE, Then.SKIP)
    assert rules.similar
    assert (rules.similar.then, rules.similar.at_least) == (ThenSimilar.UPDATE, 0.9)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("columns: {name: 姓名}\n", "m.yaml:1:1: columns: expected external_id, numbers or emails"),
        ("columns: {external_id: a, nmae: b}\n", "m.yaml:1:27: columns.nmae: "),
        ("columns: {numbers: [{column: 电话, type: fax}]}\n", "columns.numbers[0].type: expected"),
        ("columns: {external_id: a}\nduplicates: {number: merge}\n", "duplicates.number: expected"),
        (
            "zone: Asien\ncolumns: {external_id: a}\n",
            "m.yaml:1:7: zone: expected an IANA time zone",
        ),
        ("columns: &a {external_id: *a}\n", "m.yaml:1:"),
    ],
)
def test_a_wrong_mapping_is_told_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(SpecError) as wrong:
        load(text, "m.yaml")
    assert sentence in str(wrong.value)


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("", []),
        ("制造业/设备; vip ；大客户|老客户\n新", ["制造业/设备", "vip", "大客户", "老客户", "新"]),
        ("VIP，重点、大客户,新", ["VIP", "重点", "大客户", "新"]),
        ('"a;b";c', ["a;b", "c"]),
        ('"a,b"、c', ["a,b", "c"]),
        ('"a""b"', ['a"b']),
        ('a"b;c', ['a"b', "c"]),
        (";;|", []),
    ],
)
def test_a_cell_of_several(cell: str, parts: list[str]) -> None:
    assert several(cell) == parts
    assert several(joined(parts)) == parts


def test_yes_and_no_in_two_languages() -> None:
    assert [yes_or_no(w) for w in ("是", "Yes", " 1 ", "否", "no", "也许")] == [
        True, True, True, False, False, None,
    ]  # fmt: skip
