"""Firehose with its buffering hints honoured: MiniStack writes one S3 object per record at once."""

import time
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import firehose

from local.firehose import Buffer, Buffers, DeliveryError, Destination
from local.ministack.neighbours import REGION, assume
from local.sagemaker.ports import AccessDeniedError

UNBUFFERED = ("ProcessingConfiguration", "DynamicPartitioningConfiguration", "DataFormatConversionConfiguration")


class DeliveryStreams:
    """Puts buffering between Firehose's PutRecord calls and S3; writes under the stream's own role."""

    def __init__(self, endpoint_url: str) -> None:
        self.buffers = Buffers(self._write)
        self._endpoint_url = endpoint_url
        self._at_once = firehose._deliver_records_to_s3
        self._clients: dict[str, Any] = {}
        firehose._deliver_records_to_s3 = self._accept

    def _accept(self, stream: dict[str, Any], target: dict[str, Any], records: list[tuple[str, bytes]]) -> None:
        target["records"].clear()  # MiniStack keeps a copy of every record for ever, and saves it
        config = target["config"]
        if any((config.get(name) or {}).get("Enabled", name in config) for name in UNBUFFERED):
            self._at_once(stream, target, records)
        else:
            self.buffers.add(Destination.of(stream, config), (payload for _, payload in records))

    def _write(self, buffer: Buffer) -> None:
        to, arrival = buffer.destination, buffer.first_arrival
        try:
            key = firehose._evaluate_prefix(to.prefix, time.gmtime(arrival)) + to.object_name(arrival)
            self._s3(to.role_arn).put_object(Bucket=to.bucket, Key=key, Body=to.body(buffer.records))
        except (AccessDeniedError, ClientError, BotoCoreError, firehose._DeliveryError) as error:
            self._clients.pop(to.role_arn, None)
            raise DeliveryError(str(error)) from error

    def _s3(self, role_arn: str) -> Any:
        if role_arn not in self._clients:
            credentials = assume(role_arn, "firehose.amazonaws.com", "Firehose")
            self._clients[role_arn] = boto3.client(
                "s3",
                endpoint_url=self._endpoint_url,
                region_name=REGION,
                aws_access_key_id=credentials["AccessKeyId"],
                aws_secret_access_key=credentials["SecretAccessKey"],
                aws_session_token=credentials["SessionToken"],
            )
        return self._clients[role_arn]
