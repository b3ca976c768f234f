"""Metrics read off the log by the job's MetricDefinitions; the last value of each is the final one."""

import re

from local.sagemaker.state import Record


class MetricScanner:
    def __init__(self, definitions: list[Record]) -> None:
        self._definitions = [(entry["Name"], re.compile(entry["Regex"])) for entry in definitions]
        self._last: dict[str, Record] = {}

    def read(self, line: str, now: float) -> None:
        line = line.replace("\t", "#011")  # as a tab reaches AWS's scanner
        for name, pattern in self._definitions:
            found = pattern.search(line)
            if not found:
                continue
            try:
                value = float(found.group(1) if pattern.groups else found.group(0))
            except ValueError:
                continue
            self._last[name] = {"MetricName": name, "Value": value, "Timestamp": now}

    def final(self) -> list[Record]:
        return list(self._last.values())
