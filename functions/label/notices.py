"""What people are told about a file of labels: only what they can do something about."""

from __future__ import annotations

from collections.abc import Mapping

from functions.aws.announcements import Notice
from functions.label.unknown import PREFIX as UNKNOWN


def unreadable(key: str, reason: str) -> Notice:
    return Notice(
        f"Labels not read: {key}",
        f"No label of {key} was recorded: {reason}.\n\n"
        "Files of labels are .csv or .csv.gz with the columns transaction_id, label and, if known, labelled_at, or\n"
        "EVENT_ID, EVENT_LABEL and LABEL_TIMESTAMP. Drop it again when it is corrected.\n",
    )


def incomplete(key: str, bucket: str, done: str, counts: Mapping[str, int]) -> Notice:
    figures = "".join(f"  {name}: {number}\n" for name, number in sorted(counts.items()) if number)
    unknown = rejected = ""
    if counts.get("unknown"):
        unknown = (
            "\nUnknown are transactions that were never scored here. Their labels are kept; once they are scored,\n"
            f"move them back:\n  aws s3 mv --recursive s3://{bucket}/{UNKNOWN} s3://{bucket}/labels/\n"
        )
    if counts.get("rejected"):
        rejected = (
            f"\nThe rows that were rejected, with reasons, are in s3://{bucket}/{done}.rejected-after-<line>.csv:\n"
            f"  aws s3 ls s3://{bucket}/{done}\n"
        )
    return Notice(f"Labels recorded in part: {key}", f"What became of {key}:\n{figures}{unknown}{rejected}")
