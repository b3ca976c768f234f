"""An endpoint that nobody asks costs the same: people are told what, and not too often."""

from functions.aws import names
from functions.monitor.handler import handler, wire
from tests.functions.conftest import monitor_settings

FIRST = names.job("fraud", "1" * 64)


def test_an_idle_endpoint_is_told_once_a_week_with_what_it_costs(live, monitor, cloudwatch, sns):
    live(FIRST)
    monitor(hours=23)
    assert len(sns.published) == 1
    for _ in range(3):
        monitor(hours=2)
    assert sns.subjects[1:] == ["Idle: endpoint fraud-endpoint"]
    assert "1 x ml.m5.large, 730 hours a month, at AWS's price for your region" in sns.published[1]["Message"]
    monitor(days=7)
    assert len(sns.published) == 3


def test_an_idle_endpoints_cost_is_counted_by_the_given_price(
    live, context, s3, sagemaker, sns, sqs, cloudwatch, clock
):
    live(FIRST)
    clock.advance(hours=25)
    found = monitor_settings(serving_instance_count=2, serving_instance_price=0.125)
    handler({}, context, ports=wire(found, s3, sagemaker, sns, sqs, cloudwatch, clock))
    assert (
        "2 x ml.m5.large, 730 hours a month, at 0.125 dollars an hour: about 182 dollars" in sns.published[1]["Message"]
    )


def test_an_endpoint_that_was_asked_or_that_is_serverless_is_not_idle(
    live, monitor, context, s3, sagemaker, sns, sqs, cloudwatch, clock
):
    live(FIRST)
    cloudwatch.points = [{"Sum": 0.0}, {"Sum": 3.0}]
    monitor(hours=25)
    cloudwatch.points = []
    found = monitor_settings(endpoint_type="serverless")
    handler({}, context, ports=wire(found, s3, sagemaker, sns, sqs, cloudwatch, clock))
    assert len(sns.published) == 1
