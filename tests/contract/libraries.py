"""Transports whose library is not on this machine, which are passed over and named."""

import pytest

from connectors.freeswitch.transports import TRANSPORTS, load
from connectors.pbx import PbxError


def missing(scheme: str) -> list[pytest.MarkDecorator]:
    """The mark that passes over a test of a scheme which cannot be had, with the reason."""
    try:
        if scheme in TRANSPORTS:
            load(scheme)
    except PbxError as error:
        return [pytest.mark.skip(reason=str(error))]
    return []
