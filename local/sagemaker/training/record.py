"""A training job's record: what DescribeTrainingJob answers, its transitions and the event of each."""

from local.sagemaker.listing import pick
from local.sagemaker.machine import Machine, tag_map
from local.sagemaker.state import Record

EVENT = "SageMaker Training Job State Change"
FINISHED = {"Completed", "Failed", "Stopped"}
MESSAGES = {
    "Pending": "Waiting for capacity on this machine",
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "MaxWaitTimeExceeded": "Training job waiting time exceeded MaxWaitTimeInSeconds provided",
}
_ENDS = FINISHED | {"MaxRuntimeExceeded", "MaxWaitTimeExceeded"}
_REASON_LENGTH = 1024
_TIMES = ("CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime")


def new(machine: Machine, request: Record) -> Record:
    now = machine.now()
    record = {
        **request,
        "TrainingJobArn": machine.names.arn("training-job", request["TrainingJobName"]),
        "CreationTime": now,
        "LastModifiedTime": now,
        "SecondaryStatusTransitions": [],
    }
    for member in (
        "EnableNetworkIsolation",
        "EnableInterContainerTrafficEncryption",
        "EnableManagedSpotTraining",
    ):
        record.setdefault(member, False)
    return record


def move(machine: Machine, job: Record, status: str, secondary: str, message: str | None = None) -> None:
    """Enter a state: transitions, times, disk and, last, the event."""
    now = machine.now()
    transitions = job["SecondaryStatusTransitions"]
    message = message or MESSAGES[secondary]
    if transitions:
        transitions[-1].setdefault("EndTime", now)
    transitions.append({"Status": secondary, "StartTime": now, "StatusMessage": message})
    if secondary == "Downloading":
        job["TrainingStartTime"] = now
    if secondary in _ENDS:
        transitions[-1]["EndTime"] = now
        if "TrainingStartTime" in job:
            job["TrainingEndTime"] = now
            seconds = round(now - job["TrainingStartTime"])
            job["TrainingTimeInSeconds"] = seconds
            job["BillableTimeInSeconds"] = seconds
    job.update(TrainingJobStatus=status, SecondaryStatus=secondary, LastModifiedTime=now)
    machine.jobs.put(job["TrainingJobName"], job)
    machine.events.announce(EVENT, job["TrainingJobArn"], _detail(job))


def fail(machine: Machine, job: Record, reason: str) -> None:
    job["FailureReason"] = reason[:_REASON_LENGTH]
    move(machine, job, "Failed", "Failed")


def describe(job: Record) -> Record:
    return {member: value for member, value in job.items() if member != "Tags"}


def summary(job: Record) -> Record:
    return pick(
        job,
        "TrainingJobName",
        "TrainingJobArn",
        "CreationTime",
        "TrainingEndTime",
        "LastModifiedTime",
        "TrainingJobStatus",
        "SecondaryStatus",
    )


def _detail(job: Record) -> Record:
    detail = pick(
        job,
        "TrainingJobName",
        "TrainingJobArn",
        "TrainingJobStatus",
        "SecondaryStatus",
        "FailureReason",
        "HyperParameters",
        "AlgorithmSpecification",
        "RoleArn",
        "InputDataConfig",
        "OutputDataConfig",
        "ResourceConfig",
        "VpcConfig",
        "StoppingCondition",
    )
    detail.update({time: _milliseconds(job[time]) for time in _TIMES if time in job})
    detail["SecondaryStatusTransitions"] = [
        {
            **transition,
            **{time: _milliseconds(transition[time]) for time in ("StartTime", "EndTime") if time in transition},
        }
        for transition in job["SecondaryStatusTransitions"]
    ]
    detail["Tags"] = tag_map(job)
    return detail


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
