"""The template, the functions' settings and the sample events fit each other, and AWS's linters find nothing."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from functions import settings
from functions.aws import clients, metrics, names
from functions.score import recording
from tests.contract import calls, template

BIN = Path(sys.executable).parent
SETTINGS = {
    "train": settings.TrainSettings,
    "deploy": settings.DeploySettings,
    "monitor": settings.MonitorSettings,
    "backfill": settings.BackfillSettings,
    "score": settings.ScoreSettings,
    "label": settings.LabelSettings,
    "bulk": settings.BulkSettings,
    "rules": settings.RulesSettings,
    "lists": settings.ListsSettings,
    "forget": settings.ForgetSettings,
    "archive": settings.ArchiveSettings,
    "teardown": settings.TeardownSettings,
}
BUCKET = "fraud-bucket-1a2b3c4d5e6f"
RULES = {
    "train": "UploadsRule",
    "deploy": "DeploymentsRule",
    "label": "LabelsRule",
    "bulk": "BulkRule",
    "rules": "RulesRule",
}
READ_FROM_S3 = 4  # by a cold function: where the pointer is, the pointer, the contract, the trees
SENT_BY_FUNCTIONS = {"backfill-part", "label-rest-of-file", "bulk-rest-of-file", "deploy-endpoint-lost"}


@pytest.mark.parametrize("command", [["sam", "validate", "--lint"], ["cfn-lint", "template.yaml"]], ids=" ".join)
def test_the_linters_find_nothing(command):
    env = os.environ | {
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PATH": f"{BIN}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        [BIN / command[0], *command[1:]], cwd=template.ROOT, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", template.FUNCTIONS)
def test_a_functions_variables_are_those_its_settings_read(name):
    given = set(template.function(name)["Environment"]["Variables"])
    read = {field.name.upper() for field in dataclasses.fields(SETTINGS[name])}
    assert given - {"POWERTOOLS_SERVICE_NAME"} == read - {"AWS_REGION"}  # which Lambda itself sets


def test_the_templates_defaults_are_settings_that_load():
    defaults = {name: str(found.get("Default")) for name, found in template.document()["Parameters"].items()}
    for name, kind in SETTINGS.items():
        variables = template.resolve(template.function(name)["Environment"]["Variables"], **defaults)
        loaded = settings.load(kind, variables | {"AWS_REGION": "us-east-1"})
        assert dataclasses.is_dataclass(loaded)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"BUCKET": ...}, "BUCKET is not set"),
        ({"BUCKET": ""}, "BUCKET is empty"),
        ({"RETENTION_DAYS": "1.5"}, "RETENTION_DAYS must be a whole number"),
    ],
)
def test_a_missing_or_malformed_variable_is_named(variables, message):
    names = {"DECISIONS_TABLE": "t", "HISTORY_TABLE": "h", "LISTS_TABLE": "l", "STACK_KEY_ARN": "k"}
    changed = {"BUCKET": "b", **names, "RETENTION_DAYS": "1"} | variables
    variables = {name: value for name, value in changed.items() if value is not ...}
    with pytest.raises(settings.SettingError, match=message):
        settings.load(settings.ScoreSettings, variables)


def test_training_options_become_pairs():
    variables = template.resolve(template.function("train")["Environment"]["Variables"], SpotTraining="true")
    numbers = {"TRAINING_VOLUME_GB": "30", "TRAINING_MAX_RUNTIME_SECONDS": "60", "AWS_REGION": "us-east-1"}
    loaded = settings.load(settings.TrainSettings, variables | numbers | {"TRAINING_OPTIONS": "num_round=40,seed=1"})
    assert loaded.training_options == {"num_round": "40", "seed": "1"} and loaded.spot_training is True


def matches(pattern: Any, event: Any) -> bool:
    """EventBridge's patterns, as far as ours use them: lists of values, and prefixes."""
    if isinstance(pattern, dict):
        return isinstance(event, dict) and all(key in event and matches(pattern[key], event[key]) for key in pattern)
    return any(
        event.startswith(option["prefix"]) if isinstance(option, dict) else event == option for option in pattern
    )


