"""The command line: python -m model simulate | schema | train | score. The code of the training job; needs no AWS."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from model.artefact import ArtefactError
from model.document import SchemaError
from model.training.problems import TrainingError


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        COMMANDS[options.command](options)
    except (ArtefactError, SchemaError, TrainingError) as error:
        return _complain(str(error))
    except OSError as error:
        return _complain(f"{error.filename or ''}: {error.strerror or error}".removeprefix(": "))
    return 0


def simulate(options: argparse.Namespace) -> None:
    from model.simulation import files, payments

    made = payments.simulate(options.rows, options.days, options.start, options.seed)
    for path in files.write(made, options.out, options.seed, options.later):
        print(path)


def schema(options: argparse.Namespace) -> None:
    from model.proposal import command

    command.propose(options.files, options.out, print)


def train(options: argparse.Namespace) -> None:
    from model.training import command

    command.train(
        options.schema, options.data, options.out, options.threads, options.champion, dict(options.option), print
    )


def score(options: argparse.Namespace) -> None:
    from model.training import command

    warn = partial(print, file=sys.stderr)
    command.score(options.model, options.data, options.history, options.out, options.threads, warn)


COMMANDS = {"simulate": simulate, "schema": schema, "train": train, "score": score}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    made = commands.add_parser("simulate", help="write made-up card payments to try things with")
    made.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files go")
    made.add_argument("--rows", type=_number(100, 10_000_000), default=40_000, help="how many payments (40000)")
    made.add_argument("--days", type=_number(15, 3650), default=120, help="over how many days (120)")
    made.add_argument("--start", type=_day, default="2026-06-01", help="the first day (2026-06-01)")
    made.add_argument("--seed", type=int, default=1, help="the same seed makes the same files (1)")
    made.add_argument("--later", type=_number(0, 14), default=0, help="days at the end that become a file apart (0)")

    proposed = commands.add_parser("schema", help="propose a schema for files, from a sample of their rows")
    proposed.add_argument("files", type=Path, nargs="+", metavar="FILE", help="csv, csv.gz or parquet")
    proposed.add_argument("--out", type=Path, metavar="FILE.yaml", help="where the schema goes (standard output)")

    trained = commands.add_parser("train", help="train a model from files")
    trained.add_argument("--schema", type=Path, metavar="FILE", help="default: model/schema.yaml")
    trained.add_argument("--data", type=Path, nargs="+", required=True, metavar="FILE", help="csv, csv.gz or parquet")
    trained.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the model and its report go")
    trained.add_argument(
        "--champion", type=Path, metavar="DIR", help="holds the model.tar.gz to compare the model with"
    )

    trained.add_argument(
        "--option",
        type=_option,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a hyperparameter, such as search_trials=20 or algorithm=logistic (docs/training.md)",
    )

    scored = commands.add_parser("score", help="score files with a trained model, in input order")
    scored.add_argument("--model", type=Path, required=True, metavar="DIR", help="holds model.tar.gz, or it unpacked")
    scored.add_argument("--data", type=Path, nargs="+", required=True, metavar="FILE", help="csv, csv.gz or parquet")
    scored.add_argument(
        "--history",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="earlier transactions, with or without labels: the past of those in DATA, left out if found here too",
    )
    scored.add_argument("--out", type=Path, required=True, metavar="FILE.csv")
    for command in (trained, scored):
        command.add_argument("--threads", type=_number(1, 512), default=os.cpu_count() or 1, help="CPUs to use (all)")
    return parser


def _number(low: int, high: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} to {high}")
        return int(text)

    return whole


def _option(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("expected NAME=VALUE such as seed=3")
    return name, value


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError("expected a day such as 2026-06-01") from None


def _complain(message: str) -> int:
    print(f"model: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
