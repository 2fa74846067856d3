"""Addresses and ports of this machine that nothing else uses."""

import secrets
import socket
from ipaddress import IPv4Address

_FIRST = int(IPv4Address("127.16.0.1"))
_LAST = int(IPv4Address("127.254.255.254"))


def own_address() -> str:
    """A loopback address drawn from 15 million: servers that run side by side never meet on it."""
    return str(IPv4Address(_FIRST + secrets.randbelow(_LAST - _FIRST)))


def free_port(address: str = "127.0.0.1", kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of `address` that is free now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
    return port
