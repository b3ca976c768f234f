"""Records as JSON files, replaced atomically at every change, so that they survive a killed process."""

import json
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class Collection:
    """Records of one kind by name; held in memory, one file each."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._records: dict[str, Record] = {
            path.stem: json.loads(path.read_text()) for path in sorted(directory.glob("*.json"))
        }

    def get(self, name: str) -> Record | None:
        return self._records.get(name)

    def all(self) -> list[Record]:
        return list(self._records.values())

    def put(self, name: str, record: Record) -> None:
        self._records[name] = record
        write_atomically(self._directory / f"{name}.json", json.dumps(record))

    def delete(self, name: str) -> None:
        del self._records[name]
        (self._directory / f"{name}.json").unlink(missing_ok=True)


def write_atomically(path: Path, text: str) -> None:
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(text)
    unfinished.replace(path)
