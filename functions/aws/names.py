"""How this stack's SageMaker resources are called, and how to recognise them in an account shared with others."""

from __future__ import annotations

import re

STACK_TAG = "fraud:stack"
VARIANT = "AllTraffic"  # the same in every configuration: an update may not rename it


def job(stack: str, idempotency_hash: str, attempt: int = 1) -> str:
    base = f"{stack}-{idempotency_hash[:16]}"
    return base if attempt == 1 else f"{base}-r{attempt}"


def is_job(stack: str, name: str) -> bool:
    """Stack `fraud` must not take a job of stack `fraud-eu` for its own, so the prefix is not enough."""
    return re.fullmatch(re.escape(stack) + r"-[0-9a-f]{16}(-r[0-9]{1,4})?", name) is not None


def candidate(stack: str) -> str:
    """The endpoint on which a serverless model proves itself before it takes over."""
    return f"{stack}-candidate"


def stack_of(job: str) -> str:
    return re.sub(r"-[0-9a-f]{16}(-r[0-9]{1,4})?$", "", job)


def plan_in_use(plan: str) -> str:
    """The object that says that scoring may write history under this plan."""
    return f"history/{plan}/in-use.json"


def tags(stack: str) -> list[dict[str, str]]:
    return [{"Key": STACK_TAG, "Value": stack}]


def carries_tag(found: list[dict[str, str]], stack: str) -> bool:
    return any(tag["Key"] == STACK_TAG and tag["Value"] == stack for tag in found)
