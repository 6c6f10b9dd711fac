"""One image through the pipeline, and what a consumer does with its events."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from imagebus_cli.consumers.folder import Folder
from imagebus_cli.images.erase import erase
from imagebus_cli.measure.load import picture
from imagebus_cli.output.terminal import Say
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.uploads.tracking import TERMINAL

PAUSE = 0.3
#: An event may be between two queues, so an empty inbox counts only after this many seconds.
QUIET = 3.0
#: What Lambda itself writes into the log of every invocation.
PLATFORM = ("START ", "END ", "REPORT ", "INIT_START ")


@dataclass
class Trial:
    """`events`: detail type by id, of the image's events that the consumer listens to.

    `log` is what the function wrote since the upload, `given_up` the number of dead letters since then.
    `settled` means that nothing of it is left in the inbox.
    """

    image_key: str
    status: str | None = None
    events: Mapping[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    settled: bool = False
    given_up: int = 0

    @property
    def about_it(self) -> list[str]:
        """The lines that name an event of the image, or all lines if none does."""
        return [line for line in self.log if any(each in line for each in self.events)] or self.log

    @property
    def missing(self) -> list[str]:
        """The events that no line names."""
        return [name for each, name in self.events.items() if not any(each in line for line in self.log)]

    @property
    def ok(self) -> bool:
        return self.settled and not self.given_up


def run(folder: Folder, stack: Stack, outputs: Mapping[str, str], *, patience: float, say: Say) -> Trial:
    """Uploads an image, waits until its events are handled or given up, and erases the image.

    They are settled once the log names all of them and the inbox is empty, or if it stays empty: a function
    need not log ids. Where other images keep the inbox busy, the log must do. `outputs` are those of the
    consumer's stack. Raises Problem if an upload causes no event that it listens to.
    """
    started, deadline = datetime.now(UTC), time.monotonic() + patience
    letters = _messages(stack, outputs["DeadLettersUrl"])
    trial = Trial(f"try-consumer/{uuid.uuid4().hex}.jpg")
    stack.s3.put_object(Bucket=stack.uploads, Key=trial.image_key, Body=picture(0), ContentType="image/jpeg")
    busy = time.monotonic()
    try:
        while time.monotonic() < deadline:
            time.sleep(PAUSE)
            _look(folder, stack, outputs["LogGroupName"], trial, started)
            say(f"image {trial.status or 'uploaded'}, waiting for {', '.join(trial.missing) or 'its events'}")
            if trial.status not in TERMINAL or (trial.events and _busy(trial, stack, outputs["InboxUrl"])):
                busy = time.monotonic()
            elif (trial.events and not trial.missing) or time.monotonic() - busy > QUIET:
                trial.settled = True
                break
        if trial.settled and not trial.events:
            raise Problem(
                f"An upload causes none of the events that {folder.name} listens to.",
                "It is deployed; docs/events.md says what causes them.",
                exit_code=1,
            )
        trial.settled = trial.settled or bool(trial.log and not trial.missing)
        trial.given_up = max(0, _messages(stack, outputs["DeadLettersUrl"]) - letters)
    finally:
        erase(stack, trial.image_key)
    return trial


def _look(folder: Folder, stack: Stack, log_group: str, trial: Trial, started: datetime) -> None:
    """Updates `trial`. The status comes first: all events are in the image's log by then."""
    trial.status = (stack.store.status(trial.image_key) or {}).get("status")
    trial.events = {
        event.event_id: event.detail_type
        for event in stack.store.latest(trial.image_key)
        if event.detail_type in folder.listens_to
    }
    pages = stack.logs.get_paginator("filter_log_events").paginate(
        logGroupName=log_group, startTime=int(started.timestamp() * 1000)
    )
    lines = (event["message"].rstrip() for page in pages for event in page["events"])
    trial.log = [line for line in lines if not line.startswith(PLATFORM)]


def _busy(trial: Trial, stack: Stack, inbox: str) -> bool:
    return not trial.log or _messages(stack, inbox) > 0


def _messages(stack: Stack, url: str) -> int:
    """How many messages a queue has, in flight or delayed or neither. On AWS this may lag for a minute."""
    counts = stack.sqs.get_queue_attributes(
        QueueUrl=url,
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ],
    )["Attributes"]
    return sum(map(int, counts.values()))
