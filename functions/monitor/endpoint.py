"""Whether the endpoint serves what the bucket says it does.

A model that lost its endpoint is brought back; where another one serves, the bucket is told.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from functions.aws import names, objects, serving
from functions.aws.announcements import Announcer, Notice
from functions.deploy import approval
from functions.deploy.endpoint import BUSY
from functions.deploy.restoration import Restoration
from functions.monitor import notices
from functions.monitor.look import Look, Seen
from functions.monitor.messages import Messages
from functions.monitor.packages import Packages
from functions.monitor.records import Records

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef


@dataclass(frozen=True)
class Comparison:
    s3: S3Client
    look: Look
    records: Records
    packages: Packages
    messages: Messages
    announcer: Announcer
    bucket: str
    stack: str
    on_its_way: timedelta  # the message that goes with a change of the endpoint
    now: Callable[[], datetime]

    def make(self) -> None:
        told = objects.find(self.s3, self.bucket, serving.KEY)
        live = self._live() if told else None
        endpoint = self.look.endpoint()
        if endpoint is not None and endpoint.status in BUSY:
            return  # a deployment is at work
        if endpoint is None or endpoint.status == "Failed":
            if live:
                self._restore(live, endpoint)
        elif endpoint.status != "InService":
            self._tell_once(f"odd-{endpoint.status}", notices.odd_state(self.look.name, endpoint.status))
        elif live is None or endpoint.config != live["model"]:
            self._correct(endpoint, live, told)
        else:
            self._prefer_approved(live["model"])

    def _prefer_approved(self, model: str) -> None:
        """Of two messages at once, one may hear that the serving model is approved anew after the other has looked and
        before it turns the endpoint to its own: both did as they should, and the approval was the later word."""
        by_hand = {package.model: self.records.approved(package.model) for package in self.packages.approved()}
        approved, last = max(((at, name) for name, at in by_hand.items() if at), default=(None, model))
        if approved is None or last == model or approved <= (by_hand.get(model) or self.look.trained(model)):
            return
        turned = self.records.turned_at(model)
        if turned is None or turned < approved:
            return  # turned to by hand, after the approval
        if "live" in self.records.deployments(last).get(approval.folder(approved), ()):
            notice = notices.approved_later(self.stack, model, last, approved)
            self._bring_back(Restoration(last, approved), notice)

    def _bring_back(self, lost: Restoration, notice: Notice) -> None:
        if not self.records.deployments(lost.model).get(lost.folder):  # else it failed, of which people know
            self.messages.send(f"runs/{lost.model}/{lost.folder}", lost.detail, notice)

    def _live(self) -> dict[str, Any]:
        return dict(json.loads(self.s3.get_object(Bucket=self.bucket, Key=serving.KEY)["Body"].read()))

    def _restore(self, live: dict[str, Any], endpoint: Seen | None) -> None:
        lost = Restoration(live["model"], datetime.fromisoformat(live["since"]))
        self._bring_back(lost, notices.endpoint_lost(self.look.name, lost.model, "Failed" if endpoint else "gone"))

    def _correct(self, endpoint: Seen, live: dict[str, Any] | None, told: ObjectTypeDef | None) -> None:
        if self.now() - endpoint.changed < self.on_its_way:
            return  # the deployment's own message says so in a moment
        model, before = endpoint.config, live["model"] if live else None
        evaluation = f"runs/{model}/evaluation.json"
        known = objects.exists(self.s3, self.bucket, f"runs/{model}/contract.json")
        if not names.is_job(self.stack, model) or not known:
            self._tell_once(f"foreign-{model}", notices.foreign(self.look.name, model, before))
            return
        found = json.loads(self.s3.get_object(Bucket=self.bucket, Key=evaluation)["Body"].read())
        fact = serving.fact(model, self.look.name, found, self.now())
        notice = notices.corrected(self.stack, self.look.name, model, before)
        self._tell_once(f"corrected-{model}-{endpoint.changed:%Y%m%dT%H%M%S}", notice)
        objects.put_over(self.s3, self.bucket, serving.KEY, objects.as_json(fact), told)

    def _tell_once(self, what: str, notice: Notice) -> None:
        self.announcer.announce(f"monitor/{what}", notice)
