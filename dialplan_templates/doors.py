"""Which machines may log in to a PBX's manager, as manager.conf writes it."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network

LOOPBACK = "127.0.0.1,::1"
TAKES = "IPv4 or IPv6 addresses, each with a mask or without, as in 10.1.2.3,fd00::7"
MOST = 16
_ADDRESSES = re.compile(r"[0-9A-Fa-f.:/,]{2,800}")


def permits(value: str) -> list[str]:
    """What stands in `permit` lines, below `deny` lines for all, for addresses joined by commas.

    Raises `ValueError`, saying what is taken, for anything else.
    """
    if not isinstance(value, str) or not _ADDRESSES.fullmatch(value) or value.count(",") >= MOST:
        raise ValueError(TAKES)
    try:
        networks = [ip_network(part, strict=False) for part in value.split(",")]
    except ValueError:
        raise ValueError(TAKES) from None
    return [_written(network) for network in networks]


def _written(network: IPv4Network | IPv6Network) -> str:
    return network.with_netmask if isinstance(network, IPv4Network) else network.with_prefixlen
