"""One image through the pipeline, and what a consumer's log says about its events."""

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


@dataclass
class Trial:
    """`events`: detail type by id, of the image's events that the consumer listens to. `lines` are about them."""

    image_key: str
    status: str | None = None
    events: Mapping[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        """The events about which the log says nothing."""
        return [name for each, name in self.events.items() if not any(each in line for line in self.lines)]


def run(folder: Folder, stack: Stack, outputs: Mapping[str, str], *, patience: float, say: Say) -> Trial:
    """Uploads an image, waits until the log names all of its events, and erases the image.

    `outputs` are those of the consumer's stack. Raises Problem if an upload causes none of the events that the
    consumer listens to.
    """
    started = datetime.now(UTC)
    trial = Trial(f"try-consumer/{uuid.uuid4().hex}.jpg")
    deadline = time.monotonic() + patience
    stack.s3.put_object(
        Bucket=stack.uploads, Key=trial.image_key, Body=picture(0), ContentType="image/jpeg"
    )
    try:
        while time.monotonic() < deadline and (trial.status not in TERMINAL or trial.missing):
            time.sleep(PAUSE)
            _look(folder, stack, outputs["LogGroupName"], trial, started)
            say(f"image {trial.status or 'uploaded'}, waiting for {', '.join(trial.missing) or 'its events'}")
            if trial.status in TERMINAL and not trial.events:
                raise Problem(
                    f"An upload causes none of the events that {folder.path.name} listens to.",
                    "It is deployed; docs/events.md says what causes them.",
                    exit_code=1,
                )
    finally:
        erase(stack, trial.image_key)
    return trial


def _look(folder: Folder, stack: Stack, log_group: str, trial: Trial, started: datetime) -> None:
    """Updates `trial`. The status comes first: events are in the log of the image by then."""
    trial.status = (stack.store.status(trial.image_key) or {}).get("status")
    trial.events = {
        event.event_id: event.detail_type
        for event in stack.store.latest(trial.image_key)
        if event.detail_type in folder.listens_to
    }
    pages = stack.logs.get_paginator("filter_log_events").paginate(
        logGroupName=log_group, startTime=int(started.timestamp() * 1000)
    )
    lines = [event["message"].rstrip() for page in pages for event in page["events"]]
    trial.lines = [line for line in lines if any(each in line for each in trial.events)]
