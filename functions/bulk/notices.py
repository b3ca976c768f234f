"""What people are told about a file when its run has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.aws.announcements import Notice


def scored(key: str, summary: Mapping[str, Any]) -> Notice:
    """`key` is that of the summary's own file."""
    rows, rejected = summary["rows"], summary["rejected"]
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in sorted(summary["outcomes"].items()))
    aside = ""
    if rejected:
        first = "".join(f"  row {one['row']}, {one['field']}: {one['expected']}\n" for one in summary["rejected_rows"])
        aside = f"\n{rejected} rows were rejected, the first are these:\n{first}"
        aside += f"  aws s3 cp {summary['all_rejected_rows']} .\n"
    return Notice(
        f"Scored: {summary['file']}",
        f"{summary['scored']} of {rows} rows of {summary['file']} were scored: {outcomes or 'none'}.\n\n"
        f"The decisions:\n  aws s3 cp {summary['results']} .\n{aside}\nThe summary is {key}.\n",
    )


def unreadable(key: str, reason: str) -> Notice:
    return Notice(
        f"Not scored: {key}",
        f"No row of {key} was scored: {reason}.\n\n"
        "Files to be scored are .csv or .csv.gz with a header row and the columns of the schema, as under\n"
        "transactions/; labels may be left out. Drop it again when it is corrected.\n",
    )
