"""The training job, as SageMaker runs it: python -m model.train --num_round 300

Reads the SM_* variables of the training container, writes the model to SM_MODEL_DIR and says plainly why it failed."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from model import schema as schemas
from model.document import SchemaError
from model.schema import Schema
from model.training import job, manifest
from model.training.options import NAMES, Options
from model.training.problems import TrainingError


def main(arguments: list[str]) -> int:
    output_dir = Path(os.environ["SM_OUTPUT_DATA_DIR"])
    output_dir.mkdir(parents=True, exist_ok=True)
    try:
        job.run(the_job(output_dir, options(arguments)))
    except (TrainingError, SchemaError, OSError, MemoryError) as error:
        failure = json.dumps({"error": type(error).__name__, "message": str(error)}, ensure_ascii=False)
        (output_dir / "failure.json").write_text(failure + "\n", "utf-8")
        print(f"TRAINING_FAILED {failure}", file=sys.stderr, flush=True)
        return 1
    return 0


def the_job(output_dir: Path, chosen: Options) -> job.Job:
    channel = _directory("SM_CHANNEL_TRAIN")
    run_channel = Path(os.environ.get("SM_CHANNEL_RUN", "no-such-channel"))
    frozen, schema = run_channel / "manifest.json", run_channel / "schema.yaml"
    files = manifest.files_of(frozen, channel) if frozen.exists() else manifest.all_files(channel)
    if not files:
        raise TrainingError("there are no files to train on")
    return job.Job(
        schema=_load(schema) if schema.exists() else schemas.load(),
        files=files,
        model_dir=_directory("SM_MODEL_DIR"),
        output_dir=output_dir,
        threads=int(os.environ.get("SM_NUM_CPUS") or os.cpu_count() or 1),
        options=chosen,
        name=os.environ.get("TRAINING_JOB_NAME") or None,
        say=lambda line: print(line, flush=True),
        champion=Path(os.environ["SM_CHANNEL_CHAMPION"]) if os.environ.get("SM_CHANNEL_CHAMPION") else None,
    )


def options(arguments: list[str]) -> Options:
    """Hyperparameters of the job; those meant for others are left alone."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in NAMES:
        parser.add_argument(f"--{name}", default=argparse.SUPPRESS)
    return Options.from_texts(vars(parser.parse_known_args(arguments)[0]))


def _load(dropped: Path) -> Schema:
    """A mistake is reported under the file's name, not under its place in the container."""
    try:
        return schemas.load(dropped)
    except SchemaError as error:
        raise SchemaError(f"{dropped.name}: {str(error).removeprefix(f'{dropped}: ')}") from None


def _directory(variable: str) -> Path:
    if not os.environ.get(variable):
        raise TrainingError(f"{variable} is not set: run this as a training job, or use python -m model train")
    return Path(os.environ[variable])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
