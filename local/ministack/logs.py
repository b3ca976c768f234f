"""CloudWatch Logs' search by stream prefix, which MiniStack ignores: it answers with every stream's lines."""

from typing import Any

from ministack.services import cloudwatch_logs

NO_STREAM = "no stream of this group has the prefix"


def install() -> None:
    search = cloudwatch_logs._filter_log_events

    def filter_log_events(request: dict[str, Any]) -> Any:
        prefix = request.get("logStreamNamePrefix")
        if not prefix:
            return search(request)
        group = cloudwatch_logs._log_groups.get(cloudwatch_logs._resolve_log_group_name(request)) or {"streams": {}}
        names = [name for name in group["streams"] if name.startswith(prefix)]
        return search({**request, "logStreamNames": names or [NO_STREAM]})

    cloudwatch_logs._filter_log_events = filter_log_events