@pytest.mark.parametrize("path", sorted((template.ROOT / "events").glob("*.json")), ids=lambda path: path.stem)
def test_a_sample_event_is_one_that_its_trigger_lets_through(path):
    event = json.loads(path.read_text("utf-8"))
    rule = "ApprovalsRule" if path.stem == "deploy-package-approved" else RULES.get(path.stem.partition("-")[0])
    if path.stem in SENT_BY_FUNCTIONS:
        assert all(record["eventSource"] == "aws:sqs" for record in event["Records"])
    elif rule is not None and "Records" in event:
        pattern = template.resolve(template.properties(rule)["EventPattern"], Bucket=BUCKET)
        assert all(matches(pattern, json.loads(record["body"])) for record in event["Records"])
    elif path.stem == "monitor-schedule":
        assert template.function("monitor")["Events"]["Schedule"]["Type"] == "Schedule"
        assert event["detail-type"] == "Scheduled Event"
    elif path.stem.startswith(("score-", "label-", "lists-")):
        assert (event["httpMethod"], event["resource"]) in template.routes(path.stem.partition("-")[0])
    elif path.stem.startswith("forget-"):
        assert "Events" not in template.function("forget")  # people invoke it
    elif path.stem.startswith("archive-"):
        (source,) = template.function("archive")["Events"].values()
        (found,) = source["Properties"]["FilterCriteria"]["Filters"]
        let_through = all(matches(json.loads(found["Pattern"]), record) for record in event["Records"])
        assert let_through == (path.stem != "archive-expired")
    else:
        assert event["ResourceType"] == template.document()["Resources"]["Teardown"]["Type"]


@pytest.mark.parametrize(
    ("change", "passes"),
    [
        ({"TrainingJobName": "other-4296854961e50a36"}, False),
        ({"TrainingJobStatus": "InProgress"}, False),
        ({"TrainingJobStatus": "Stopped"}, True),
    ],
)
def test_the_rule_lets_ended_jobs_of_this_stack_through(change, passes):
    event = json.loads((template.ROOT / "events" / "deploy-job-completed.json").read_text("utf-8"))
    body = json.loads(event["Records"][0]["body"])
    pattern = template.resolve(template.properties("DeploymentsRule")["EventPattern"])
    assert matches(pattern, body | {"detail": body["detail"] | change}) is passes


@pytest.mark.parametrize("name", template.FUNCTIONS)
def test_every_function_has_its_log_group_with_retention_and_an_alarm(name):
    group = template.properties(f"{name.capitalize()}Logs")
    assert (
        template.resolve(group["LogGroupName"])
        == f"/aws/lambda/{template.resolve(template.function(name)['FunctionName'])}"
    )
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    alarm = template.properties(f"{name.capitalize()}ErrorsAlarm")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": f"{name.capitalize()}Function"}}]
    assert alarm["AlarmActions"] == [{"Ref": "Topic"}]


@pytest.mark.parametrize(
    ("queue", "name"),
    [
        ("UploadsQueue", "train"),
        ("DeploymentsQueue", "deploy"),
        ("BackfillsQueue", "backfill"),
        ("LabelsQueue", "label"),
        ("BulkQueue", "bulk"),
        ("RulesQueue", "rules"),
    ],
)
def test_a_message_stays_hidden_for_six_times_the_functions_timeout(queue, name):
    assert template.properties(queue)["VisibilityTimeout"] == 6 * template.function(name)["Timeout"]


@pytest.mark.parametrize("queue", ["Uploads", "Deployments", "Backfills", "Labels", "Bulk", "Rules", "Archive"])
def test_a_dead_letter_raises_an_alarm(queue):
    alarm = template.properties(f"{queue}DeadLetterAlarm")
    assert template.resolve(alarm["Dimensions"])[0]["Value"] == f"${{{queue}DeadLetterQueue.QueueName}}"
    assert alarm["AlarmActions"] == [{"Ref": "Topic"}]


def test_functions_that_send_themselves_what_is_left_are_no_mistake_to_aws():
    """Lambda stops a chain of 16 invocations through one queue, unless the function says that it is meant so."""
    senders = {name for name in template.FUNCTIONS if ("sqs", "SendMessage") in calls.of_function(name)}
    to_themselves = {name for name in senders if "sqs:ReceiveMessage" in granted_with_sending(name)}
    assert to_themselves == {"label", "bulk"}
    assert all(template.function(name)["RecursiveLoop"] == "Allow" for name in to_themselves)


def granted_with_sending(name: str) -> set[str]:
    """What a function may do with the queues that it sends to."""
    statements = [statement for statement in template.policy(name) if "sqs:SendMessage" in statement["Action"]]
    return {action for statement in statements for action in template.as_list(statement["Action"])}


