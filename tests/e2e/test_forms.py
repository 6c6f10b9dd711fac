"""A presigned form stores exactly the file that it is for."""

from __future__ import annotations

import base64
import json
import time
import uuid
from typing import Any

import pytest
import requests

from tests.e2e.api_client import Client
from tests.e2e.harness import Pipeline, jpeg


@pytest.fixture
def ticket(client: Client) -> dict[str, Any]:
    body = {"filename": "form.jpg", "content_type": "image/jpeg", "size": 1000}
    made: dict[str, Any] = client("POST", "images", json=body).json()
    return made


def fill_in(ticket: dict[str, Any], content: bytes, **changed: str | None) -> requests.Response:
    fields = {**ticket["fields"], **{name.replace("__", "-"): value for name, value in changed.items()}}
    kept = {name: value for name, value in fields.items() if value is not None}
    return requests.post(ticket["url"], data=kept, files={"file": ("form.jpg", content)}, timeout=60)


def _with_policy(ticket: dict[str, Any], **changes: Any) -> str:
    policy = json.loads(base64.b64decode(ticket["fields"]["policy"]))
    policy.update(changes)
    return base64.b64encode(json.dumps(policy).encode()).decode()


TAMPERED: dict[str, Any] = {
    "another key": {"key": "uploads/mine.jpg"},
    "a key beside it": {"key": "{key}.exe"},
    "a key above it": {"key": "../{key}"},
    "a key with a file name put in": {"key": "uploads/${filename}"},
    "no key": {"key": None},
    "an empty key": {"key": ""},
    "another type": {"Content__Type": "text/html"},
    "a type with a parameter": {"Content__Type": "image/jpeg; charset=utf-8"},
    "a type in capitals": {"Content__Type": "IMAGE/JPEG"},
    "no type": {"Content__Type": None},
    "one byte less": {"_size": 999},
    "one byte more": {"_size": 1001},
    "no bytes": {"_size": 0},
    "a megabyte": {"_size": 1_000_000},
    "an acl": {"acl": "public-read"},
    "metadata": {"x__amz__meta__owner": "me"},
    "a redirect": {"success_action_redirect": "https://elsewhere.example/"},
    "a status": {"success_action_status": "200"},
    "a cache header": {"Cache__Control": "max-age=1"},
    "a disposition": {"Content__Disposition": "inline"},
    "an encoding": {"Content__Encoding": "gzip"},
    "a storage class": {"x__amz__storage__class": "GLACIER"},
    "a tag": {"tagging": "<Tagging></Tagging>"},
    "no signature": {"x__amz__signature": None},
    "another signature": {"x__amz__signature": "0" * 64},
    "no policy": {"policy": None},
    "a policy that never expires": {"_policy": {"expiration": "2099-01-01T00:00:00Z"}},
    "a policy without conditions": {"_policy": {"conditions": []}},
    "a policy that is not a policy": {"policy": "e30="},
    "another credential": {"x__amz__credential": "AKIDEXAMPLE/20260101/us-east-1/s3/aws4_request"},
    "another date": {"x__amz__date": "20250101T000000Z"},
    "another algorithm": {"x__amz__algorithm": "AWS4-HMAC-SHA1"},
    "no algorithm": {"x__amz__algorithm": None},
}


def objects(pipeline: Pipeline) -> set[str]:
    pages = pipeline.client("s3").get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=pipeline.outputs["UploadsBucketName"])
    return {item["Key"] for page in found for item in page.get("Contents", [])}


def test_there_are_thirty_ways_to_tamper_with_a_form() -> None:
    assert len(TAMPERED) >= 30


@pytest.mark.parametrize("how", TAMPERED)
def test_a_form_that_was_tampered_with_stores_nothing(
    pipeline: Pipeline, ticket: dict[str, Any], how: str
) -> None:
    changes = dict(TAMPERED[how])
    content = b"x" * changes.pop("_size", 1000)
    if "_policy" in changes:
        changes["policy"] = _with_policy(ticket, **changes.pop("_policy"))
    if isinstance(changes.get("key"), str):
        changes["key"] = changes["key"].replace("{key}", ticket["key"])
    before = objects(pipeline)
    answer = fill_in(ticket, content, **changes)
    assert 400 <= answer.status_code < 500, answer.text
    assert objects(pipeline) == before


def test_an_expired_form_stores_nothing(pipeline: Pipeline) -> None:
    """Signed as the API signs, by a role with the same rights, but valid for one second."""
    s3 = pipeline.client("s3")
    key = pipeline.key("late.jpg")
    form = s3.generate_presigned_post(pipeline.outputs["UploadsBucketName"], key, ExpiresIn=1)
    time.sleep(2.1)
    answer = fill_in(form, b"x")
    assert answer.status_code == 403
    assert key not in objects(pipeline)


def test_a_form_as_it_was_given_out_starts_the_pipeline(pipeline: Pipeline, client: Client) -> None:
    content = jpeg()
    body = [{"filename": "form.jpg", "content_type": "image/jpeg", "size": len(content)}] * 2
    first, second = client("POST", "images", json=body).json()
    assert first["key"] != second["key"]
    assert fill_in(first, content).status_code in (200, 201, 204)
    assert pipeline.wait(first["key"])["status"] == "completed"
    assert client("GET", second["links"]["self"]).json()["code"] == "image_not_found"


def test_an_own_key_is_stored_once_and_its_metadata_reaches_the_events(
    pipeline: Pipeline, client: Client
) -> None:
    content, said = jpeg(), {"album": "Grüße", "note": "a, b"}
    wanted = {"filename": "own.jpg", "content_type": "image/jpeg", "size": len(content)}
    wanted |= {"key": f"uploads/own/{uuid.uuid4().hex}/ü 1.jpg", "user_metadata": said}
    ticket = client("POST", "images", json=wanted).json()

    def put(body: bytes = content, **changed: str) -> int:
        headers = {**ticket["headers"], **{name.replace("_", "-"): value for name, value in changed.items()}}
        return requests.put(ticket["url"], data=body, headers=headers, timeout=60).status_code

    assert put(Content_Type="text/html") == put(x_amz_meta_note="mine") == put(content + b"x") == 403
    assert client("GET", ticket["links"]["self"]).status_code == 404
    assert put() == 200
    assert put() == 412
    assert client("POST", "images", json=wanted).json()["code"] == "key_exists"
    pipeline.wait(ticket["key"])
    assert client("GET", ticket["links"]["self"]).json()["user_metadata"] == said
    events = client("GET", ticket["links"]["events"]).json()["events"]
    assert [each["data"]["user_metadata"] for each in events if each["type"] == "ImageValidated"] == [said]
    del wanted["key"]
    form = client("POST", "images", json=wanted).json()
    assert fill_in(form, content, x__amz__meta__note="mine").status_code == 403
    assert fill_in(form, content).status_code == 204
    pipeline.wait(form["key"])
    assert client("GET", form["links"]["self"]).json()["user_metadata"] == said
