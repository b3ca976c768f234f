"""Writes simulated payments the way companies export them: some as CSV, some gzipped, some as Parquet."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from model.simulation.payments import Payment, currency

BLANK_LABEL_DAYS = 5  # so recent that nobody knows yet
Row = dict[str, Any]


def write(payments: list[Payment], directory: Path, seed: int, later: int = 0) -> list[Path]:
    """The last days can be left for `later`: a file of their own, with all labels, to try a model on."""
    directory.mkdir(parents=True, exist_ok=True)
    until = payments[-1].time - timedelta(days=later)
    every_row = _rows(payments, seed, until)
    rows = [row for row in every_row if row["timestamp"] <= until]
    kinds: tuple[tuple[str, Callable[[list[Row], Path], None]], ...] = (
        ("csv", _write_csv),
        ("csv.gz", _write_csv_gz),
        ("parquet", _write_parquet),
    )
    paths = []
    for part, (suffix, write_part) in enumerate(kinds):
        chosen = rows[len(rows) * part // len(kinds) : len(rows) * (part + 1) // len(kinds)]
        if chosen:
            path = directory / f"transactions-{chosen[0]['timestamp']:%Y-%m-%d}-{part + 1}.{suffix}"
            write_part(chosen, path)
            paths.append(path)
    if later:
        (directory / "later").mkdir(exist_ok=True)
        paths.append(directory / "later" / f"transactions-{until:%Y-%m-%d}.csv")
        _write_csv(every_row[len(rows) :], paths[-1])
    return paths


def _rows(payments: list[Payment], seed: int, until: datetime) -> list[Row]:
    random = Random(seed + 1)  # noqa: S311 (repeatable, not secret)
    start = payments[0].time.replace(hour=0, minute=0, second=0)
    unknown_from = until - timedelta(days=BLANK_LABEL_DAYS)
    return [
        {
            "transaction_id": f"tx-{number:07d}-{random.getrandbits(24):06x}",
            "timestamp": payment.time,
            "customer_id": payment.customer.id,
            "card_id": payment.customer.card,
            "terminal_id": payment.terminal.id,
            "amount": payment.amount,
            "currency": currency(payment),
            "merchant_category": payment.terminal.category,
            "merchant_country": payment.terminal.country,
            "channel": payment.channel,
            "customer_age": payment.customer.age,
            "account_age_days": payment.customer.account_age_days + (payment.time - start).days,
            "email": payment.email,
            "ip_address": payment.ip,
            "is_fraud": None if unknown_from <= payment.time <= until else int(payment.fraud),
        }
        for number, payment in enumerate(payments, 1)
    ]


def _write_csv(rows: list[Row], path: Path) -> None:
    path.write_bytes(_as_csv(rows))


def _write_csv_gz(rows: list[Row], path: Path) -> None:
    path.write_bytes(gzip.compress(_as_csv(rows), mtime=0))


def _as_csv(rows: list[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(row | {"timestamp": _iso(row["timestamp"]), "amount": f"{row['amount']:.2f}"})
    return text.getvalue().encode()


def _write_parquet(rows: list[Row], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist(rows)
    at = table.schema.get_field_index("is_fraud")
    pq.write_table(table.set_column(at, "is_fraud", table["is_fraud"].cast(pa.int8())), path)


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
