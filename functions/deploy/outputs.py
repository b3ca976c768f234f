"""What a training job left in its archives: verified, and laid out under runs/<job>/ for people and `score`."""

from __future__ import annotations

import gzip
import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any, cast

from functions.aws import objects
from functions.deploy.job import TrainedJob
from model.artefact import GOLDEN, ArtefactError, verify

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PUBLISHED = {
    "evaluation.json": "application/json",
    "report.html": "text/html; charset=utf-8",
    "rejected.csv": "text/csv; charset=utf-8",
    "failure.json": "application/json",
}
INDEX = "history/index.json"
HISTORY = re.compile(r"history/(index\.json|part-[0-9]{5}\.jsonl\.gz)")
LARGEST_OUTPUT = 128 * 2**20  # read into memory one at a time; the largest is rejected.csv


def publish_model(s3: S3Client, bucket: str, job: TrainedJob) -> dict[str, Any]:
    """Verifies the artefact and answers its evaluation. The contract comes last: where it lies, all else does."""
    contract, evaluation = job.key("contract.json"), job.key("evaluation.json")
    if objects.exists(s3, bucket, contract):
        return dict(json.loads(s3.get_object(Bucket=bucket, Key=evaluation)["Body"].read()))
    artefact = verify(_artefact(s3, bucket, job))
    if artefact.contract.model != job.name:
        raise ArtefactError(f"the artefact's contract is of the model {artefact.contract.model}")
    publish_outputs(s3, bucket, job)
    reads_history = not set(artefact.contract.features).isdisjoint(artefact.contract.schema.history_plan.names)
    if reads_history and not objects.exists(s3, bucket, job.key(INDEX)):
        raise ArtefactError(f"the job's output has no {INDEX}, and the model reads history")
    trees = gzip.compress(artefact.trees_json, mtime=0)
    s3.put_object(Bucket=bucket, Key=job.key("trees.json.gz"), Body=trees, ContentType="application/gzip")
    if artefact.golden_json:
        golden = job.key(GOLDEN)
        s3.put_object(Bucket=bucket, Key=golden, Body=artefact.golden_json, ContentType="application/json")
    s3.put_object(Bucket=bucket, Key=evaluation, Body=artefact.evaluation_json, ContentType="application/json")
    s3.put_object(Bucket=bucket, Key=contract, Body=artefact.contract_json, ContentType="application/json")
    return artefact.evaluation


def publish_outputs(s3: S3Client, bucket: str, job: TrainedJob) -> bool:
    """Unpacks output.tar.gz, if the job left one that can be read; says whether rows were rejected."""
    key = job.key("output/output.tar.gz")
    if not objects.exists(s3, bucket, key):
        return False
    archive = cast("IO[bytes]", s3.get_object(Bucket=bucket, Key=key)["Body"])
    has_rejected_rows = False
    there = objects.all_keys(s3, bucket, job.key("history/"))  # where an earlier try ran out of time, this one goes on
    try:
        for name, content in _members(archive):
            if job.key(name) not in there:
                s3.put_object(Bucket=bucket, Key=job.key(name), Body=content, ContentType=_content_type(name))
            if name == "rejected.csv":
                has_rejected_rows = content.count(b"\n") > 1  # below the header
    except (tarfile.TarError, EOFError, OSError, zlib.error):
        # A failed job may have been cut off while it wrote them. They are for reading; what serves is verified apart.
        return has_rejected_rows
    return has_rejected_rows


def _members(archive: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=archive, mode="r|gz") as tar:
        for member in tar:
            name = str(PurePosixPath(member.name))
            if (name in PUBLISHED or HISTORY.fullmatch(name)) and member.isreg() and member.size <= LARGEST_OUTPUT:
                content = tar.extractfile(member)
                if content is not None:
                    yield name, content.read()


def _content_type(name: str) -> str:
    return PUBLISHED.get(name, "application/json" if name.endswith(".json") else "application/gzip")


def _artefact(s3: S3Client, bucket: str, job: TrainedJob) -> IO[bytes]:
    expected = f"s3://{bucket}/{job.key('output/model.tar.gz')}"
    if job.artefact_uri != expected:
        raise ArtefactError(f"the artefact lies at {job.artefact_uri or 'no address'}, expected {expected}")
    if not objects.exists(s3, bucket, job.key("output/model.tar.gz")):
        raise ArtefactError(f"there is no artefact at {expected}")
    return cast("IO[bytes]", s3.get_object(Bucket=bucket, Key=job.key("output/model.tar.gz"))["Body"])
