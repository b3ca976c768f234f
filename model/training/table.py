"""Reads transaction files into one table of checked columns; every row that breaks the schema is set aside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from model import header
from model.field import Field, InvalidTransaction
from model.file_row import clock_of, zone_beside
from model.schema import Schema, SchemaError
from model.training import columns, moments
from model.training.columns import Array, Texts
from model.training.files import Block, blocks
from model.training.problems import Rejections, TrainingError
from model.transaction import read_id

UNLABELLED = -1


@dataclass(frozen=True)
class Table:
    """Transactions in file order. Texts are codes into `vocabularies`, -1 where missing; numbers NaN where missing."""

    files: tuple[str, ...]
    file: Array
    row: Array
    ids: Any
    time: Array  # microseconds since 1970, UTC
    label: Array  # 1 fraud, 0 legit, -1 not known yet
    known: Array  # since when the label is known, where there is one; microseconds since 1970, UTC
    values: dict[str, Array]
    vocabularies: dict[str, list[str]]

    def __len__(self) -> int:
        return len(self.time)

    def place(self, index: int) -> str:
        return f"{self.files[self.file[index]]}, row {self.row[index]}"

    def labelled_first(self) -> Table:
        """The same, both parts in the order of time: what is learned from and judged on stands together."""
        order = np.lexsort((self.time, self.label == UNLABELLED))
        return self if bool((np.diff(order) == 1).all()) else self.take(order)

    def take(self, chosen: Array) -> Table:
        """The chosen rows: a mask or positions."""
        return replace(
            self,
            file=self.file[chosen],
            row=self.row[chosen],
            ids=self.ids.filter(pa.array(chosen)) if chosen.dtype == bool else self.ids.take(pa.array(chosen)),
            time=self.time[chosen],
            label=self.label[chosen],
            known=self.known[chosen],
            values={name: values[chosen] for name, values in self.values.items()},
        )


def read_files(schema: Schema, files: Sequence[tuple[str, Path]], rejected: Rejections, labelled: bool = True) -> Table:
    """`files` are (name in messages, path). Files to be scored need not be `labelled`: a label is read where there is
    one that makes sense, for it tells the later rows what was known by then."""
    reader = _Reader(schema, rejected, labelled)
    for number, (name, path) in enumerate(files):
        for block in blocks(path, name, reader.check_header, rejected):
            reader.add(number, name, block)
    return reader.table(tuple(name for name, _ in files))


class _Reader:
    def __init__(self, schema: Schema, rejected: Rejections, labelled: bool) -> None:
        if labelled and schema.label is None:
            raise SchemaError("label: is missing; expected the column that says what was fraud")
        self._schema = schema
        self._rejected = rejected
        self._zone = clock_of(schema)
        self._fields = [field for field in schema.fields if field.role != "ignore"]
        self._texts = {field.name: Texts(self._reader(field)) for field in self._fields if not field.numeric}
        self._labelled = labelled
        self._delay = schema.label_delay // timedelta(microseconds=1)
        self._labels = columns.labels(schema.label) if schema.label else None
        self._parts: list[dict[str, Any]] = []

    def check_header(self, file: str, names: list[str]) -> list[str]:
        try:
            return header.columns_to_read(self._schema, file, names, labelled=self._labelled)
        except header.HeaderError as error:
            raise TrainingError(str(error)) from None

    def add(self, number: int, file: str, block: Block) -> None:
        size = len(block.rows)
        part: dict[str, Any] = {"file": np.full(size, number, dtype=np.int32), "row": block.rows}
        bad: list[tuple[str, Array]] = []
        part["ids"], wrong = self._ids(file, block)
        bad.append((self._schema.id_column or "", wrong))
        part["time"], wrong = moments.times(block.columns[self._schema.timestamp], self._zone)
        bad.append((self._schema.timestamp, wrong))
        part["label"], part["known"], wrong_labels = self._judged(block, part["time"])
        bad += wrong_labels if self._labelled else []
        for field in self._fields:
            part[f"value {field.name}"], wrong = self._values(field.name, block, size)
            bad.append((field.name, wrong))
        keep = self._set_aside(file, block, bad)
        kept = keep if keep.all() else np.flatnonzero(keep)
        self._parts.append({key: _choose(values, kept) for key, values in part.items()})

    def table(self, files: tuple[str, ...]) -> Table:
        parts = self._parts
        if not any(len(part["time"]) for part in parts):
            raise TrainingError(f"there is no usable row; the first that is not: {self._rejected.rows[0]}")
        names = [field.name for field in self._fields]
        joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0] if key != "ids"}
        ids = pa.chunked_array([part["ids"] for part in parts], pa.large_string()).combine_chunks()
        parts.clear()
        return Table(
            files=files,
            file=joined["file"],
            row=joined["row"],
            ids=ids,
            time=joined["time"],
            label=joined["label"],
            known=joined["known"],
            values={name: joined[f"value {name}"] for name in names},
            vocabularies={name: texts.values for name, texts in self._texts.items()},
        )

    def _reader(self, field: Field) -> Callable[[Any], str | None]:
        """Of one text; a time of a file may be one without an offset."""
        return partial(field.text, zone=zone_beside(self._zone)) if field.role == "time" else field.text

    def _ids(self, file: str, block: Block) -> tuple[Any, Array]:
        if self._schema.id_column:
            return columns.ids(block.columns[self._schema.id_column])
        made = pa.array([f"{file}:{row}" for row in block.rows], pa.large_string())
        return made, np.zeros(len(block.rows), dtype=bool)

    def _judged(self, block: Block, time: Array) -> tuple[Array, Array, list[tuple[str, Array]]]:
        """The labels, since when they are known, and what is wrong with the columns that say so."""
        label, known = np.full(len(time), UNLABELLED, dtype=np.int8), time + self._delay
        rules, bad = self._schema.label, []
        if rules and self._labels and rules.column in block.columns:
            codes = self._labels.codes(block.columns[rules.column])
            bad.append((rules.column, codes == columns.INVALID))
            meaning = np.array([*map(int, self._labels.values), UNLABELLED, UNLABELLED], dtype=np.int8)
            label = meaning[codes]
        if rules and rules.known_at in block.columns:
            told, blank, wrong = moments.times_or_blank(block.columns[rules.known_at], self._zone)
            bad.append((rules.known_at, wrong))
            known = np.where(blank | wrong, known, told)
        return label, known, bad

    def _values(self, name: str, block: Block, size: int) -> tuple[Array, Array]:
        array = block.columns.get(name)
        if array is None:
            array = pa.nulls(size, pa.string())
        if name not in self._texts:
            return columns.numbers(self._schema.by_name[name], array)
        codes = self._texts[name].codes(array)
        return codes, codes == columns.INVALID

    def _set_aside(self, file: str, block: Block, bad: list[tuple[str, Array]]) -> Array:
        """Rejects each bad row once, for its first bad field, in the words of the rule it breaks."""
        keep = np.ones(len(block.rows), dtype=bool)
        reasons: list[tuple[int, str, str]] = []
        for name, wrong in bad:
            reasons += [
                (int(block.rows[at]), name, self._reason(name, block.columns[name][int(at)].as_py()))
                for at in np.flatnonzero(wrong & keep)
            ]
            keep &= ~wrong
        for row, name, reason in sorted(reasons):
            self._rejected.add(file, row, name, reason)
        return keep

    def _reason(self, name: str, raw: Any) -> str:
        schema = self._schema
        try:
            if name == schema.timestamp or (schema.label and name == schema.label.known_at):
                moments.read_time(raw, self._zone)
            elif name == schema.id_column:
                read_id(columns.cell(raw), name)
            elif schema.label and name == schema.label.column:
                schema.label.read("" if raw is None else str(columns.cell(raw)))
            elif name in self._texts:
                self._reader(schema.by_name[name])(columns.cell(raw))
            elif isinstance(raw, str):
                schema.by_name[name].read_cell(raw)
            else:
                schema.by_name[name].read(columns.cell(raw))
        except InvalidTransaction as invalid:
            return invalid.message
        except ValueError as error:
            return str(error)
        return "cannot be used"


def _choose(values: Any, kept: Array) -> Any:
    if kept.dtype == bool:
        return values
    return values[kept] if isinstance(values, np.ndarray) else values.take(pa.array(kept))
