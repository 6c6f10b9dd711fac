"""Retry images: send their unanswered events to their stages again, or have ingest look at S3 again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from shlex import quote

from imagebus.history.recorded import UNREADABLE
from imagebus.history.required import Required
from imagebus.missed import Uploads
from imagebus.naming import inbox_urls
from imagebus.retrying import Retrier
from imagebus_cli.images import lookup
from imagebus_cli.images.several import ImageOutcome
from imagebus_cli.operations.table import described
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.uploads.tracking import TERMINAL, Upload, watch


def required(stack: Stack) -> Required:
    """The facts that the deployed recorder requires, which the fold depends on."""
    return Required.parse(stack.outputs["RequiredFacts"])


def retrier(stack: Stack) -> Retrier:
    inboxes = inbox_urls(stack.outputs["InboxUrls"])
    return Retrier(stack.store, lambda: stack.sqs, inboxes, required(stack), uploads(stack))


def uploads(stack: Stack) -> Uploads:
    return Uploads(lambda: stack.s3, stack.uploads)


def failed(stack: Stack, prefix: str) -> list[str]:
    """The keys of all images whose status is `failed`."""
    items = stack.index.with_status("failed")
    return [key for item in items if (key := str(item["image_key"])).startswith(prefix)]


def outcome(stack: Stack, retries: Retrier, key: str) -> ImageOutcome:
    """Retry an image. Raises Problem for an unknown key, and if there is nothing to retry."""
    try:
        result = retries.retry(key)
    except UNREADABLE as error:
        raise Problem(f"{key!r} cannot be retried: {described(error)}", exit_code=1) from error
    sent = [{"event": request.detail_type, "stages": list(request.stages)} for request in result.sent]
    lines = [f"{key}: {each['event']} for {', '.join(each['stages'])}" for each in sent]
    problem = None
    if result.unreachable:
        missing = ", ".join(result.unreachable)
        problem = Problem(f"{key!r}: the stack has no inbox for the stage {missing}.", exit_code=1)
    elif not sent:
        status = (stack.store.status(key) or {}).get("status")
        problem = nothing_to_retry(key, str(status)) if status else lookup.without_log(stack, key)
    return ImageOutcome(key, {"retried": sent}, lines, problem)


def nothing_to_retry(key: str, status: str) -> Problem:
    """Why nothing was sent."""
    why = {
        "processing": "is still being processed. If a stage does not finish, the image fails; retry it then.",
        "rejected": "was rejected, and would be again.",
        "deleted": "was deleted.",
    }.get(status, f"is {status}, and no stage has failed or is outstanding.")
    return Problem(f"Nothing to retry: the image {key!r} {why}", exit_code=1)


def watched(stack: Stack, outcomes: Sequence[ImageOutcome], timeout: float | None) -> list[ImageOutcome]:
    """The outcomes with the status of each image that was retried, once it is no longer failed.

    A retry leaves no trace in the status, so `failed` cannot be told from the failure before it.
    """
    retried = {each.key for each in outcomes if each.about.get("retried")}
    awaited = [Upload(key, "", datetime.now(UTC)) for key in retried]
    if awaited:
        watch(stack, awaited, patience=timeout, final=TERMINAL - {"failed"})
    return [_with_status(stack, each) if each.key in retried else each for each in outcomes]


def _with_status(stack: Stack, outcome: ImageOutcome) -> ImageOutcome:
    status = str(lookup.known(stack, outcome.key)["status"])
    told = Problem(f"{outcome.key!r} is {status}.", f"See: imagebus status {quote(outcome.key)}", exit_code=1)
    problem = outcome.problem or (None if status == "completed" else told)
    return ImageOutcome(
        outcome.key,
        {**outcome.about, "status": status},
        [*outcome.lines, f"{outcome.key}: {status}"],
        problem,
    )
