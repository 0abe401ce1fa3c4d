"""Which addresses an agent may have: redirects and names must not lead requests into places that nobody configured."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Final, TypeAlias

from harness.adapters.target import TargetError

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"

_METADATA: Final = frozenset({"fd00:ec2::254", "100.100.100.200"})
"""Where clouds give out credentials, besides 169.254.169.254."""


def is_loopback(host: str) -> bool:
    """Whether a host's name says that it is this machine."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return _plain(host).is_loopback
    except ValueError:
        return False


def objection(address: str, *, loopback: bool, private: bool) -> str | None:
    """Why an address is refused; None where it is not.

    Args:
        address: An IP address.
        loopback: Whether this machine may be asked.
        private: Whether private networks may be asked.
    """
    found = _plain(address)
    if found.is_link_local or str(found) in _METADATA:
        return "a link-local address, where clouds keep credentials"
    if found.is_loopback:
        return None if loopback else "an address of this machine"
    if found.is_unspecified or found.is_multicast or (found.version == 4 and found.is_reserved):
        return "an address of no host"
    return None if found.is_global or private else "an address in a private network"


async def resolved(host: str, port: int, *, loopback: bool, private: bool, where: str) -> tuple[str, ...]:
    """The addresses of a host, all of them allowed; connect to these and not to the name, which may lead elsewhere next time.

    Raises:
        TargetError: when there is none, or one is refused.
    """
    addresses = await _addresses(host, port, where)
    for address in addresses:
        problem = objection(address, loopback=loopback, private=private)
        if problem is not None:
            named = "" if address == host else f", which is {address}"
            remedy = (
                "`private = true` allows private networks" if "private" in problem else "name the agent's own address"
            )
            raise TargetError("refused_address", f"{host}{named}, is refused: {problem}", remedy=remedy, where=where)
    return addresses


async def _addresses(host: str, port: int, where: str) -> tuple[str, ...]:
    try:
        return (str(ipaddress.ip_address(host)),)
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise TargetError(
            "unreachable", f"the name {host!r} leads nowhere ({error})", remedy="correct `url`", where=where
        ) from None
    return tuple(dict.fromkeys(str(item[4][0]) for item in found))


def _plain(address: str) -> Address:
    """The address behind one: IPv4 inside IPv6, in each of the ways to write that."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is None and found in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
        return inner or found
    return found
