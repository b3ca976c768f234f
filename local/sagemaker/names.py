"""ARNs and ids of what this SageMaker holds."""

import secrets
from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    region: str
    account: str

    def arn(self, kind: str, name: str) -> str:
        # SageMaker's ARNs carry the name in lower case, whatever the name looks like.
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{kind}/{name.lower()}"

    def log_group_arn(self, group: str) -> str:
        return f"arn:aws:logs:{self.region}:{self.account}:log-group:{group}"


def instance_id() -> str:
    return "i-" + secrets.token_hex(9)[:17]
