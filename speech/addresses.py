"""Where texts may be sent, and what a PBX may be told to play."""

import ipaddress
from urllib.parse import urlsplit

from connectors.allowed import SOUND
from speech.errors import SpeechError

TAKES = "https://host/path (http:// only for 127.0.0.1, ::1 and localhost)"
PLAYED_FROM = SOUND
"""A folder, or an address on the web."""


def host_of(url: str) -> str:
    """The host of a URL that texts may be sent to. Raises `SpeechError` for another one."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a port beyond 65535, half an IPv6 address
        raise SpeechError(f"that is no URL of a voice; expected {TAKES}") from None
    allowed = parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))
    if not host or port == 0 or not allowed:
        raise SpeechError(f"no text may be sent to that URL; expected {TAKES}")
    return host


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
