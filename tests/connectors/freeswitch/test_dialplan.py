"""XML dialplans as lines: alike is what means the same, and nothing hostile is taken apart."""

import pytest

from connectors.freeswitch.dialplan import DEEPEST, applications, contexts

WRITTEN = """\
<include>
  <!-- ours -->
  <context name="one">
    <extension name="a">
      <condition field="x" expression="^1$">
        <action application="answer"/>
        <action data="true" application="set"/>
      </condition>
    </extension>
    <extension name="b"/>
  </context>
</include>
"""
GIVEN_BACK = (
    '<context name="one"><extension name="a"><condition expression="^1$" field="x">'
    '<action application="answer"></action>\n<action application="set" data="true"></action>'
    '</condition></extension><extension name="b"></extension></context>'
)


def test_white_space_comments_and_the_order_of_attributes_mean_nothing() -> None:
    assert contexts(WRITTEN) == contexts(GIVEN_BACK)
    assert [(place, tag) for place, tag, _ in contexts(WRITTEN)["one"]["a"]] == [
        ("1", "extension"), ("1.1", "condition"), ("1.1.1", "action"), ("1.1.2", "action"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('application="answer"', 'application="hangup"'),
        ('data="true"', 'data="false"'),
        ('expression="^1$"', 'expression="^1"'),
        ('<extension name="b"/>', ""),
        ('<action application="answer"/>', ""),
    ],
)
def test_whatever_means_something_is_a_difference(old: str, new: str) -> None:
    assert contexts(WRITTEN.replace(old, new)) != contexts(GIVEN_BACK)


def test_of_two_contexts_of_one_name_the_first_is_the_one_that_is_read() -> None:
    second = '<context name="one"><extension name="z"/></context></include>'
    assert contexts(WRITTEN.replace("</include>", second)) == contexts(WRITTEN)


def test_its_applications_are_those_of_all_its_actions() -> None:
    assert applications(WRITTEN) == {"answer", "set"}


def test_a_document_type_is_refused_unread() -> None:
    """Only with one there are entities, a few of which become gigabytes."""
    bomb = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><context name="&c;"/>'
    with pytest.raises(ValueError, match="document type"):
        contexts(bomb)


def test_what_is_no_xml_is_told() -> None:
    with pytest.raises(ValueError, match="no XML"):
        contexts("<context name='half'>")


@pytest.mark.parametrize("deep", [DEEPEST, DEEPEST + 1])
def test_deeper_than_any_dialplan_is_refused(deep: int) -> None:
    text = (
        f'<context name="c"><extension name="a">{"<x>" * deep}{"</x>" * deep}</extension></context>'
    )
    if deep > DEEPEST:
        with pytest.raises(ValueError, match="elements deep"):
            contexts(text)
    else:
        assert len(contexts(text)["c"]["a"]) == DEEPEST + 1
