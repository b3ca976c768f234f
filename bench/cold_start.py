"""What a new process takes until the scoring function can be called: imports and construction, from the artefact that
`sam build` makes. Beside it a usual Powertools function: logger, metrics, tracer, a resolver that validates 25 fields,
three boto3 clients; and botocore alone with two clients.

`python -m bench.cold_start`
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from bench.figures import report
from bench.function import ENVIRONMENT

ROOT = Path(__file__).parents[1]
OURS = "from functions.score import handler; handler.aws_ports()"
USUAL = """
import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from pydantic import create_model
logger, metrics, tracer, app = Logger(), Metrics(), Tracer(), APIGatewayRestResolver(enable_validation=True)
create_model("Transaction", **{f"field_{number}": (float | None, None) for number in range(25)})
clients = [boto3.client(name) for name in ("dynamodb", "s3", "sagemaker-runtime")]
"""
BOTOCORE = """
from botocore.session import get_session
session = get_session()
clients = [session.create_client(name) for name in ("dynamodb", "sagemaker-runtime")]
"""
# Of the process, not by the clock: what else the machine does is no part of it.
TIMED = "import time; started = time.process_time()\n{}\nprint((time.process_time() - started) * 1000)"
OF_LAMBDA = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")  # its runtime brings them
OF_THE_USUAL = (
    *("annotated_types", "aws_lambda_powertools", "aws_xray_sdk", "pydantic", "pydantic_core"),
    *("typing_extensions.py", "typing_inspection", "wrapt"),
)
TRIES = 15


def main() -> None:
    temporary = tempfile.TemporaryDirectory
    with temporary() as folder, temporary() as of_lambda, temporary() as of_the_usual:
        build = ["make", "--silent", "build-ScoreFunction", f"ARTIFACTS_DIR={folder}"]
        subprocess.run(build, cwd=ROOT, check=True)
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
        report("artefact", size / 2**20, "MiB", files=sum(file.is_file() for file in Path(folder).rglob("*")))
        for names, place in ((OF_LAMBDA, of_lambda), (OF_THE_USUAL, of_the_usual)):
            for name in names:
                Path(place, name).symlink_to(Path(sysconfig.get_path("purelib"), name))
        programs = {
            "cold_start": (OURS, folder),
            "cold_start_usual_function": (USUAL, of_the_usual),
            "cold_start_botocore_alone": (BOTOCORE, of_the_usual),
        }
        taken: dict[str, list[float]] = {figure: [] for figure in programs}
        for _ in range(TRIES):  # in turn: what disturbs one disturbs the others
            for figure, (program, place) in programs.items():
                taken[figure].append(_milliseconds(program, place, of_lambda))
    for figure, tries in taken.items():
        report(figure, min(tries), "ms", tries=TRIES, median=round(sorted(tries)[TRIES // 2], 1))


def _milliseconds(program: str, folder: str, of_lambda: str) -> float:
    environment = ENVIRONMENT | {"PYTHONPATH": f"{folder}{os.pathsep}{of_lambda}"}
    command = [sys.executable, "-S", "-c", TIMED.format(program)]
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return float(done.stdout)


if __name__ == "__main__":
    main()
