"""Checks that the files in the training channel are exactly those that the manifest froze."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from model.training.problems import TrainingError

PREFIX = "transactions/"


def files_of(manifest: Path, channel: Path) -> list[tuple[str, Path]]:
    """The manifest's files as (name, path), in its order; a missing or changed one stops the training."""
    try:
        entries = json.loads(manifest.read_bytes())["files"]
        listed = [(str(entry["key"]).removeprefix(PREFIX), entry) for entry in entries]
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError(f"{manifest.name}: is not a manifest ({error!r})") from None
    for name, entry in listed:
        _check(name, channel / name, entry)
    return [(name, channel / name) for name, _ in listed]


def all_files(channel: Path) -> list[tuple[str, Path]]:
    """Every file of the channel as (name, path), sorted by name."""
    return sorted((path.relative_to(channel).as_posix(), path) for path in channel.rglob("*") if path.is_file())


def _check(name: str, path: Path, entry: dict[str, Any]) -> None:
    if not path.is_file():
        raise TrainingError(f"{name}: is in the manifest but did not arrive")
    if "size" in entry and path.stat().st_size != entry["size"]:
        raise TrainingError(f"{name}: has {path.stat().st_size} bytes where the manifest says {entry['size']}")
    etag = str(entry.get("etag", "")).strip('"')
    if re.fullmatch(r"[0-9a-f]{32}", etag):  # an object uploaded in parts has another kind of ETag: size must do
        with path.open("rb") as stream:
            if hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() != etag:
                raise TrainingError(f"{name}: differs from the version that the manifest froze")
