"""Signing secrets: one SecureString of SSM's Parameter Store for each subscription.

Not in the table, so that whoever may read subscriptions and the delivery log cannot sign.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from imagebus.clock import Clock, timestamp
from webhooks.signing import new_secret

#: Seconds for which a function remembers secrets. Parameter Store answers 40 requests a second in an account.
#: https://docs.aws.amazon.com/general/latest/gr/ssm.html
FRESH = 60
#: Of one subscription at the same time.
MAX_KEYS = 3


class TooManyKeys(Exception):
    """Earlier secrets are still valid."""


@dataclass(frozen=True)
class Keys:
    """`path` is the prefix of the parameters, such as /imagebus-webhooks/secrets."""

    client: Any
    path: str
    clock: Clock
    _known: dict[str, tuple[float, list[dict[str, str]]]] = field(default_factory=dict, repr=False)

    def of(self, subscription: str) -> list[str]:
        """The secrets to sign with, the newest first."""
        read_at, entries = self._known.get(subscription, (0.0, []))
        if not entries or time.monotonic() - read_at > FRESH:
            entries = self._read(subscription)
            self._known[subscription] = time.monotonic(), entries
        return [each["secret"] for each in self._valid(entries)]

    def create(self, subscription: str) -> str:
        secret = new_secret()
        self._write(subscription, [{"secret": secret}])
        return secret

    def rotate(self, subscription: str, overlap: timedelta) -> str:
        """A new secret; the present ones sign as well until `overlap` is over. Raises TooManyKeys."""
        until, secret = timestamp(self.clock.now() + overlap), new_secret()
        old = self._valid(self._read(subscription)) if overlap else []
        if len(old) >= MAX_KEYS:
            raise TooManyKeys
        kept = [{**each, "until": min(until, each.get("until", until))} for each in old]
        self._write(subscription, [{"secret": secret}, *kept])
        return secret

    def delete(self, subscription: str) -> None:
        """What is not there need not be deleted."""
        with suppress(self.client.exceptions.ParameterNotFound):
            self.client.delete_parameter(Name=self._name(subscription))

    def _valid(self, entries: list[dict[str, str]]) -> list[dict[str, str]]:
        now = timestamp(self.clock.now())
        return [each for each in entries if each.get("until", now) >= now]

    def _name(self, subscription: str) -> str:
        return f"{self.path}/{subscription}"

    def _read(self, subscription: str) -> list[dict[str, str]]:
        found = self.client.get_parameter(Name=self._name(subscription), WithDecryption=True)
        entries: list[dict[str, str]] = json.loads(found["Parameter"]["Value"])
        return entries

    def _write(self, subscription: str, entries: list[dict[str, str]]) -> None:
        self.client.put_parameter(
            Name=self._name(subscription), Value=json.dumps(entries), Type="SecureString", Overwrite=True
        )
