"""What people are told about rules: which are in force, which are not, and why."""

from __future__ import annotations

from collections.abc import Sequence

from functions.aws.announcements import Notice
from functions.aws.rules import DROPPED, InForce
from model.rules import Rule

LONGEST = 20_000  # characters; SNS takes 256 KB


def in_force(current: InForce, rules: Sequence[Rule], bucket: str) -> Notice:
    source = "that came with the code" if current.text is None else f"of s3://{bucket}/{DROPPED}"
    listed = "".join(f"  {rule.name}: {rule.outcome}{' (shadow)' if rule.shadow else ''}\n" for rule in rules)
    back = "" if current.text is None else f"To go back to the rules that came with the code:\n{_remove(bucket)}"
    return Notice(
        f"Rules in force: version {current.version}",
        f"The rules {source} decide within a minute, the first that matches:\n{listed[:LONGEST] or '  none'}\n"
        f"They were checked against model {current.model}.\n{back}",
    )


def refused(name: str, reason: str, serving: str | None, model: str, bucket: str) -> Notice:
    stay = f"version {serving}" if serving else "those that came with the code"
    return Notice(
        f"Rules refused: {name}",
        f"None of the rules of {name} came into force, because of\n{_indented(reason)}\n"
        f"They were checked against model {model}. The rules in force stay: {stay}.\n\n"
        f"Drop it again when it is corrected:\n  aws s3 cp rules.yaml s3://{bucket}/{DROPPED}\n",
    )


def unfit(model: str, reason: str, bucket: str) -> Notice:
    return Notice(
        f"Rules that do not fit model {model}",
        f"Model {model} serves now, and these rules of the version in force do not fit it:\n{_indented(reason)}\n"
        "Rules that read what its transactions do not have are left out, the others decide on.\n\n"
        f"Drop a file that fits:\n  aws s3 cp rules.yaml s3://{bucket}/{DROPPED}\n",
    )


def _indented(reason: str) -> str:
    lines = "".join(f"  {line}\n" for line in reason.splitlines())
    return lines if len(lines) <= LONGEST else f"{lines[:LONGEST]}\n  and so on\n"


def _remove(bucket: str) -> str:
    return f"  aws s3 rm s3://{bucket}/{DROPPED}\n"
