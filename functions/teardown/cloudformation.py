"""The answer a custom resource owes CloudFormation; without it the stack hangs for an hour."""

from __future__ import annotations

import json
import urllib.request
from typing import Any
from urllib.parse import urlsplit

LONGEST_REASON = 1000


def answer(event: dict[str, Any], physical_id: str, reason: str | None) -> dict[str, Any]:
    """Success unless there is a reason."""
    return {
        "Status": "SUCCESS" if reason is None else "FAILED",
        "Reason": (reason or "done")[:LONGEST_REASON],
        "PhysicalResourceId": physical_id,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }


def send(url: str, document: dict[str, Any]) -> None:
    """A PUT to the address that CloudFormation signed; a content type would break the signature."""
    if urlsplit(url).scheme not in ("https", "http"):
        raise ValueError("the response address is not a web address")
    body = json.dumps(document).encode()
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 (its scheme was checked above)
