"""Tables have a row for everything that they are asked about."""

from typing import get_args

from campaigns.flow import doing as do
from campaigns.flow import happening as on
from campaigns.flow.acts import ACTS
from campaigns.flow.branch import AnyCase
from campaigns.flow.cases import HOLDS
from campaigns.flow.doing import Doing
from campaigns.flow.fits import FITS
from campaigns.flow.happening import Happening
from campaigns.flow.steps import KINDS, kind_of

AT_ONCE = {do.PutOnDnc, do.BookCallback, do.FileAnswer, do.EndCall}


def test_every_kind_of_step_can_be_gone_through() -> None:
    assert set(ACTS) == set(KINDS.values())


def test_every_case_can_be_judged() -> None:
    assert set(HOLDS) == set(get_args(get_args(AnyCase)[0]))


def test_all_that_is_waited_for_has_what_may_come_of_it() -> None:
    assert set(FITS) - {type(None)} == set(get_args(Doing)) - AT_ONCE
    assert frozenset[type]().union(*FITS.values()) == set(get_args(Happening)) - {on.HungUp}


def test_a_kind_is_told_by_the_first_key_that_it_declares() -> None:
    assert list(KINDS) == [
        *("play", "menu", "collect", "record", "branch", "webhook", "agent", "transfer"),
        *("opt_out", "survey", "callback", "voicemail", "hangup", "flow"),
    ]
    assert kind_of(KINDS["hangup"].model_validate({"hangup": "x"})) == "hangup"
