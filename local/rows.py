"""Takes the latest rows out of a transaction file and writes them as the REST API wants them."""

import csv
import gzip
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pyarrow.parquet

NUMERIC = ("amount", "number")
LATEST = 20_000  # rows from the end of a file
PER_DAY = {"ms": 86_400_000.0, "s": 86_400.0, "m": 1440.0, "h": 24.0, "d": 1.0}  # of times that are numbers since 1970


@dataclass(frozen=True)
class Example:
    request: dict[str, Any]  # the body of POST /score, but for the transaction's id
    label: str  # fraud, legit or unknown, as the file says; never sent


def examples(path: Path, schema: Mapping[str, Any]) -> list[Example]:
    """The latest rows that can be written as requests. `schema` is the one in the model's contract."""
    label = schema.get("label")
    found = []
    for row in read(path):
        try:
            body = request(row, schema)
        except ValueError:  # one of the rows that the training sets aside
            continue
        found.append(Example(body, _kind(row.get(label["column"]), label) if label else "unknown"))
    return found


def afterwards(found: list[Example], when: Mapping[str, Any]) -> list[Example]:
    """The same at the same times of day, but after all that the file knows: the model has learned its past by heart."""
    column, unit = when["column"], when.get("unit")
    day: Any = PER_DAY[unit] if unit else timedelta(days=1)
    times: list[Any] = [one.request[column] if unit else datetime.fromisoformat(one.request[column]) for one in found]
    later = [time + ((max(times) - time) // day + 1) * day for time in times]
    return [
        replace(one, request=one.request | {column: time if unit else time.isoformat()})
        for one, time in zip(found, later, strict=True)
    ]


def read(path: Path) -> list[dict[str, Any]]:
    """The file's last rows. What it is, its content tells, and some bad rows do no harm, as in the training."""
    with path.open("rb") as raw:
        start = raw.read(4)
    if start == b"PAR1":
        table = pyarrow.parquet.read_table(path)
        return cast("list[dict[str, Any]]", table.slice(max(0, table.num_rows - LATEST)).to_pylist())
    opened = gzip.open if start[:2] == b"\x1f\x8b" else open
    with opened(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as text:
        reader = csv.reader(text)
        header = [name.strip() for name in next(filter(None, reader))]
        rows = deque((cells for cells in _records(reader) if len(cells) == len(header)), LATEST)
    return [dict(zip(header, cells, strict=True)) for cells in rows]


def _records(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue


def request(row: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    when = schema["timestamp"]
    time, zone = row[when["column"]], when.get("timezone")
    body: dict[str, Any] = {when["column"]: float(time) if when.get("unit") else moment(time, zone, when.get("format"))}
    for name, rules in schema["fields"].items():
        value = row.get(name)
        if rules["role"] == "ignore" or value is None or (isinstance(value, str) and not value.strip()):
            continue
        if rules["role"] == "time":
            body[name] = moment(value, zone)
        else:
            body[name] = float(value) if rules["role"] in NUMERIC else word(value)
    return body


def word(value: Any) -> str | bool:
    """A Parquet file may keep an id as a number, even as 42.0 where others of its column are missing."""
    if isinstance(value, bool):
        return value
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def moment(value: Any, timezone: str | None, form: str | None = None) -> str:
    """ISO 8601 with the offset that the REST API requires. `form` is how a file writes texts that are not."""
    if form and isinstance(value, str):
        parsed = datetime.strptime(value.strip(), form)  # noqa: DTZ007 (its zone follows)
    else:
        parsed = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    if not 1970 <= parsed.year < 2200:
        raise ValueError("a year that no transaction has")
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=ZoneInfo(timezone) if timezone else UTC)
    return parsed.isoformat()


def _kind(value: Any, label: Mapping[str, Any]) -> str:
    text = str(value).strip().lower().removesuffix(".0")
    return "fraud" if text in label["fraud"] else "legit" if text in label["legit"] else "unknown"
