"""Takes a few labelled rows out of a transaction file and writes them as the REST API wants them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

NUMERIC = ("amount", "number")
LATEST = 20_000  # rows from the end of a file among which the examples are looked for


@dataclass(frozen=True)
class Example:
    request: dict[str, Any]
    label: str  # fraud, legit or unknown, as the file says; never sent


def examples(path: Path, schema: Mapping[str, Any], frauds: int, legits: int, ids: Iterable[str]) -> list[Example]:
    """The latest rows of each label. `schema` is the one in the model's contract."""
    table = read(path)
    table = table.slice(max(0, table.num_rows - LATEST))
    label = schema.get("label")
    chosen: list[tuple[dict[str, Any], str]] = []
    if label and label["column"] in table.column_names:
        kinds = [_kind(value, label) for value in table[label["column"]].to_pylist()]
        for kind, count in (("legit", legits), ("fraud", frauds)):
            positions = [at for at, found in enumerate(kinds) if found == kind][-count:]
            chosen += [(row, kind) for at in positions for row in table.slice(at, 1).to_pylist()]
    if not chosen:
        chosen = [(row, "unknown") for row in table.slice(max(0, table.num_rows - frauds - legits)).to_pylist()]
    return [Example(request(row, schema, name), kind) for (row, kind), name in zip(chosen, ids, strict=False)]


def read(path: Path) -> pa.Table:
    if path.name.lower().endswith(".parquet"):
        return pyarrow.parquet.read_table(path)
    parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
    with pyarrow.csv.open_csv(path, parse_options=parsing) as reader:
        texts = pyarrow.csv.ConvertOptions(column_types={name: pa.string() for name in reader.schema.names})
    return pyarrow.csv.read_csv(path, parse_options=parsing, convert_options=texts)


def request(row: Mapping[str, Any], schema: Mapping[str, Any], transaction_id: str) -> dict[str, Any]:
    """The body of POST /score for a row of a file."""
    when = schema["timestamp"]
    body: dict[str, Any] = {
        "transaction_id": transaction_id,
        when["column"]: moment(row[when["column"]], when.get("timezone")),
    }
    for name, rules in schema["fields"].items():
        value = row.get(name)
        if rules["role"] == "ignore" or value is None or (isinstance(value, str) and not value.strip()):
            continue
        body[name] = float(value) if rules["role"] in NUMERIC else word(value)
    return body


def word(value: Any) -> str | bool:
    """A Parquet file may keep an id as a number, even as 42.0 where others of its column are missing."""
    if isinstance(value, bool):
        return value
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def moment(value: Any, timezone: str | None) -> str:
    """ISO 8601 with the offset that the REST API requires."""
    parsed = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=ZoneInfo(timezone) if timezone else UTC)
    return parsed.isoformat()


def _kind(value: Any, label: Mapping[str, Any]) -> str:
    text = str(value).strip().lower().removesuffix(".0")
    return "fraud" if text in label["fraud"] else "legit" if text in label["legit"] else "unknown"
