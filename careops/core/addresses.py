"""Which hosts, ports and addresses an outbound call may connect to."""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from django.conf import settings

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# Databases, queues, desktops and control sockets that listen above 1023 and would misread a request.
NOT_HTTP_PORTS = frozenset([
    1433, 1521, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432, 5433, 5672, 5900, 6000, 6379, 6380, 6432,
    7000, 7001, 9042, 9200, 9300, 11211, 26257, 27017, 27018, 27019,
])  # fmt: skip
# `is_global` calls some of these global, depending on Python's version.
NEVER_PUBLIC = [
    ipaddress.ip_network(text)
    for text in (
        "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
]  # fmt: skip
IPV6_UNICAST = ipaddress.IPv6Network("2000::/3")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Reach:
    """Which hosts, ports and addresses a call may connect to."""

    anywhere: bool
    names: frozenset[str]
    networks: tuple[IPNetwork, ...]

    @classmethod
    def of(cls, allow_private: bool | Collection[str] | None) -> Self:
        names: set[str] = set()
        networks: list[IPNetwork] = []
        if allow_private is None:
            entries = settings.ALLOW_PRIVATE_UPSTREAMS if settings.configured else ()
        else:
            entries = () if isinstance(allow_private, bool) else allow_private
        for entry in entries:
            try:
                networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                names.add(entry.lower())
        return cls(anywhere=allow_private is True, names=frozenset(names), networks=tuple(networks))

    def allows_port(self, host: str, port: int) -> bool:
        usual = port in (80, 443) or (port >= 1024 and port not in NOT_HTTP_PORTS)
        return usual or f"{_bracketed(host)}:{port}" in self.names

    def allows_address(self, host: str, port: int, text: str) -> bool:
        named = not self.names.isdisjoint({_bracketed(host), f"{_bracketed(host)}:{port}"})
        address = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
        return self.anywhere or named or any(address in one for one in self.networks) or _is_public(address)


def _bracketed(host: str) -> str:
    name = host.lower().rstrip(".")
    return f"[{name}]" if ":" in name else name


def _unwrapped(address: IPAddress) -> IPAddress:
    """The IPv4 address that a mapped or NAT64 address leads to, else the address itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: IPAddress) -> bool:
    # 6to4 and Teredo fall in NEVER_PUBLIC, site-local and IPv4-compatible addresses outside IPV6_UNICAST.
    if not address.is_global or address.is_multicast or any(address in one for one in NEVER_PUBLIC):
        return False
    return address.version == 4 or address in IPV6_UNICAST
