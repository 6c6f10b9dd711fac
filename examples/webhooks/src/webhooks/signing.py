"""Signatures by the Standard Webhooks convention, version 1: HMAC-SHA256 with a secret that both sides know.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"


def new_secret() -> str:
    """256 bits; the specification asks for 192 to 512."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(webhook_id: str, sent_at: int, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """The three headers. `sent_at`: the time of this attempt, in seconds since the epoch.

    While a secret is being rotated there are two keys, hence two signatures, and a receiver that knows either
    accepts the message.
    """
    signed = f"{webhook_id}.{sent_at}.".encode() + body
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": " ".join(f"v1,{_signature(key, signed)}" for key in keys),
    }


def _signature(key: str, signed: bytes) -> str:
    secret = base64.b64decode(key.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
