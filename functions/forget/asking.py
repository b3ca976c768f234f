"""From a request to forget somebody to its answer, and to a line in the log that names nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from functions.aws import serving
from functions.aws.stack_key import StackKey
from functions.forget import wanted
from functions.forget.forgetting import Forgetting
from functions.forget.wanted import UnclearError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_s3 import S3Client

    from model.schema import Schema

REMAINS = (
    "transactions/: files that name them; a training on these loads their history again",
    "batch/: files of theirs that were scored, and results, which hold ids and what reasons say",
    "decisions/: lines of the days in decided_on and the day after",
    "runs/: what trainings left of their history, and rejected rows, until these are removed",
    "backups of the tables, for 35 days, and replaced versions of objects, for 90",
)


@dataclass(frozen=True)
class Asking:
    s3: S3Client
    bucket: str
    key: StackKey
    forgetting: Forgetting
    logger: Logger

    def answer(self, request: Mapping[str, Any], has_time: Callable[[], bool]) -> dict[str, Any]:
        try:
            in_force = self._schema()
            who = wanted.read(request, in_force, self.key.pseudonyms())
        except UnclearError as error:
            self.logger.warning("A request to forget somebody was refused", extra={"reason": str(error)})
            return {"error": str(error)}
        done = self.forgetting.forget(who, in_force.history_plan.id, has_time)
        deleted = {"history": done.history, "lists": done.lists, "decisions": done.decisions}
        facts = {
            "field": who.field.name,
            "deleted": deleted,
            "decisions_read": done.decisions_read,
            "done": done.is_all,
        }
        self.logger.info("Somebody was forgotten", extra=facts)
        return facts | {
            "continue_from": done.continue_from,
            "decided_on": sorted(done.decided_on),
            "logged_as": who.pseudonym if who.field.sensitive else None,
            "remains": list(REMAINS),
        }

    def _schema(self) -> Schema:
        contract = serving.contract(self.s3, self.bucket)
        if contract is None:
            raise UnclearError("no model serves yet, whose schema says which fields there are")
        return contract.schema