def test_a_schedule_that_cannot_start_its_function_raises_an_alarm():
    assert template.function("monitor")["Events"]["Schedule"]["Properties"]["Schedule"] == "rate(15 minutes)"
    alarm = template.properties("MonitorNotStartedAlarm")
    assert alarm["Dimensions"] == [{"Name": "RuleName", "Value": {"Ref": "MonitorFunctionSchedule"}}]
    assert alarm["AlarmActions"] == [{"Ref": "Topic"}]


def test_functions_that_make_things_outside_the_stack_go_before_teardown():
    for name in ("TrainFunction", "DeployFunction", "MonitorFunction"):
        assert template.document()["Resources"][name]["DependsOn"] == "Teardown"


def test_a_scoring_request_ends_before_its_function_and_the_gateway():
    def worst(config: Any) -> float:
        attempts = config.retries["total_max_attempts"]
        return float(attempts * (config.connect_timeout + config.read_timeout) + attempts - 1)

    budget = template.document()["Parameters"]["ScoreBudgetMs"]["MaxValue"] / 1000
    alone, with_history = worst(clients.SCORING_TABLE), recording.TRY_FOR + worst(clients.RECORDING_TABLE)
    total = budget + READ_FROM_S3 * worst(clients.SCORING_S3) + max(alone, with_history)
    assert total < template.function("score")["Timeout"] < 29


def test_golden_transactions_are_asked_well_within_a_functions_time():
    config = clients.PROVING_ENDPOINT
    assert config.connect_timeout + config.read_timeout < template.function("deploy")["Timeout"] - 30


def test_a_call_of_the_endpoint_that_was_given_up_ends_by_itself():
    config = clients.endpoint_config(0.8)
    assert (config.connect_timeout, config.read_timeout) == (0.8, 0.8)
    assert config.retries["total_max_attempts"] == 1


@pytest.mark.parametrize("metric", ["Fallback", "HistoryUnavailable"])
def test_decisions_that_lack_something_raise_an_alarm(metric, capsys):
    alarm = template.properties(f"{metric}Alarm")
    service = template.function("score")["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
    namespace = template.document()["Globals"]["Function"]["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
    assert (alarm["MetricName"], alarm["Namespace"], alarm["Statistic"]) == (metric, namespace, "Average")
    assert alarm["Dimensions"] == [{"Name": "service", "Value": service}]
    assert alarm["AlarmActions"] == [{"Ref": "Topic"}]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POWERTOOLS_SERVICE_NAME", service)
        patch.setenv("POWERTOOLS_METRICS_NAMESPACE", template.resolve(namespace))
        metrics.measure({metric: 1})
    written = json.loads(capsys.readouterr().out)
    (counted,) = written["_aws"]["CloudWatchMetrics"]
    assert counted["Namespace"] == template.resolve(alarm["Namespace"])
    assert counted["Dimensions"] == [["service"]] and written["service"] == service
    assert [one["Name"] for one in counted["Metrics"]] == [metric]


@pytest.mark.parametrize("alarm", ["EndpointFailuresAlarm", "EndpointLatencyAlarm"])
def test_the_alarms_of_a_roll_out_watch_the_variant_that_is_updated(alarm):
    found = template.resolve(template.properties(alarm))
    assert found["Namespace"] == "AWS/SageMaker"
    assert found["Dimensions"] == [
        {"Name": "EndpointName", "Value": "fraud-endpoint"},
        {"Name": "VariantName", "Value": names.VARIANT},
    ]
    assert found["TreatMissingData"] == "notBreaching"  # a quiet night rolls nothing back
    watching = template.resolve(template.function("deploy")["Environment"]["Variables"]["ROLLBACK_ALARMS"])
    assert f"${{{alarm}}}" in watching.split(",")


def test_outputs_are_the_ones_that_others_rely_on():
    assert set(template.document()["Outputs"]) == {
        "BucketName", "ApiId", "ApiUrl", "ApiKeyId", "EndpointName", "DecisionsTableName", "HistoryTableName",
        "ListsTableName", "RulesDeadLetterQueueUrl",
        "TopicArn", "UploadsQueueUrl", "DeploymentsQueueUrl", "UploadsDeadLetterQueueUrl",
        "DeploymentsDeadLetterQueueUrl", "BackfillsDeadLetterQueueUrl", "LabelsDeadLetterQueueUrl",
        "BulkDeadLetterQueueUrl",
    }  # fmt: skip
