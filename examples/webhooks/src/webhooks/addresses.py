"""Which URLs and addresses may be posted to. Pure.

A subscriber chooses the URL. Without these rules it could name a host of the network that the sender runs in,
or the service that hands out the sender's credentials.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

#: On top of what Python knows not to be global: its answer for some of these has changed between versions.
#: https://www.iana.org/assignments/iana-ipv4-special-registry/
REFUSED_V4 = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
#: All that is routed on the Internet. NAT64 (64:ff9b::/96), IPv4-mapped, unique local, link-local and
#: multicast addresses are outside. What leads to an IPv4 address (6to4, Teredo) or is for documents is not.
#: https://www.iana.org/assignments/iana-ipv6-special-registry/
ROUTED_V6 = ip_network("2000::/3")
REFUSED_V6 = tuple(ip_network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))

MAX_URL = 2048
#: Of a name in DNS: https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4. EndpointDisabled has room for it.
MAX_HOST = 253


class Refused(Exception):
    """The URL or its address is not allowed; the message says why, without the URL."""


@dataclass(frozen=True)
class Rules:
    """`loopback` is for tests and the local stack: it allows this computer, by http as well, on any port."""

    ports: frozenset[int] = frozenset({443})
    loopback: bool = False


@dataclass(frozen=True)
class Target:
    """A URL that may be posted to, in parts. `path` has the query."""

    tls: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def target(url: str, rules: Rules) -> Target:
    """Raises Refused."""
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise Refused(
            f"a URL has at most {MAX_URL} characters, all of them ASCII and none a space or backslash"
        )
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise Refused("not a URL") from error
    if not host or "%" in host:
        raise Refused("the URL has no host")
    if len(host) > MAX_HOST:
        raise Refused(f"the host has more than {MAX_HOST} characters")
    if parts.scheme != "https" and not (rules.loopback and parts.scheme == "http"):
        raise Refused("the URL does not begin with https://")
    if "@" in parts.netloc or parts.fragment:
        raise Refused("the URL has a user name or a fragment")
    tls = parts.scheme == "https"
    port = port if port is not None else 443 if tls else 80
    if port not in rules.ports and not rules.loopback:
        allowed = ", ".join(map(str, sorted(rules.ports)))
        raise Refused(f"port {port} is not allowed (AllowedPorts: {allowed})")
    path = parts.path or "/"
    return Target(tls, host, port, f"{path}?{parts.query}" if parts.query else path)


def check(addresses: Iterable[str], rules: Rules) -> None:
    """Raises Refused if any address of a name is not public: a name that has one is not to be trusted."""
    for text in addresses:
        address = ip_address(text.partition("%")[0])
        if not (is_public(address) or (rules.loopback and address.is_loopback)):
            raise Refused("the host has an address that is not public")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in REFUSED_V4)
    return address in ROUTED_V6 and not any(address in network for network in REFUSED_V6)
