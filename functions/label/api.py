"""The path POST /labels: one label, or up to a hundred, each answered with what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.label import label
from functions.label.recording import BusyError, Recording
from functions.rest import answers, body, problems

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


def answer(event: dict[str, Any], recording: Recording, has_time: Callable[[], bool], logger: Logger) -> dict[str, Any]:
    return answers.respond(event, lambda: _recorded(event, recording, has_time), logger)


def _recorded(event: dict[str, Any], recording: Recording, has_time: Callable[[], bool]) -> dict[str, Any]:
    payload = body.read(event)
    labels = label.read(payload, recording.now())
    try:
        steps = recording.record(labels, has_time)
    except (ClientError, BotoCoreError, BusyError) as error:
        raise problems.unavailable("decision store") from error
    if steps is None:  # labels that were recorded are "unchanged" when they come again
        raise problems.unavailable("decision store")
    done = [step.answer(label.transaction_id) for label, step in zip(labels, steps, strict=True)]
    return answers.json_answer(200, {"labels": done} if "labels" in payload else done[0])
