"""The transports by their URL scheme, each a module that may need a library of its own."""

from importlib import import_module
from typing import Protocol, cast

from connectors.freeswitch.transport import Connect
from connectors.pbx import PbxError

TRANSPORTS = {
    "esl": "connectors.freeswitch.asyncio_transport",
    "esl+greenswitch": "connectors.freeswitch.greenswitch_transport",
    "esl+native": "connectors.freeswitch.native_transport",
}
NEEDS = {
    "esl+greenswitch": "greenswitch: pip install 'dialplane[greenswitch]'",
    "esl+native": "python-ESL, which is to be built: see docs/freeswitch.md#transports",
}


class Transport(Protocol):
    """`FORMAT`: that in which it reads events, `json` or `plain`."""

    FORMAT: str
    connect: Connect


def load(scheme: str) -> Transport:
    """The transport of a URL scheme. Raises `PbxError` where its library is missing."""
    try:
        return cast(Transport, import_module(TRANSPORTS[scheme]))
    except ImportError as error:
        raise PbxError(f"{scheme}:// needs {NEEDS.get(scheme, error.name)}") from None
