"""Retry images: send their unanswered events to their stages again, or have ingest look at S3 again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from imagebus.history.recorded import UNREADABLE
from imagebus.history.required import Required
from imagebus.missed import Uploads
from imagebus.naming import inbox_urls
from imagebus.retrying import Retrier, RetryResult
from imagebus_cli.images import lookup
from imagebus_cli.operations.table import described
from imagebus_cli.stack.deployed import Stack


@dataclass(frozen=True)
class RetryFailure:
    """An image that could not be retried."""

    image_key: str
    why: str


def required(stack: Stack) -> Required:
    """The facts that the deployed recorder requires, which the fold depends on."""
    return Required.parse(stack.outputs["RequiredFacts"])


def retrier(stack: Stack) -> Retrier:
    inboxes = inbox_urls(stack.outputs["InboxUrls"])
    return Retrier(stack.store, lambda: stack.sqs, inboxes, required(stack), uploads(stack))


def uploads(stack: Stack) -> Uploads:
    return Uploads(lambda: stack.s3, stack.uploads)


def retry_one(stack: Stack, image_key: str) -> RetryResult | RetryFailure:
    """Raises Problem for an unknown key."""
    result = _retry(retrier(stack), image_key)
    if isinstance(result, RetryResult) and not result.sent and stack.store.status(image_key) is None:
        raise lookup.without_log(stack, image_key)
    return result


def nothing_to_retry(stack: Stack, image_key: str) -> str:
    """Why nothing was sent."""
    status = (stack.store.status(image_key) or {}).get("status")
    why = {
        "processing": "is still being processed. If a stage does not finish, the image fails; retry it then.",
        "rejected": "was rejected, and would be again.",
        "deleted": "was deleted.",
    }.get(str(status), f"is {status}, and no stage has failed or is outstanding.")
    return f"Nothing to retry: the image {why}"


def retry_failed(stack: Stack) -> Iterator[RetryResult | RetryFailure]:
    """All images whose status is `failed`."""
    retries = retrier(stack)
    return (_retry(retries, item["image_key"]) for item in stack.index.with_status("failed"))


def _retry(retries: Retrier, image_key: str) -> RetryResult | RetryFailure:
    """An image that cannot be read or sent must not keep the others from being retried."""
    try:
        return retries.retry(image_key)
    except (ClientError, *UNREADABLE) as error:
        return RetryFailure(image_key, described(error))
