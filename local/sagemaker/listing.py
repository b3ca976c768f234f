"""Filters, sorting and NextToken paging that all List* calls share."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from typing import Any

from local.sagemaker.errors import invalid
from local.sagemaker.state import Record

PAGE = 10  # AWS's default MaxResults


def page(
    request: Record,
    records: Iterable[Record],
    *,
    name: str,
    status: str | None = None,
    default_order: str = "Descending",
    summary: Callable[[Record], Record],
    answer: str,
) -> Record:
    """One page of `answer`; `name` and `status` say which members of a record are its name and status."""
    found = [record for record in records if _wanted(request, record, name, status)]
    by = {"Name": name, "Status": status}.get(request.get("SortBy", "CreationTime"), "CreationTime") or name
    found.sort(key=lambda record: (record[by], record[name]))
    if request.get("SortOrder", default_order) == "Descending":
        found.reverse()
    start = _start(request.get("NextToken"), found, name)
    end = start + int(request.get("MaxResults", PAGE))
    result: Record = {answer: [summary(record) for record in found[start:end]]}
    if end < len(found):
        result["NextToken"] = base64.urlsafe_b64encode(json.dumps(found[end][name]).encode()).decode()
    return result


def _wanted(request: Record, record: Record, name: str, status: str | None) -> bool:
    if request.get("NameContains", "").lower() not in record[name].lower():
        return False
    if status and request.get("StatusEquals", record[status]) != record[status]:
        return False
    for member in ("CreationTime", "LastModifiedTime"):
        value = record.get(member, 0.0)
        if value < request.get(f"{member}After", value) or value > request.get(f"{member}Before", value):
            return False
    return True


def _start(token: str | None, found: list[Record], name: str) -> int:
    if token is None:
        return 0
    try:
        first: Any = json.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError):
        raise invalid("Invalid NextToken.") from None
    for number, record in enumerate(found):
        if record[name] == first:
            return number
    return len(found)


def pick(record: Record, *members: str) -> Record:
    return {member: record[member] for member in members if member in record}
