"""What the bucket says of a model's deployments: which there were, how each ended, and what each replaced."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from functions.aws import objects
from functions.deploy.approval import STAMP
from functions.deploy.deployment import FINAL

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OWN = ""  # the deployment that the training job itself asks for
STATE = re.compile(r"announced/([a-z-]+)\.json")


@dataclass(frozen=True)
class Records:
    s3: S3Client
    bucket: str

    def ends(self, model: str) -> frozenset[str]:
        """The final states of the job's own deployment; none while there is something left to do."""
        return _states(self._below(f"runs/{model}/", "announced/"))

    def is_begun(self, model: str) -> bool:
        """Whether its message arrived: the verdict is the first thing that a deployment leaves."""
        return objects.exists(self.s3, self.bucket, f"runs/{model}/gate.json")

    def deployments(self, model: str) -> dict[str, frozenset[str]]:
        """Each one's folder below the model's own, and its final states."""
        found: dict[str, set[str]] = {}
        for kind in ("approvals/", "restored/"):
            for name in self._below(f"runs/{model}/{kind}"):
                stamp, _, record = name.partition("/")
                found.setdefault(f"{kind}{stamp}/", set()).add(record)
        return {OWN: self.ends(model)} | {folder: _states(names) for folder, names in found.items()}

    def approved(self, model: str) -> datetime | None:
        """When it was approved by hand for the last time, whether or not anything has come of it yet."""
        stamps = {name.partition("/")[0] for name in self._below(f"runs/{model}/approvals/")}
        return datetime.strptime(max(stamps), STAMP).replace(tzinfo=UTC) if stamps else None

    def turned_at(self, model: str) -> datetime | None:
        """When a message of ours turned the endpoint to it for the last time."""
        return max((at for at, _ in self._turns(model)), default=None)

    def replaced_by(self, model: str) -> str | None:
        """What served before it."""
        others = [(at, before) for at, before in self._turns(model) if before and before != model]
        return max(others, default=(None, None))[1]

    def _turns(self, model: str) -> list[tuple[datetime, str | None]]:
        found = [self.read(f"runs/{model}/{folder}deployment.json") for folder in self.deployments(model)]
        return [(datetime.fromisoformat(record["at"]), record["replaces"]) for record in found if record]

    def read(self, key: str) -> dict[str, Any] | None:
        if not objects.exists(self.s3, self.bucket, key):
            return None
        return dict(json.loads(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()))

    def _below(self, prefix: str, folder: str = "") -> set[str]:
        return {key.removeprefix(prefix) for key in objects.all_keys(self.s3, self.bucket, f"{prefix}{folder}")}


def _states(names: set[str]) -> frozenset[str]:
    return frozenset(match[1] for name in names if (match := STATE.fullmatch(name))) & FINAL
