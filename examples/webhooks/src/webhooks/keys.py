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
            entries, _ = self._read(subscription)
            self._known[subscription] = time.monotonic(), entries
        return [each["secret"] for each in self._valid(entries)]

    def create(self, subscription: str) -> str:
        secret = new_secret()
        self._write(subscription, [{"secret": secret}])
        return secret

    def rotate(self, subscription: str, overlap: timedelta) -> str:
        """A new secret; the present ones sign as well until `overlap` is over. Raises TooManyKeys.

        Parameter Store has no condition for a write. If somebody else has rotated between our read and our
        write, the version that we overwrote is theirs, and we write again what follows from it.
        https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html
        """
        until, secret = timestamp(self.clock.now() + overlap), new_secret()
        entries, version = self._read(subscription)
        written = version
        while True:
            old = self._valid(entries) if overlap else []
            if len(old) >= MAX_KEYS:
                if written != version:
                    self._write(subscription, entries)
                raise TooManyKeys
            kept = [
                {**each, "until": min(until, each.get("until", until))}
                for each in old
                if each["secret"] != secret
            ]
            expected = written + 1
            written = self._write(subscription, [{"secret": secret}, *kept])
            if written == expected:
                return secret
            entries, _ = self._read(f"{subscription}:{written - 1}")

    def delete(self, subscription: str) -> None:
        """What is not there need not be deleted."""
        with suppress(self.client.exceptions.ParameterNotFound):
            self.client.delete_parameter(Name=self._name(subscription))

    def _valid(self, entries: list[dict[str, str]]) -> list[dict[str, str]]:
        now = timestamp(self.clock.now())
        return [each for each in entries if each.get("until", now) >= now]

    def _name(self, subscription: str) -> str:
        return f"{self.path}/{subscription}"

    def _read(self, subscription: str) -> tuple[list[dict[str, str]], int]:
        """The secrets, and the parameter's version."""
        found = self.client.get_parameter(Name=self._name(subscription), WithDecryption=True)["Parameter"]
        return json.loads(found["Value"]), found["Version"]

    def _write(self, subscription: str, entries: list[dict[str, str]]) -> int:
        """The version that was written."""
        written = self.client.put_parameter(
            Name=self._name(subscription), Value=json.dumps(entries), Type="SecureString", Overwrite=True
        )
        return int(written["Version"])
