"""Lists are filtered, sorted and paged; tags are added, listed and taken away."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.stack import Stack
from tests.local.sagemaker.work import TRAINS, make_config, make_model, train, training_request

NAMES = ["beta-1", "alpha-2", "beta-3", "alpha-4", "beta-5"]


@pytest.fixture
def configs(stack: Stack, bucket: str) -> Stack:
    make_model(stack, bucket, "one")
    for name in NAMES:
        make_config(stack, "one", name)
    return stack


def names(stack: Stack, **asked: Any) -> list[str]:
    return [entry["EndpointConfigName"] for entry in stack.sagemaker.list_endpoint_configs(**asked)["EndpointConfigs"]]


def test_lists_are_sorted_and_filtered(configs: Stack) -> None:
    assert names(configs) == NAMES[::-1]
    assert names(configs, SortOrder="Ascending") == NAMES
    assert names(configs, SortBy="Name", SortOrder="Ascending") == sorted(NAMES)
    assert names(configs, NameContains="ALPHA") == ["alpha-4", "alpha-2"]
    made = configs.sagemaker.describe_endpoint_config(EndpointConfigName="beta-3")["CreationTime"]
    assert set(names(configs, CreationTimeAfter=made)) >= {"beta-3", "alpha-4", "beta-5"}
    assert set(names(configs, CreationTimeBefore=made)) >= {"beta-1", "alpha-2", "beta-3"}
    assert names(configs, MaxResults=2) == ["beta-5", "alpha-4"]


@pytest.mark.parametrize("sort", [{}, {"SortBy": "Name"}, {"SortOrder": "Ascending"}])
def test_pages_together_are_the_whole_list(configs: Stack, sort: dict[str, str]) -> None:
    pages = configs.sagemaker.get_paginator("list_endpoint_configs").paginate(PaginationConfig={"PageSize": 2}, **sort)
    found = [[entry["EndpointConfigName"] for entry in page["EndpointConfigs"]] for page in pages]

    assert [len(page) for page in found] == [2, 2, 1]
    assert [name for page in found for name in page] == names(configs, **sort)


def test_a_page_goes_on_after_what_was_deleted_meanwhile(configs: Stack) -> None:
    first = configs.sagemaker.list_endpoint_configs(MaxResults=2)
    configs.sagemaker.delete_endpoint_config(EndpointConfigName="beta-3")
    assert names(configs, NextToken=first["NextToken"]) == ["alpha-2", "beta-1"]


@pytest.mark.parametrize("token", ["nonsense", "WzEsMl0=", "e30="])
def test_a_token_of_somewhere_else_is_refused(configs: Stack, token: str) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*Invalid NextToken\."):
        names(configs, NextToken=token, SortBy="Name")


def test_jobs_are_found_by_status(stack: Stack, bucket: str) -> None:
    train(stack, bucket, TRAINS, "good")
    train(stack, bucket, "raise SystemExit(1)", "bad")
    found = {
        status: [
            job["TrainingJobName"]
            for job in stack.sagemaker.list_training_jobs(StatusEquals=status)["TrainingJobSummaries"]
        ]
        for status in ("Completed", "Failed", "Stopped")
    }
    assert found == {"Completed": ["good"], "Failed": ["bad"], "Stopped": []}
    by_status = stack.sagemaker.list_training_jobs(SortBy="Status")["TrainingJobSummaries"]
    assert [job["TrainingJobStatus"] for job in by_status] == ["Completed", "Failed"]


def test_tags_are_added_replaced_listed_and_deleted(stack: Stack, bucket: str) -> None:
    stack.sagemaker.create_training_job(
        **training_request(bucket, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    )
    arn = stack.sagemaker.describe_training_job(TrainingJobName="job")["TrainingJobArn"]
    stack.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}])
    stack.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])

    assert stack.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [
        {"Key": "b", "Value": "3"},
        {"Key": "c", "Value": "4"},
    ]
    with pytest.raises(ClientError, match="Requested resource not found"):
        stack.sagemaker.list_tags(ResourceArn=arn + "x")
    with pytest.raises(ClientError, match="exceeds the limit of 50"):
        for part in range(2):
            tags = [{"Key": f"{part}-{number}", "Value": ""} for number in range(30)]
            stack.sagemaker.add_tags(ResourceArn=arn, Tags=tags)
