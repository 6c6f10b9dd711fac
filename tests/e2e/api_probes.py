"""API requests that together make every AWS call of its function, and use everything it presigns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import requests

from api.addressing import address
from tests.e2e.harness import eventually, jpeg
from tests.e2e.probes import STAGES, Answer, Bench, Payload, Probe, batch, s3_event

PROBLEM = "application/problem+json"
NEWEST = "F" * 32
#: What a response must never contain.
INNER = ("Traceback", 'File "', "botocore", "AccessDenied", "arn:aws", "/opt/python", "/var/task")


def call(bench: Bench, payload: Payload) -> Answer:
    """Sends the request and follows it up without credentials: follows a redirect, submits a form."""
    target = bench.pipeline.target
    options = dict(payload)
    method, path, file = options.pop("method"), options.pop("path"), options.pop("file", None)
    headers = {"x-api-key": str(target.api_key), **options.pop("headers", {})}
    answer = requests.request(
        method, f"{target.api_url}{path}", headers=headers, allow_redirects=False, timeout=60, **options
    )
    if answer.status_code >= 400:
        return Answer(_clean(answer), answer.text)
    if "location" in answer.headers and answer.is_redirect:
        answer = requests.get(answer.headers["location"], timeout=60)
    elif file is not None:
        ticket = answer.json()
        answer = requests.post(
            ticket["url"], data=ticket["fields"], files={"file": ("form.jpg", file)}, timeout=60
        )
    return Answer("" if answer.ok else f"S3: {answer.status_code}", answer.text)


def _clean(answer: requests.Response) -> str:
    """The code of an error response that reveals nothing internal."""
    assert answer.headers["content-type"] == PROBLEM, answer.text
    assert not [each for each in INNER if each in answer.text], answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    return str(problem["code"])


def _get(path: str) -> Probe:
    return lambda bench: {"method": "GET", "path": address(bench.key) + path}


def _as_it_was(bench: Bench) -> Payload:
    """The past is never kept in memory, as the recipes in use are for a second."""
    return {"method": "GET", "path": f"{address(bench.key)}?at={datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"}


def _by_label(bench: Bench) -> Payload:
    """The canned label of the embedded AWS."""
    bench.pipeline.wait(bench.key)
    return {"method": "GET", "path": "images?label=canned%20answer"}


def _listed(query: str) -> Probe:
    return lambda _: {"method": "GET", "path": f"images?{query}"}


def _unnoticed(path: str) -> Probe:
    """An image that the API knows only from S3, because no event of it has been recorded yet."""
    return lambda bench: {"method": "GET", "path": address(bench.unrecorded) + path}


def _version(bench: Bench) -> Payload:
    """The original of an image as a version that has been replaced since."""
    event = bench.event("ImageUploaded", bench.replaced, revision=NEWEST, version_id=bench.version)
    assert not bench.invoke("RecorderFunction", batch(bench.arn("RecorderInbox"), json.dumps(event))).failed
    return {"method": "GET", "path": f"{address(bench.replaced)}/original"}


def _uploaded(_: Bench) -> Payload:
    headers = {"Content-Type": "image/jpeg"}
    return {"method": "POST", "path": "upload?filename=probed.jpg", "data": jpeg(), "headers": headers}


def _form(_: Bench) -> Payload:
    wanted = {"filename": "form.jpg", "content_type": "image/jpeg", "size": len(jpeg())}
    return {"method": "POST", "path": "images", "json": wanted, "file": jpeg()}


def _deleted(bench: Bench) -> Payload:
    key = bench.pipeline.upload(bench.pipeline.key("deleted.jpg"), jpeg())
    return {"method": "DELETE", "path": address(key)}


def _retried(bench: Bench) -> Payload:
    """An image that every stage gave up on, according to events newer than its upload."""
    key = bench.pipeline.upload(bench.pipeline.key("retried.jpg"), jpeg())
    uploads = bench.pipeline.outputs["UploadsBucketName"]
    version = bench.pipeline.client("s3").head_object(Bucket=uploads, Key=key)["VersionId"]
    meta = {"revision": NEWEST, "version_id": version}  # another version would be one whose event was lost
    validated = bench.event("ImageValidated", key, **meta)
    processed = bench.event("ImageProcessed", key, **meta)
    # What the recorder can log it logs from the failure, and there is nothing left to retry.
    broken = {**processed, "detail": {**processed["detail"], "data": {}}}
    causes: Mapping[str, Any] = {
        **dict.fromkeys(STAGES, validated),
        "Ingest": s3_event(bench, key, NEWEST),
        "Validator": bench.event("ImageUploaded", key, **meta),
        "Recorder": broken,
        "Notifier": processed,
    }
    records = [
        record
        for stage, cause in causes.items()
        for record in batch(bench.arn(f"{stage}DeadLetters"), json.dumps(cause))["Records"]
    ]
    assert not bench.invoke("FailuresFunction", {"Records": records}).failed

    def failed() -> bool:
        log = bench.pipeline.log(key)
        return len(log) == len(STAGES) and bench.pipeline.status(key).get("status") == "failed"

    eventually(failed, within=30, what="every stage has failed")
    return {"method": "POST", "path": f"{address(key)}/retry"}


PROBES: Mapping[str, Probe] = {
    "status": _get(""),
    "status as it was": _as_it_was,
    "timeline": _get("/events"),
    "original": _get("/original"),
    "processed": _get("/processed"),
    "thumbnail": _get("/thumbnails/320x320"),
    "unnoticed": _unnoticed(""),
    "original of an unnoticed image": _unnoticed("/original"),
    "original of a version": _version,
    "list": _listed("limit=1"),
    "list by status": _listed("limit=1&status=completed"),
    "list by label": _by_label,
    "upload": _uploaded,
    "form": _form,
    "delete": _deleted,
    "retry": _retried,
}
