"""Retry images: send their unanswered events to their stages again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from imagebus.history.recorded import UNREADABLE
from imagebus.history.required import Required
from imagebus.retrying import Retrier, RetryResult
from imagebus_cli.problem import Problem
from imagebus_cli.stack import Stack


@dataclass(frozen=True)
class RetryFailure:
    """An image that could not be read."""

    image_key: str
    why: str


def required(stack: Stack) -> Required:
    """What the deployed recorder requires: the fold depends on it."""
    return Required.parse(stack.outputs["RequiredFacts"])


def retrier(stack: Stack) -> Retrier:
    inboxes = json.loads(stack.outputs["InboxUrls"])
    return Retrier(stack.store, lambda: stack.sqs, inboxes, required(stack))


def retry_one(stack: Stack, image_key: str) -> RetryResult:
    """Raises Problem for a key that the log does not know."""
    if not stack.store.latest(image_key):
        raise Problem(f"No image {image_key!r} is known.", "Keys are exact, with their folders.", exit_code=1)
    return retrier(stack).retry(image_key)


def retry_failed(stack: Stack) -> Iterator[RetryResult | RetryFailure]:
    """All images whose status is `failed`, one by one: an image that cannot be read stops no other."""
    retries = retrier(stack)
    for item in stack.index.with_status("failed"):
        try:
            yield retries.retry(item["image_key"])
        except UNREADABLE as error:
            yield RetryFailure(item["image_key"], f"{type(error).__name__}: {error}")
