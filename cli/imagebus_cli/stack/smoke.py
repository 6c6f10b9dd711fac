"""Two images through a deployed stack: one with a form of the API, one under a key that is easily misread."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from botocore.exceptions import ClientError

from imagebus.events.catalog import STAGE_NAMED, STAGE_OF
from imagebus_cli.images.erase import erase
from imagebus_cli.images.lookup import outstanding
from imagebus_cli.measure.load import picture
from imagebus_cli.problem import Problem
from imagebus_cli.stack.api import Api, TokenRequired
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.uploads.tracking import TERMINAL, Upload, seconds

#: Characters that URL-encoding changes, or that look like it.
ODD_NAME = "a b+c%2Bd#é.jpg"
#: What ingest logs about a key that could be encoded: it was, or it was not.
DECODED, AS_IT_IS = "S3 sent an encoded key", "S3 sent the key as it is"
#: CloudWatch Logs finds a line only some seconds after it was written.
LOG_SECONDS = 30

Look = Callable[[str], Mapping[str, Any] | None]


@dataclass
class Report:
    """`images`: key, status, seconds and outstanding stages of each.

    `event_keys`, how S3's events carry keys: `raw`, `encoded`, `unknown` if the log did not say in time, or
    None if it may not be read.
    """

    through_api: bool = False
    event_keys: str | None = None
    images: list[dict[str, Any]] = field(default_factory=list)
    problem: Problem | None = None


def run(stack: Stack, *, token: str | None, patience: float, pause: float = 0.5) -> Report:
    """Upload, status, derived image, deletion; then erase what is left, whatever happened."""
    body = picture(0)
    report = Report()
    uploads: list[Upload] = []
    started = datetime.now(UTC)
    try:
        api = _api(stack, token)
        report.through_api = api is not None
        uploads.append(_put(stack, body))
        if api:
            uploads.append(Upload(api.upload("smoke.jpg", "image/jpeg", body), "", datetime.now(UTC)))
        look = api.image if api else stack.store.status
        report.images = list(_outcomes(stack, look, uploads, patience, pause))
        _require_completed(stack, report.images)
        report.event_keys = _event_keys(stack, started, min(patience, LOG_SECONDS), pause)
        if api:
            _read_and_delete(stack, api, uploads, patience, pause)
    except Problem as problem:
        report.problem = problem
    finally:
        for upload in uploads:
            erase(stack, upload.key)
    return report


def _api(stack: Stack, token: str | None) -> Api | None:
    try:
        return Api.connect(stack, token)
    except TokenRequired:
        return None


def _put(stack: Stack, body: bytes) -> Upload:
    """The API chooses plain keys, so this one goes to S3 directly."""
    upload = Upload(f"smoke/{uuid.uuid4().hex}/{ODD_NAME}", "", datetime.now(UTC))
    stack.s3.put_object(Bucket=stack.uploads, Key=upload.key, Body=body, ContentType="image/jpeg")
    return upload


def _outcomes(
    stack: Stack, look: Look, uploads: list[Upload], patience: float, pause: float
) -> Iterator[dict[str, Any]]:
    deadline = time.monotonic() + patience
    for upload in uploads:
        image = look(upload.key)
        while (image is None or image["status"] not in TERMINAL) and time.monotonic() < deadline:
            time.sleep(pause)
            image = look(upload.key)
        ended = image if image and image["status"] in TERMINAL else None
        took = round(seconds(upload, dict(ended)), 3) if ended else None
        waits = [] if ended else outstanding(stack.store.status(upload.key) or {})
        yield {
            "image_key": upload.key,
            "status": image and image["status"],
            "seconds": took,
            "outstanding": waits,
        }


def _require_completed(stack: Stack, images: list[dict[str, Any]]) -> None:
    """Raises Problem."""
    if all(image["status"] == "completed" for image in images):
        return
    odd = images[0]["image_key"]
    forms = {encode(odd, safe=safe) for encode in (quote, quote_plus) for safe in ("", "/")} | {
        unquote(odd),
        unquote_plus(odd),
    }
    if found := next((form for form in sorted(forms - {odd}) if stack.store.status(form)), None):
        raise Problem(
            f"S3's events carry the key {odd!r} as {found!r}, and ingest took that for the key.",
            "services/ingest/ingest/keys.py recognizes one encoding; this is another.",
            exit_code=1,
        )
    if images[0]["seconds"] is None and any(image["status"] == "completed" for image in images[1:]):
        raise Problem(
            f"A plain key worked, and {odd!r} did not: S3's events may carry another form of this key.",
            "The dead letters of ingest hold the event.",
            exit_code=1,
        )
    waits: list[str] = next((image["outstanding"] for image in images if image["outstanding"]), [])
    names = ", ".join(_silent(waits))
    what = f"An image did not complete: {names} did not answer." if waits else ""
    advice = "imagebus doctor says whether its events reach it. See docs/runbook.md."
    raise Problem(what or "An image did not complete.", advice, exit_code=1)


def _silent(waits: list[str]) -> list[str]:
    """Those of the outstanding stages that do not wait for another one."""
    names = {each.partition(" ")[0] for each in waits}
    if "ingest" in names:
        return ["ingest, or recorder,"]  # nothing is in the log, so it may be either
    return [
        each
        for each in waits
        if (stage := STAGE_NAMED.get(each.partition(" ")[0])) is None
        or names.isdisjoint(STAGE_OF[fact].name for fact in stage.listens)
    ]


def _event_keys(stack: Stack, since: datetime, patience: float, pause: float) -> str | None:
    """What ingest's log says, which it may take a while to say."""
    deadline = time.monotonic() + patience
    while (found := _logged_keys(stack, since)) == "unknown" and time.monotonic() < deadline:
        time.sleep(pause)
    return found


def _logged_keys(stack: Stack, since: datetime) -> str | None:
    name = stack.outputs["InboxUrls"].rsplit("/", 1)[-1].partition("_")[0]
    try:
        pages = stack.logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{name}/ingest",
            startTime=int(since.timestamp() * 1000),
            filterPattern='"S3 sent"',
        )
        messages = [event["message"] for page in pages for event in page["events"]]
    except ClientError:
        return None
    if any(DECODED in message for message in messages):
        return "encoded"
    return "raw" if any(AS_IT_IS in message for message in messages) else "unknown"


def _read_and_delete(stack: Stack, api: Api, uploads: list[Upload], patience: float, pause: float) -> None:
    """Raises Problem."""
    for upload in uploads:
        image = api.image(upload.key)
        if image is None:
            raise Problem(f"The API has lost {upload.key!r}.", exit_code=1)
        api.derived(image)
        api.delete(upload.key)
    deadline = time.monotonic() + patience
    for upload in uploads:
        while (stack.store.status(upload.key) or {}).get("status") != "deleted":
            if time.monotonic() > deadline:
                raise Problem(
                    f"{upload.key!r} was deleted, but its status does not say so.",
                    "ingest or recorder did not answer. imagebus doctor says whether events reach them.",
                    exit_code=1,
                )
            time.sleep(pause)
        if api.image(upload.key) is not None:
            raise Problem(f"The API still shows {upload.key!r} after its deletion.", exit_code=1)
