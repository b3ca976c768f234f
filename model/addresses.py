"""What an e-mail address and an IP address tell by themselves: where they come from, and how made-up they look."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple


class Part(NamedTuple):
    """One feature of an address: `<column>_<suffix>`."""

    suffix: str
    category: bool  # else it is a number
    said: str  # how a reason calls it


PARTS = {
    "email": (
        Part("domain", True, "the domain of {}"),
        Part("tld", True, "the top-level domain of {}"),
        Part("length", False, "the length of the name in {}"),
        Part("digits", False, "the share of digits in the name in {}"),
        Part("vowels", False, "the share of vowels among the letters in {}"),
        Part("separators", False, "the number of separators in the name in {}"),
    ),
    "ip": (
        Part("net8", True, "the network (/8) of {}"),
        Part("net16", True, "the network (/16) of {}"),
        Part("number_1", False, "the first number of {}"),
        Part("number_2", False, "the second number of {}"),
        Part("number_3", False, "the third number of {}"),
        Part("number_4", False, "the fourth number of {}"),
    ),
}
VOWELS = frozenset("aeiouy")
SEPARATORS = frozenset("._-+")

Values = tuple[float | str | None, ...]


def email_parts(address: str) -> Values:
    """Names that programs make up have many digits, few vowels, or dots and plus signs that lead to one mailbox."""
    name, _, domain = address.lower().rpartition("@")
    letters = sum(map(str.isalpha, name))
    vowels = sum(character in VOWELS for character in name) / letters if letters else None
    digits = sum(map(str.isdigit, name)) / len(name)
    separators = sum(character in SEPARATORS for character in name)
    return (domain, domain.rpartition(".")[2], float(len(name)), digits, vowels, float(separators))


def ip_parts(address: str) -> Values:
    """The /8 and /16 networks and the numbers of an IPv4 address; of an IPv6 address the /16 and /32 networks and the
    first four groups."""
    parsed = ipaddress.ip_address(address)
    packed = parsed.packed
    if parsed.version == 4:
        return (str(packed[0]), f"{packed[0]}.{packed[1]}", *map(float, packed))
    groups = [packed[at] * 256 + packed[at + 1] for at in range(0, 8, 2)]
    return (f"{groups[0]:04x}", f"{groups[0]:04x}:{groups[1]:04x}", *map(float, groups))
