"""Which targets are on this machine, so that no call to them leaves it."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit


def leads_here(url: str) -> bool:
    """Whether a URL leads to this machine; what is no URL leads nowhere."""
    try:
        return is_here(urlsplit(url).hostname or "")
    except ValueError:
        return False


@lru_cache(maxsize=64)
def is_here(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
