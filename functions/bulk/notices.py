"""What people are told about a file when its run has ended."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from functions.aws.announcements import Notice


def scored(key: str, told: Mapping[str, Any]) -> Notice:
    """`told` is the summary, `key` that of its file."""
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in sorted(told["outcomes"].items()))
    return Notice(
        f"Scored: {told['file']}",
        f"{told['scored']} of {told['rows']} rows of {told['file']} were scored: {outcomes or 'none'}.\n\n"
        f"The decisions:\n  {_fetch(told['results'])}\n{_rejected(told)}\nThe summary is {key}.\n",
    )


def unreadable(told: Mapping[str, Any]) -> Notice:
    key, done = told["file"], ""
    if told["rows"]:
        done = f"{told['scored']} of {told['rows']} rows before that were scored:\n  {_fetch(told['results'])}\n\n"
    return Notice(
        f"Not scored{' to its end' if done else ''}: {key}",
        f"{key} cannot be read: {told['reason']}.\n\n{done}"
        "Files to be scored are .csv or .csv.gz with a header row and the columns of the schema, as under\n"
        "transactions/; labels may be left out. Drop it again when it is corrected.\n",
    )


def _rejected(told: Mapping[str, Any]) -> str:
    if not told["rejected"]:
        return ""
    first = "".join(f"  row {one['row']}, {one['field']}: {one['expected']}\n" for one in told["rejected_rows"])
    return (
        f"\n{told['rejected']} rows were rejected, the first are these:\n{first}  {_fetch(told['all_rejected_rows'])}\n"
    )


def _fetch(address: str) -> str:
    return f"aws s3 cp {shlex.quote(address)} ."
