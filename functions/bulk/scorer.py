"""Scores the rows of a part with the code of POST /score/batch, a hundred at a time, in the order of the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from functions.bulk.part import Part
from functions.bulk.reading import Rejected, Row
from functions.rest import problems
from functions.rest.problems import ProblemError
from functions.score import batch
from functions.score.batch import Found
from functions.score.decisions import Row as Decided
from functions.score.scoring import Scoring
from model.file_row import ROW

SECONDS = 30.0  # for a hundred; nobody waits for them
PAUSES = (0.5, 2.0, 5.0)  # seconds, before rows are tried again for which a service was away


@dataclass(frozen=True)
class Scorer:
    scoring: Scoring
    pause: Callable[[float], None]

    def part(self, rows: Sequence[Row]) -> Part:
        """ProblemError when a service stays away: what was decided is kept, and the same when it is asked for again."""
        found = [one for some in batched(rows, batch.MOST) for one in self._hundred(some)]
        return Part.of(rows, found)

    def _hundred(self, rows: Sequence[Row]) -> list[Decided | Rejected]:
        decided = iter(self._decided([row.found for row in rows if not isinstance(row.found, Rejected)]))
        return [row.found if isinstance(row.found, Rejected) else _outcome(next(decided)) for row in rows]

    def _decided(self, requests: Sequence[dict[str, Any]]) -> list[Found]:
        found = batch.score(self.scoring, requests, SECONDS)
        for seconds in PAUSES:
            left = [place for place, one in enumerate(found) if _is_away(one)]
            if not left:
                break
            self.pause(seconds)
            again = batch.score(self.scoring, [requests[place] for place in left], SECONDS)
            for place, one in zip(left, again, strict=True):
                found[place] = one
        return found


def _is_away(found: Found) -> bool:
    return isinstance(found, ProblemError) and found.status == problems.UNAVAILABLE


def _outcome(found: Found) -> Decided | Rejected:
    if not isinstance(found, ProblemError):
        return found
    if _is_away(found):
        raise found
    return Rejected(found.field or ROW, found.message)
