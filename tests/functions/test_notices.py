"""All that people are told about models, in full: notices.txt is for reading, and changes with the words."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from functions.aws.announcements import LONGEST_SUBJECT, Notice
from functions.deploy import notices
from functions.deploy.job import TrainedJob
from functions.monitor import notices as monitor
from functions.train import notices as train
from functions.train.uploads import File
from tests.functions.artefacts import EVALUATION
from tests.functions.conftest import BUCKET, monitor_settings

MODEL, OLDER = "fraud-4296854961e50a36", "fraud-1111111111111111"
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/fraud/7"
ENDPOINT = "fraud-endpoint"
AT = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
JOB = TrainedJob(MODEL, "Completed", "Completed", AT, "", "")
FAILED = TrainedJob(MODEL, "Failed", "Failed", AT, "", "")
SERVING = notices.serving_now(OLDER)
SET_ASIDE = EVALUATION | {"data": {"rows": {"rejected": 3}}}
VERDICT = {
    "reason": "its area under the ROC curve is 0.51.",
    "rules": [
        {"rule": "fewest_frauds", "passed": True, "text": "The number of frauds is 21; at least 10 is asked for."},
        {"rule": "roc_auc", "passed": False, "text": "Its area is 0.51; at least 0.55 is asked for."},
    ],
}
PATH = Path(__file__).with_name("notices.txt")
TABLE: dict[str, Notice] = {
    "files that are not trained on": train.ignored(BUCKET, [File("transactions/a.pdf", "1", "e", 5, AT)]),
    "training waits for quota": train.over_quota(MODEL, "ml.m5.xlarge", "The limit is 0 Instances"),
    "training failed": notices.training_failed(FAILED, BUCKET, "november.csv: row 17: amount", SERVING, True),
    "trained, and damaged": notices.broken(JOB, BUCKET, "not a complete tar.gz", SERVING),
    "trained, and rejected by the gate": notices.rejected(JOB, BUCKET, VERDICT, PACKAGE, SERVING),
    "trained, and waiting for approval": notices.pending(JOB, BUCKET, EVALUATION, PACKAGE, SERVING),
    "waiting for history": notices.history_late(JOB, "fraud", ["part-00001.jsonl.gz"]),
    "waiting for quota": notices.over_quota(JOB, ENDPOINT, "The limit is 0 Instances"),
    "live": notices.live(JOB, BUCKET, ENDPOINT, SET_ASIDE),
    "rolled back": notices.rolled_back(JOB, ENDPOINT, "The container did not pass its health check", SERVING),
    "failed": notices.failed(JOB, ENDPOINT, "The container did not pass its health check"),
    "reconciled: the end of a job": monitor.job_unheard("fraud", MODEL, "Completed", AT),
    "reconciled: an approval": monitor.approval_unheard(MODEL, PACKAGE, AT),
    "reconciled: an approval that came while another went live": monitor.approved_later("fraud", MODEL, OLDER, AT),
    "reconciled: the endpoint is gone": monitor.endpoint_lost(ENDPOINT, MODEL, "gone"),
    "reconciled: another model serves": monitor.corrected("fraud", ENDPOINT, OLDER, MODEL),
    "something else serves": monitor.foreign(ENDPOINT, "somebody-elses", MODEL),
    "the endpoint is in an odd state": monitor.odd_state(ENDPOINT, "UpdateRollbackFailed"),
    "the endpoint is idle": monitor.idle(monitor_settings(serving_instance_price=0.125), MODEL),
    "the endpoint is idle, and its price not given": monitor.idle(monitor_settings(), MODEL),
}


def rendered() -> str:
    return "\n".join(
        f"{'=' * 100}\n{name}\n{'-' * 100}\nSubject: {notice.subject}\n\n{notice.text}"
        for name, notice in TABLE.items()
    )


def test_the_messages_are_the_ones_that_can_be_read_in_full():
    """If this is a change of words: python -m tests.functions.test_notices"""
    assert rendered() == PATH.read_text("utf-8")


@pytest.mark.parametrize("name", TABLE)
def test_a_message_says_whom_it_is_about_and_which_command_comes_next(name):
    notice = TABLE[name]
    assert notice.subject.isascii() and len(notice.subject) <= LONGEST_SUBJECT
    assert any(one in notice.subject for one in (MODEL, OLDER, ENDPOINT, "a.pdf"))
    assert re.search(r"^  (aws|make|sam) \S+", notice.text, re.MULTILINE)
    without_json = re.sub(r"'{.*}'", "", notice.text)
    assert not re.search(r"\bNone\b|[{}]", without_json)


@pytest.mark.parametrize("name", ["trained, and waiting for approval", "live"])
def test_figures_are_told_of_what_passed(name):
    assert "roc auc: 0.97" in TABLE[name].text and "recall: 0.71" in TABLE[name].text


if __name__ == "__main__":
    PATH.write_text(rendered(), "utf-8")
