"""What can be wrong with training data: a reason to stop, or single rows to set aside."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


class TrainingError(Exception):
    """The data cannot be trained on; the message names the file, row and field where there is one."""


@dataclass(frozen=True)
class Rejection:
    file: str
    row: int  # as an editor counts: the header is line 1 of a CSV; the first row of a Parquet file is row 1
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, row {self.row}, {self.field}: {self.reason}"


@dataclass
class Rejections:
    rows: list[Rejection] = field(default_factory=list)

    def add(self, file: str, row: int, name: str, reason: str) -> None:
        self.rows.append(Rejection(file, row, name, reason))

    def enforce(self, limit: float, total: int) -> None:
        if len(self.rows) > limit * total:
            commonest = Counter((rejected.field, rejected.reason) for rejected in self.rows).most_common(1)[0][1]
            raise TrainingError(
                f"{len(self.rows)} of {total} rows are unusable, more than the limit of {limit:.2%}; "
                f"the first is {self.rows[0]} ({commonest} rows share the commonest reason)"
            )

    def write(self, path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["file", "row", "field", "reason"])
            writer.writerows((rejected.file, rejected.row, rejected.field, rejected.reason) for rejected in self.rows)
