"""IAM's names of SQS's batch operations: AWS has none of their own, MiniStack asks for them by name."""

from typing import Any

from ministack.core import iam_actions

SINGLE = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}


def install() -> None:
    extract = iam_actions.extract_iam_action

    def extract_iam_action(*request: Any, **named: Any) -> Any:
        action = extract(*request, **named)
        return SINGLE.get(action, action)

    iam_actions.extract_iam_action = extract_iam_action
