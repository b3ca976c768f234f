"""One dropped file: ignored, left to a later one, already trained on, or the start of a training job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from functions.aws import errors, objects, requests
from functions.aws.announcements import Announcer
from functions.aws.queue import Outcome
from functions.settings import TrainSettings
from functions.train import champion, notices, start, uploads
from functions.train.run import Run, SchemaTooLargeError, schema_file, write_inputs
from functions.train.source import Source
from functions.train.uploads import File, FileDropped

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient


@dataclass(frozen=True)
class Ports:
    s3: S3Client
    sagemaker: SageMakerClient
    announcer: Announcer
    settings: TrainSettings
    source: Callable[[], Source]
    now: Callable[[], datetime]
    count: Callable[[str], None]
    logger: Logger


def on_file_dropped(event: FileDropped, ports: Ports) -> Outcome:
    if event.key.endswith("/"):
        return Outcome.DONE  # a folder made in the console
    files = uploads.latest(ports.s3, ports.settings.bucket)
    eligible = [file for file in files if file.refusal is None]
    ignored = [file for file in files if file.refusal is not None]
    moment = uploads.dropped_at(event, files)
    if any(file.key == event.key for file in ignored):
        return _tell_ignored(ignored, moment, ports)
    if not eligible:
        ports.logger.info("No file is left to train on")
        return Outcome.DONE
    if not uploads.is_last(moment, eligible):
        ports.logger.info("A later file's own event starts the training", extra={"key": event.key})
        return Outcome.DONE
    return _train(eligible, ignored, moment, ports)


def _tell_ignored(ignored: list[File], moment: datetime, ports: Ports) -> Outcome:
    if uploads.is_last(moment, ignored):
        ports.logger.warning("Ignored files", extra={"keys": objects.some([file.key for file in ignored])})
        return ports.announcer.announce(
            notices.ignored_marker(ignored), notices.ignored(ports.settings.bucket, ignored)
        )
    return Outcome.DONE


def _train(eligible: list[File], ignored: list[File], moment: datetime, ports: Ports) -> Outcome:
    settings = ports.settings
    try:
        schema = schema_file(ports.s3, settings.bucket)
    except SchemaTooLargeError as error:
        marker = f"runs/ignored/schema-{moment:%Y%m%dT%H%M%S}"
        return ports.announcer.announce(marker, notices.schema_too_large(str(error)))
    run = Run(settings.bucket, tuple(eligible), tuple(ignored), schema, ports.source(), settings.training_options)
    job = start.next_job(ports.sagemaker, settings, run, moment)
    if job.exists:
        ports.logger.info("These files have their training job already", extra={"job": job.name})
        return Outcome.DONE
    write_inputs(ports.s3, run, job.name, requests.train_manifest_key(job.name), ports.now())
    return _create(run, job.name, ports)


def _create(run: Run, name: str, ports: Ports) -> Outcome:
    against = champion.artefact(ports.s3, run.bucket, ports.settings.stack_name)
    try:
        started = start.create(ports.sagemaker, ports.settings, run, name, against)
    except ClientError as error:
        if errors.code(error) in errors.THROTTLED:
            return Outcome.LATER
        if errors.code(error) != "ResourceLimitExceeded":
            raise
        notice = notices.over_quota(name, ports.settings.training_instance_type, errors.message(error))
        ports.announcer.announce(f"runs/{name}/announced/over-quota", notice)
        return Outcome.LATER
    ignored = objects.some(file.key for file in run.ignored)
    if started:
        ports.count("TrainingJobsStarted")
    ports.logger.info(
        "Training job started" if started else "Training job was started at the same moment",
        extra={"job": name, "files": len(run.files), "ignored": ignored, "champion": against},
    )
    return Outcome.DONE
