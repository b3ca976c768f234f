"""From what lies in the bucket to the rules in force: every look at it may be repeated, or come too late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from functions.aws import objects, serving
from functions.aws.announcements import Announcer, Notice
from functions.aws.queue import Outcome
from functions.aws.rules import DROPPED, IN_FORCE, InForce
from functions.rules import notices
from model import rules
from model.rules import LARGEST, RulesError
from model.rules_check import check

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_s3 import S3Client

    from model.contract import Contract

TOLD = "rules-told/"
LOOKS = 5  # two are enough, unless other rules come into force at the same moment


@dataclass(frozen=True)
class Wanted:
    """The file as it is now; without one, the rules that came with the code."""

    content: bytes
    name: str
    dropped: str  # when it was
    is_packaged: bool = False

    @property
    def version(self) -> str:
        return rules.version_of(self.content)

    def is_same_as(self, current: InForce) -> bool:
        return (self.version, self.is_packaged) == (current.version, current.text is None)


@dataclass(frozen=True)
class Coming:
    s3: S3Client
    announcer: Announcer
    bucket: str
    now: Callable[[], datetime]
    count: Callable[[str], None]
    logger: Logger

    def settle(self) -> Outcome:
        contract = serving.contract(self.s3, self.bucket)
        if contract is None:
            self.logger.info("No model serves yet; rules are looked at when one does")
            return Outcome.DONE
        for _ in range(LOOKS):
            outcome = self._look(contract)
            if outcome is not None:
                return outcome
        return Outcome.LATER

    def _look(self, contract: Contract) -> Outcome | None:
        """None after a write, and when it came too late: a further look says what holds.

        What is in force is read before the file, and written only over what was read, so a file that was read before
        another cannot replace it. Nor can it outlast its own removal, which the further look sees.
        """
        seen = objects.find(self.s3, self.bucket, IN_FORCE)
        current = self._current() if seen else None
        wanted = self._wanted()
        if current is not None and wanted.is_same_as(current):
            return self._tell(current, contract)
        if seen is None and wanted.is_packaged:
            return Outcome.DONE
        try:
            check(wanted.content, wanted.name, contract)
        except RulesError as error:
            return self._refuse(wanted, str(error), current, contract)
        text = None if wanted.is_packaged else wanted.content.decode()
        coming = InForce(wanted.version, self.now().isoformat(), contract.model, text)
        if objects.put_over(self.s3, self.bucket, IN_FORCE, coming.to_json(), seen):
            self.count("RulesInForce")
        return None

    def _current(self) -> InForce | None:
        body = self.s3.get_object(Bucket=self.bucket, Key=IN_FORCE)["Body"].read()
        try:
            return InForce.from_json(body)
        except (ValueError, KeyError, TypeError):  # somebody else wrote it; scoring cannot read it either
            return None

    def _wanted(self) -> Wanted:
        if not objects.exists(self.s3, self.bucket, DROPPED):
            return Wanted(rules.PACKAGED.read_bytes(), "the packaged rules.yaml", "with-the-code", is_packaged=True)
        found = self.s3.get_object(Bucket=self.bucket, Key=DROPPED)
        at = found["LastModified"].astimezone(UTC)
        return Wanted(found["Body"].read(LARGEST + 1), DROPPED, f"{at:%Y%m%dT%H%M%S}")

    def _tell(self, current: InForce, contract: Contract) -> Outcome:
        notice = notices.in_force(current, rules.read(current.content).rules, self.bucket)
        since = "".join(filter(str.isalnum, current.since))
        outcome = self._announce(f"{current.version}-in-force-{since}", notice)
        return _both(outcome, self._tell_of_unfit(current, contract))

    def _tell_of_unfit(self, current: InForce, contract: Contract) -> Outcome:
        """Rules may not fit a model that came after them; those are left out until the file is corrected."""
        if current.model == contract.model:
            return Outcome.DONE
        try:
            check(current.content, f"version {current.version}", contract)
        except RulesError as error:
            notice = notices.unfit(contract.model, str(error), self.bucket)
            return self._announce(f"{current.version}-unfit-{contract.model}", notice)
        return Outcome.DONE

    def _refuse(self, wanted: Wanted, reason: str, current: InForce | None, contract: Contract) -> Outcome:
        self.count("RulesRefused")
        self.logger.warning("Rules refused", extra={"version": wanted.version, "model": contract.model})
        notice = notices.refused(wanted.name, reason, current.version if current else None, contract.model, self.bucket)
        outcome = self._announce(f"{wanted.version}-refused-{wanted.dropped}-{contract.model}", notice)
        return _both(outcome, self._tell_of_unfit(current, contract) if current else Outcome.DONE)

    def _announce(self, name: str, notice: Notice) -> Outcome:
        return self.announcer.announce(TOLD + name, notice)


def _both(first: Outcome, second: Outcome) -> Outcome:
    return second if first is Outcome.DONE else first
