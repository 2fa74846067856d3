"""Where a request may go: a name is resolved once, and only to addresses of the open internet.

Whoever can set a webhook's URL, or the name it points to, could otherwise make us talk to what
only we can reach: the PBX's control port, Redis, a cloud's metadata service. So the address is
looked up here, checked, and then connected to; nobody looks it up again.
"""

import ipaddress
import socket
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

PUBLIC_PORTS = (443, 8443)
IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotAllowed(Exception):
    """A sentence: where a request was not allowed to go, and why."""


class NotFound(Exception):
    """A sentence: a name that nobody knows an address of now."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be connected to, and the name it was found under."""

    host: str
    port: int
    address: str


def resolve(url: str, allow_private: bool = False) -> Target:
    """The address to connect to for `url`. Raises `NotAllowed` or `NotFound`.

    If only one of a name's addresses is not global, none is used.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if not allow_private and (parts.scheme != "https" or port not in PUBLIC_PORTS):
        raise NotAllowed(f"{host}: only https on port {' or '.join(map(str, PUBLIC_PORTS))}")
    found = _look_up(host, port)
    private = [address for address in found if not is_global(ipaddress.ip_address(address))]
    if private and not allow_private:
        raise NotAllowed(
            f"{host} is at {private[0]}, which is not an address of the open internet; "
            "set allow_private = true if it is meant"
        )
    return Target(host, port, found[0])


def is_global(address: IpAddress) -> bool:
    """Whether an address is one of the open internet, also when it hides another one."""
    if address.is_multicast or not address.is_global:
        return False
    return all(is_global(hidden) for hidden in _hidden(address))


def _hidden(address: IpAddress) -> list[IpAddress]:
    """IPv4 addresses that an IPv6 address is only a wrapping of."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[IpAddress] = [a for a in (address.ipv4_mapped, address.sixtofour) if a is not None]
    if address.teredo is not None:
        found.append(address.teredo[1])
    if address in _NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found


def _look_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as unknown:
        raise NotFound(f"{host} cannot be resolved: {unknown}") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
