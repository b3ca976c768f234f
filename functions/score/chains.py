"""Which transactions of a batch have to wait for one another."""

from __future__ import annotations

from collections.abc import Sequence


def chains(keys: Sequence[frozenset[str]]) -> list[list[int]]:
    """The places of those that share a key, directly or through others, in their order; the longest chain first."""
    found: list[tuple[frozenset[str], list[int]]] = []
    for place, own in enumerate(keys):
        joined = [chain for chain in found if not own.isdisjoint(chain[0])]
        found = [chain for chain in found if chain not in joined]
        found.append(
            (own.union(*(names for names, _ in joined)), [p for _, places in joined for p in places] + [place])
        )
    return sorted((sorted(places) for _, places in found), key=len, reverse=True)
