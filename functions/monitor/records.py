"""What the bucket says of a model's deployments: which there were, how each ended, and what each replaced."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.aws import objects
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

    def is_approved_later(self, model: str) -> bool:
        return bool(self._below(f"runs/{model}/approvals/"))

    def replaced_by(self, model: str) -> str | None:
        """What served before it."""
        found = [self.read(f"runs/{model}/{folder}deployment.json") for folder in self.deployments(model)]
        before = [(record["at"], record["replaces"]) for record in found if record and record["replaces"]]
        return max((one for one in before if one[1] != model), default=(None, None))[1]

    def read(self, key: str) -> dict[str, str] | None:
        if not objects.exists(self.s3, self.bucket, key):
            return None
        return dict(json.loads(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()))

    def _below(self, prefix: str, folder: str = "") -> set[str]:
        return {key.removeprefix(prefix) for key in objects.all_keys(self.s3, self.bucket, f"{prefix}{folder}")}


def _states(names: set[str]) -> frozenset[str]:
    return frozenset(match[1] for name in names if (match := STATE.fullmatch(name))) & FINAL
