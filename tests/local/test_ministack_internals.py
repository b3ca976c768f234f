"""MiniStack's inside is no public API: whatever we use of it must still be there, in the pinned version."""

import re
import subprocess

from local.home import REPOSITORY, SERVER_PYTHON

SHAPES = """
import asyncio, inspect, threading
from importlib.metadata import version
from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime, persistence, router
from ministack.services import apigateway_v1, cloudwatch_logs, dynamodb, eventbridge, firehose, iam, lambda_svc, sts

def takes(function, *names):
    parameters = list(inspect.signature(function).parameters)
    assert parameters[: len(names)] == list(names), (function, parameters)

takes(app.app, "scope", "receive", "send")
takes(app.pin_request_origin, "source_ip", "secure_transport")
takes(app._build_persistence_save_dict)
assert isinstance(app.SERVICE_HANDLERS, dict) and "s3" in app.SERVICE_HANDLERS
assert {"target_prefixes", "path_patterns"} >= set(router.SERVICE_PATTERNS["firehose"]) - {"host_patterns"}
takes(router.extract_access_key_id, "headers")
takes(iam_actions.extract_iam_action, "service", "method", "path", "headers", "body", "query_params")
takes(iam_evaluator.enforce, "access_key_id", "iam_action", "service", "region", "resource_arn", "service_context")
assert {"decision", "principal_arn"} <= set(iam_evaluator.EvalResult.__dataclass_fields__)
assert "message" in iam_evaluator.AuthError.__dataclass_fields__
takes(apigateway_v1._import_rest_api, "spec", "base_data")
takes(apigateway_v1._put_gateway_response, "api_id", "response_type", "data")
takes(apigateway_v1._check_request_validation, "method_obj", "api_id", "request", "headers", "body", "query_params")
takes(apigateway_v1._gw_error, "response_type", "message")
takes(cloudwatch_logs._filter_log_events, "data")
takes(cloudwatch_logs._resolve_log_group_name, "data")
assert callable(cloudwatch_logs._log_groups.get)
takes(sts.register_session, "access_key", "session")
assert callable(iam._roles.get)
takes(eventbridge._put_events, "data", "allow_aws_source")
takes(firehose._deliver_records_to_s3, "stream", "dest", "records")
takes(firehose._evaluate_prefix, "template", "t")
assert issubclass(firehose._DeliveryError, Exception)
takes(lambda_svc._execute_function, "func", "event")
takes(lambda_svc._iter_all_esms)
takes(lambda_svc._send_ddb_stream_failure_record, "esm", "func_rec", "batch", "stream_arn", "result", "condition")
assert callable(lambda_svc._dynamodb_stream_positions.get_scoped)
assert hasattr(lambda_svc._dynamodb_stream_positions_lock, "acquire")
takes(dynamodb.get_state)
takes(dynamodb.load_persisted_state, "data")
takes(dynamodb.stream_live_records, "table_name")
takes(dynamodb.stream_start_position, "table_name")
takes(dynamodb._trimmed_count, "table_name", "account_id", "region")
takes(dynamodb._live_stream_records, "table_name", "account_id", "region")
assert callable(dynamodb.copy.deepcopy)
takes(dynamodb._number_size_bytes, "text")
assert callable(dynamodb._stream_records.set_scoped) and callable(dynamodb._stream_trimmed.set_scoped)
takes(lambda_runtime.kill_workers, "workers")
assert isinstance(lambda_runtime._workers, dict)
takes(persistence.save_all, "services")
print(version("ministack"))
"""


def test_what_we_use_of_ministack_is_there_in_the_pinned_version() -> None:
    done = subprocess.run([SERVER_PYTHON, "-c", SHAPES], capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    pinned = re.search(r"^ministack==(\S+)", (REPOSITORY / "requirements-local.txt").read_text(), re.MULTILINE)
    assert pinned is not None
    assert done.stdout.strip().splitlines()[-1] == pinned[1]


def test_the_inside_of_ministack_is_touched_in_one_place() -> None:
    touching = {
        path.relative_to(REPOSITORY).parts[:2]
        for path in (REPOSITORY / "local").rglob("*.py")
        if re.search(r"^\s*(from|import) ministack", path.read_text(), re.MULTILINE)
    }
    assert touching == {("local", "ministack")}
