"""Where a request may go: a name is resolved once, and only to addresses of the open internet.

Whoever can set a webhook's URL, or the name it points to, could otherwise make us talk to what
only we can reach: the PBX's control port, Redis, a cloud's metadata service. So the address is
looked up here, checked, and then connected to; nobody looks it up again.
"""

import ipaddress
import socket
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit

PUBLIC_PORTS = (443, 8443)
IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_UNICAST = ipaddress.ip_network("2000::/3")  # all of IPv6 that is given out to the internet
_DOCUMENTATION = ipaddress.ip_network("3fff::/20")  # RFC 9637: Python does not know it yet
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # as good as the IPv4 address within


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
    scheme, host, port = parts_of(url)
    if not allow_private and (scheme != "https" or port not in PUBLIC_PORTS):
        raise NotAllowed(f"{host}: only https on port {' or '.join(map(str, PUBLIC_PORTS))}")
    found = _look_up(host, port)
    private = [address for address in found if not is_global(ipaddress.ip_address(address))]
    if private and not allow_private:
        raise NotAllowed(
            f"{host} is at {private[0]}, which is not an address of the open internet; "
            "set allow_private = true if it is meant"
        )
    return Target(host, port, found[0])


def at_address(url: str, target: Target) -> str:
    """The URL with the address in place of the name, so that nobody resolves it again."""
    parts = urlsplit(url)
    address = f"[{target.address}]" if ":" in target.address else target.address
    return urlunsplit((parts.scheme, f"{address}:{target.port}", parts.path, parts.query, ""))


def host_header(url: str, target: Target) -> str:
    """The name that such a request is for."""
    name = f"[{target.host}]" if ":" in target.host else target.host
    return f"{name}:{target.port}" if urlsplit(url).port else name


def parts_of(url: str) -> tuple[str, str, int]:
    """Scheme, host (as DNS spells it) and port of a URL. Raises `NotAllowed` for what is none."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except ValueError:  # a port beyond 65535, half an IPv6 address, a name that is none
        host, port = "", None
    if not host or port == 0:
        raise NotAllowed("webhook.url is no address of a web server; expected https://host/path")
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80)


def is_global(address: IpAddress) -> bool:
    """Whether an address is one of the open internet, also when it hides another one."""
    if address.is_multicast or not address.is_global:
        return False
    if isinstance(address, ipaddress.IPv6Address) and not _is_given_out(address):
        return False
    return all(is_global(hidden) for hidden in _hidden(address))


def _is_given_out(address: ipaddress.IPv6Address) -> bool:
    return address in _NAT64 or (address in _UNICAST and address not in _DOCUMENTATION)


def _hidden(address: IpAddress) -> list[IpAddress]:
    """IPv4 addresses that an IPv6 address is only a wrapping of."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[IpAddress] = [a for a in (address.sixtofour,) if a is not None]
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
