"""The rules in force, as the rules function left them in the bucket; without them, those that came with the code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws import objects
from functions.aws.rules import IN_FORCE, InForce
from model import rules
from model.rules import Rulebook, RulesError, RulesFile

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_s3 import S3Client

    from model.contract import Contract

FRESH_FOR = 15.0  # seconds; new rules decide within a minute of being dropped
UNREADABLE_FOR = 2.0
MOST_BOOKS = 4


class RulesInForce:
    """Looks again from time to time; when the bucket cannot be read, the rules that were known before hold."""

    def __init__(self, s3: S3Client, bucket: str, clock: Callable[[], float], logger: Logger) -> None:
        self._s3, self._bucket, self._clock, self._logger = s3, bucket, clock, logger
        self._etag: str | None = None
        self._known: RulesFile | None = None
        self._look_again_at = 0.0
        self._books: dict[tuple[str, str], Rulebook] = {}

    @property
    def is_known(self) -> bool:
        return self._known is not None

    @property
    def is_stale(self) -> bool:
        return self._clock() >= self._look_again_at

    def book(self, contract: Contract) -> Rulebook:
        """What of the known rules fits the contract."""
        file = self._known or rules.read(rules.PACKAGED.read_bytes())
        key = (file.version, contract.model)
        found = self._books.get(key)
        if found is None:
            found = file.fit(contract)
            if found.left_out:
                names = objects.some(problem.rule for problem in found.left_out)
                self._logger.warning("Rules that do not fit the model are left out", extra={"rules": names})
            self._books = {key: found} if len(self._books) >= MOST_BOOKS else self._books | {key: found}
        return found

    def refresh(self) -> None:
        try:
            found = objects.find(self._s3, self._bucket, IN_FORCE)
            etag = found["ETag"] if found else None
            if self._known is None or etag != self._etag:
                self._known = rules.read(self._content() if found else rules.PACKAGED.read_bytes())
                self._etag = etag
        except (ClientError, BotoCoreError, RulesError, ValueError, KeyError, TypeError) as error:
            self._logger.warning("The rules in force could not be read", extra={"error": str(error)[:500]})
        self._look_again_at = self._clock() + (FRESH_FOR if self._known else UNREADABLE_FOR)

    def _content(self) -> bytes:
        return InForce.from_json(self._s3.get_object(Bucket=self._bucket, Key=IN_FORCE)["Body"].read()).content
