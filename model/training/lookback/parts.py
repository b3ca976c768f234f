"""Writes the states at the end of the data as the files that fill live scoring's table, history/part-NNNNN.jsonl.gz:
the same bytes for the same data, and last an index.json that names them all."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable
from itertools import batched
from pathlib import Path

from model.history_state import State
from model.windows import Plan

ENTITIES = 5_000  # of a part: what one message of the backfill gets done in time


def write(folder: Path, plan: Plan, states: Iterable[tuple[str, State]], per_part: int = ENTITIES) -> int:
    """Answers how many entities there are. The index is there without any, too: it says that nothing was cut off."""
    for left in folder.glob("*.json*"):
        left.unlink()  # of an earlier training into the same folder
    parts: dict[str, str] = {}
    entities = 0
    if not plan.windows:
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(batched(states, per_part)):
        content = gzip.compress(b"".join(_line(key, state) for key, state in part), compresslevel=5, mtime=0)
        name = f"part-{number:05}.jsonl.gz"
        (folder / name).write_bytes(content)
        parts[name] = hashlib.sha256(content).hexdigest()
        entities += len(part)
    index = {"plan": plan.id, "entities": entities, "parts": parts}
    (folder / "index.json").write_text(json.dumps(index, indent=1) + "\n", "utf-8")
    return entities


def _line(key: str, state: State) -> bytes:
    numbers = {name: value for name, value in state.items() if isinstance(value, int)}
    members = {name: sorted(value) for name, value in state.items() if not isinstance(value, int)}
    line = {"key": key, "state": numbers, "members": members}
    return json.dumps(line, separators=(",", ":"), sort_keys=True).encode() + b"\n"
