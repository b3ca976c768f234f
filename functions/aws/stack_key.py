"""The stack's own key, under which sensitive values are hidden. It never leaves the memory of a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from model.pseudonyms import Pseudonyms, WeakKeyError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class NoKeyError(Exception):
    """The key cannot be had, so nothing that needs it may be kept."""


@dataclass
class StackKey:
    """Read when the first sensitive value comes, once in the life of a process."""

    connect: Callable[[], SecretsManagerClient]  # a cold start does not wait for what it may never need
    secret: str
    _known: Pseudonyms | None = field(default=None, repr=False)
    _one_reads: Lock = field(default_factory=Lock, repr=False)

    @property
    def is_known(self) -> bool:
        return self._known is not None

    def pseudonyms(self) -> Pseudonyms:
        with self._one_reads:
            if self._known is None:
                self._known = self._read()
            return self._known

    def _read(self) -> Pseudonyms:
        secrets = self.connect()
        try:
            found = secrets.get_secret_value(SecretId=self.secret)
            return Pseudonyms(found.get("SecretString", "").encode())
        except (ClientError, BotoCoreError, WeakKeyError) as error:
            raise NoKeyError(str(error)) from error
