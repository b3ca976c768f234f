"""What batch/out/NAME.summary.json says of a run, while it goes on and when it has ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from functions.bulk.run import Run

WAITING, RUNNING, DONE, FAILED, STOPPED = "waiting", "running", "done", "failed", "stopped"
ENDED = (DONE, FAILED, STOPPED)


def document(run: Run, status: str, bucket: str, now: datetime, **more: Any) -> dict[str, Any]:
    totals, moment = run.totals, now.isoformat(timespec="seconds")
    found = {
        "file": run.key,
        "etag": run.etag,
        "status": status,
        **more,
        "rows": totals.rows,
        "scored": totals.scored,
        "outcomes": totals.outcomes,
        "models": totals.models,
        "scored_by": totals.scored_by,
        "rejected": totals.rejected,
        "rejected_rows": totals.examples,
        "started_at": run.started_at,
        "updated_at": moment,
    }
    if status in ENDED:
        found["ended_at"] = moment
    if status in (DONE, FAILED) and run.part:
        found |= {"results": f"s3://{bucket}/{run.results}", "all_rejected_rows": f"s3://{bucket}/{run.rejected}"}
    return found
