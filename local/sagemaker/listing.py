"""Filters, sorting and NextToken paging that all List* calls share."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from typing import Any

from local.sagemaker.errors import invalid
from local.sagemaker.state import Record

PAGE = 10  # AWS's default MaxResults

Position = tuple[Any, Any]


def page(
    request: Record,
    records: Iterable[Record],
    *,
    name: str,
    status: str | None = None,
    place: str | None = None,
    default_order: str = "Descending",
    summary: Callable[[Record], Record],
    answer: str,
) -> Record:
    """One page of `answer`; `name` and `status` say which members of a record are its name and status, and `place`
    which one sorts records of equal name or time: the name, unless several have one."""
    place = place or name
    found = [record for record in records if _wanted(request, record, name, status)]
    by = {"Name": name, "Status": status}.get(request.get("SortBy", "CreationTime"), "CreationTime") or name
    descending = request.get("SortOrder", default_order) == "Descending"
    found.sort(key=lambda record: (record[by], record[place]), reverse=descending)
    if "NextToken" in request:
        after = _position(request["NextToken"], found, by, place)
        found = [record for record in found if _beyond((record[by], record[place]), after, descending)]
    size = int(request.get("MaxResults", PAGE))
    result: Record = {answer: [summary(record) for record in found[:size]]}
    if size < len(found):
        last = found[size - 1]
        result["NextToken"] = base64.urlsafe_b64encode(json.dumps([last[by], last[place]]).encode()).decode()
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


def _position(token: str, found: list[Record], by: str, place: str) -> Position:
    """The last record of the page before; a token of another sorting fits no record here."""
    try:
        value, last = json.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError, TypeError):
        raise invalid("Invalid NextToken.") from None
    if found and (type(value), type(last)) != (type(found[0][by]), type(found[0][place])):
        raise invalid("Invalid NextToken.")
    return value, last


def _beyond(position: Position, after: Position, descending: bool) -> bool:
    return position < after if descending else position > after


def pick(record: Record, *members: str) -> Record:
    return {member: record[member] for member in members if member in record}
