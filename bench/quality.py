"""How much fraud the default recipe finds, beside the scores that others published: `python -m bench.quality`.

Every model is trained and every transaction scored by the command line, with the schemas of docs/schemas. The data sets
lie outside of the project (--data); those that are absent are skipped, and it is said so."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

from bench import handbook
from bench.figures import report, timed
from bench.handbook import DAYS, Fold
from bench.train import run

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT / "docs" / "schemas"
FOLDS = tuple(Fold(pd.Timestamp(day)) for day in ("2018-07-25", "2018-08-01", "2018-08-08", "2018-08-15"))
ITS_OWN = ("TX_DURING_WEEKEND", "TX_DURING_NIGHT", "CUSTOMER_ID_", "TERMINAL_ID_")

Array = np.ndarray[Any, Any]
Figures = dict[str, float]


@dataclass(frozen=True)
class Training:
    scratch: Path
    options: tuple[str, ...]

    def predict(
        self, schema: Path, train: pd.DataFrame, history: pd.DataFrame | None, test: pd.DataFrame
    ) -> tuple[Array, float]:
        """The probabilities of the test rows, in their order, and how long the training took."""
        files = {"train": train, "history": history, "test": test}
        at = {name: self.scratch / f"{name}.parquet" for name in files}
        for name, rows in files.items():
            if rows is not None:
                rows.to_parquet(at[name], index=False)
        out, scores = self.scratch / "out", self.scratch / "scores.csv"
        chosen = [word for option in self.options for word in ("--option", option)]
        _, seconds = timed(partial(run, "train", "--schema", schema, "--data", at["train"], "--out", out, *chosen))
        earlier = () if history is None else ("--history", at["history"])
        run("score", "--model", out, "--data", at["test"], *earlier, "--out", scores)
        return pd.read_csv(scores)["fraud_probability"].to_numpy(), seconds


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", metavar="DIR")
    parser.add_argument("--only", choices=PROTOCOLS, nargs="+", default=list(PROTOCOLS))
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="as of python -m model train"
    )
    options = parser.parse_args(arguments)
    for name in options.only:
        file, protocol = PROTOCOLS[name]
        if not (options.data / file).is_file():
            print(f"{name} is not measured: there is no {options.data / file}", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory() as scratch:
            protocol(options.data / file, Training(Path(scratch), tuple(options.option)))


def handbook_split(file: Path, training: Training) -> None:
    """Chapter 3, but with all history up to the test week: labels of the last seven days are not known yet."""
    payments, fold = pd.read_parquet(file), FOLDS[0]
    history, test = fold.until_known(payments), fold.test(payments)
    settled = history["TX_DATETIME"] < fold.start + DAYS * handbook.DAY
    train = history.assign(TX_FRAUD=history["TX_FRAUD"].astype("Int8").where(settled))
    probability, seconds = training.predict(SCHEMAS / "handbook.yaml", train, history, test)
    judged = fold.judged(payments)
    found = figures(judged["TX_FRAUD"], _of(test, probability, judged))
    found["card_precision_at_100"] = handbook.card_precision(judged, _of(test, probability, judged))
    published = {"roc_auc": 0.879, "average_precision": 0.694, "card_precision_at_100": 0.305}
    say("handbook_split", found, published, rows=len(train), seconds=seconds)
    say("handbook_split_knowable", handbook.knowable(payments, judged), {})


def handbook_prequential(file: Path, training: Training) -> None:
    """Chapter 5: its own fifteen features, seven days of training, the mean over four test weeks."""
    payments = handbook.with_its_features(pd.read_parquet(file))
    schema = _schema(training.scratch, _of_its_features(payments))
    found: list[Figures] = []
    total = 0.0
    for fold in FOLDS:
        test = fold.test(payments)
        probability, seconds = training.predict(schema, fold.training(payments), None, test)
        judged = fold.judged(payments)
        found.append(figures(judged["TX_FRAUD"], _of(test, probability, judged)))
        found[-1]["card_precision_at_100"] = handbook.card_precision(judged, _of(test, probability, judged))
        total += seconds
    mean = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
    published = {"roc_auc": 0.871, "average_precision": 0.687, "card_precision_at_100": 0.303}
    say("handbook_prequential", mean, published, folds=len(FOLDS), seconds=total)


def sparkov(file: Path, training: Training) -> None:
    payments = pd.read_parquet(file).sort_values("trans_date_trans_time", kind="stable")
    latest_fifth("sparkov", payments, "is_fraud", 1, {"roc_auc": 0.998}, training)


def aws_registrations(file: Path, training: Training) -> None:
    made = pd.read_csv(file, dtype=str).sort_values("EVENT_TIMESTAMP", kind="stable")
    published = {"roc_auc": 0.993, "average_precision": 0.92}
    latest_fifth("aws_registrations", made, "EVENT_LABEL", "fraud", published, training)


def latest_fifth(
    name: str, rows: pd.DataFrame, label: str, fraud: object, published: Figures, training: Training
) -> None:
    cut = len(rows) * 4 // 5
    train, test = rows[:cut], rows[cut:]
    probability, seconds = training.predict(SCHEMAS / f"{name}.yaml", train, train, test)
    say(name, figures(test[label] == fraud, probability), published, rows=cut, seconds=seconds)


def figures(label: pd.Series[Any], probability: Array) -> Figures:
    return {
        "roc_auc": float(roc_auc_score(label, probability)),
        "average_precision": float(average_precision_score(label, probability)),
    }


def say(protocol: str, found: Figures, published: Figures, **facts: float) -> None:
    facts = {name: round(value, 1) for name, value in facts.items()}
    for name, value in found.items():
        report(f"{protocol}_{name}", value, "share", published=published.get(name), **facts)


def _of(test: pd.DataFrame, probability: Array, judged: pd.DataFrame) -> Array:
    of_row: Array = pd.Series(probability, index=test.index)[judged.index].to_numpy()
    return of_row


def _of_its_features(payments: pd.DataFrame) -> Iterator[str]:
    """A schema of the amount and the fifteen features less one, without any history of our own."""
    yield "name: handbook-features"
    yield "transaction_id: {column: TRANSACTION_ID}"
    yield "timestamp: {column: TX_DATETIME, timezone: UTC}"
    yield "label: {column: TX_FRAUD}"
    yield "history: {windows: []}"
    yield "extra_columns: ignore"
    yield "fields:"
    yield "  TX_AMOUNT: {role: amount, required: true}"
    for column in payments.columns:
        if column.startswith(ITS_OWN):
            yield f"  {column}: {{role: number, required: true}}"


def _schema(scratch: Path, lines: Iterator[str]) -> Path:
    path = scratch / "schema.yaml"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


PROTOCOLS: dict[str, tuple[str, Callable[[Path, Training], None]]] = {
    "handbook_split": ("handbook_transactions.parquet", handbook_split),
    "handbook_prequential": ("handbook_transactions.parquet", handbook_prequential),
    "sparkov": ("sparkov_60_cards.parquet", sparkov),
    "aws_registrations": ("aws_registration_20k.csv.gz", aws_registrations),
}

if __name__ == "__main__":
    main()
