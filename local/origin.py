"""What a local stack's state was made from: files of different schemas must not meet in one bucket."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.errors import LocalError
from local.home import Home, read_json, sha256, write_json

FILE_TYPES = (".csv", ".csv.gz", ".parquet")


@dataclass(frozen=True)
class Origin:
    """The user's files and schema; no files stand for the sample, no schema for the packaged one."""

    files: tuple[Path, ...] = ()
    schema: Path | None = None

    @classmethod
    def of(cls, files: list[Path], schema: Path | None) -> "Origin":
        for path in [*files, *([schema] if schema else [])]:
            if not path.is_file():
                raise LocalError(f"{path} is not a file")
        for path in files:
            if not path.name.lower().endswith(FILE_TYPES):
                raise LocalError(f"{path} is neither csv, csv.gz nor parquet")
            if path.stat().st_size == 0:
                raise LocalError(f"{path} is empty")
        names = [path.name for path in files]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise LocalError(f"two data files are called {repeated[0]}: one would replace the other in S3")
        return cls(tuple(files), schema)

    def fingerprint(self) -> dict[str, Any]:
        files = {path.name: sha256(path) for path in self.files}
        return {"files": files or "sample", "schema": sha256(self.schema) if self.schema else "packaged"}

    def __str__(self) -> str:
        files = ", ".join(path.name for path in self.files) or "the sample"
        return f"{files} with {self.schema.name if self.schema else 'the packaged schema'}"


def remember(home: Home, origin: Origin) -> None:
    write_json(home.origin, {**origin.fingerprint(), "shown": str(origin)})


def differs(home: Home, origin: Origin) -> str | None:
    """What the state was made from instead, or None when it may be used for this origin."""
    noted = read_json(home.origin)
    shown = str(noted.pop("shown", ""))
    return shown if noted and noted != origin.fingerprint() else None


def set_aside(home: Home) -> Path:
    number = 1
    while (kept := home.root.with_name(f"{home.root.name}.{number}")).exists():
        number += 1
    home.root.rename(kept)
    return kept
