"""Uploads, retries, and requests that are refused."""

from __future__ import annotations

import base64
import json
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from moto import mock_aws

from api.models import InlineUpload, UploadRequest
from tests.integration.api.conftest import UPLOADS, World

NOT_BASE64 = '{"filename":"a","content_type":"image/png","data":"%"}'
GOOD = {"filename": "My photo.jpg", "content_type": "image/jpeg", "size": 1000}


def policy(ticket: dict[str, Any]) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.b64decode(ticket["fields"]["policy"]))
    return decoded


def test_a_form_takes_one_key_one_type_and_one_size_for_five_minutes(world: World) -> None:
    answer = world.post("images", GOOD)
    assert answer.status == 200
    ticket = answer.json
    assert ticket["key"].startswith("uploads/2026/01/")
    assert ticket["key"].endswith("/My-photo.jpg")
    conditions = policy(ticket)["conditions"]
    assert ["eq", "$key", ticket["key"]] in conditions
    assert ["eq", "$Content-Type", "image/jpeg"] in conditions
    assert ["content-length-range", 1000, 1000] in conditions
    assert ticket["expires_at"] == "2026-01-02T03:09:05.000Z"
    assert ticket["links"]["self"] == f"images/{ticket['key']}"


def test_a_hundred_files_get_a_hundred_forms_in_their_order(world: World) -> None:
    wanted = [{**GOOD, "filename": f"{number}.jpg"} for number in range(100)]
    tickets = world.post("images", wanted).json
    assert [ticket["key"].rsplit("/", 1)[1] for ticket in tickets] == [each["filename"] for each in wanted]
    assert len({ticket["key"] for ticket in tickets}) == 100


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**GOOD, "size": 0}, 400, "invalid_request"),
        ({**GOOD, "size": "1000"}, 400, "invalid_request"),
        ({**GOOD, "size": True}, 400, "invalid_request"),
        ({**GOOD, "size": 50 * 1024 * 1024 + 1}, 413, "too_large"),
        ({**GOOD, "content_type": "text/html"}, 415, "unsupported_type"),
        ({**GOOD, "filename": ""}, 400, "invalid_request"),
        ({**GOOD, "surplus": 1}, 400, "invalid_request"),
        *(
            ({**GOOD, "key": key}, 400, "invalid_request")
            for key in (
                "mine.jpg",
                "uploads",
                "uploads/",
                "/uploads/a",
                "uploads//a",
                "uploads/../a",
                "uploads/a/.",
                "Uploads/a",
                "uploads/\n",
                "uploads/" + "é" * 510,
            )
        ),
        ({**GOOD, "overwrite": "yes"}, 400, "invalid_request"),
        ({**GOOD, "user_metadata": {"Album": "x"}}, 400, "invalid_metadata"),
        ({**GOOD, "user_metadata": {"": "x"}}, 400, "invalid_metadata"),
        ({**GOOD, "user_metadata": {"a": "x\r\ny: z"}}, 400, "invalid_request"),
        ({**GOOD, "user_metadata": {f"n{n}": "x" * 255 for n in range(9)}}, 413, "too_large"),
        ({**GOOD, "user_metadata": {"a": 1}}, 400, "invalid_request"),
        ([], 400, "invalid_request"),
        ([GOOD] * 101, 400, "invalid_request"),
        ("text", 400, "invalid_request"),
        (None, 400, "invalid_json"),
    ],
)
def test_a_wrong_request_for_forms_is_refused(world: World, body: Any, status: int, code: str) -> None:
    answer = world.post("images", body)
    assert (answer.status, answer.json["code"]) == (status, code)


OWN = {**GOOD, "key": "uploads/avatars/42 ü.jpg"}


def test_an_own_key_is_put_where_nothing_is_yet(world: World) -> None:
    answer = world.post("images", OWN)
    assert answer.status == 200
    ticket = answer.json
    assert (ticket["key"], ticket["method"]) == (OWN["key"], "PUT")
    assert ticket["headers"] == {"Content-Type": "image/jpeg", "If-None-Match": "*"}
    signed = parse_qs(urlsplit(ticket["url"]).query)["X-Amz-SignedHeaders"]
    assert signed == ["content-length;content-type;host;if-none-match"]
    assert urlsplit(ticket["url"]).path.endswith("/uploads/avatars/42%20%C3%BC.jpg")
    world.s3.put_object(Bucket=UPLOADS, Key=OWN["key"], Body=b"x")
    taken = world.post("images", OWN)
    assert (taken.status, taken.json["code"]) == (409, "key_exists")
    listed = world.post("images", [OWN, GOOD])
    assert (listed.status, listed.json[0]["error"]["code"]) == (207, "key_exists")
    replacing = world.post("images", {**OWN, "overwrite": True})
    assert replacing.status == 200
    assert "If-None-Match" not in replacing.json["headers"]
    world.s3.delete_object(Bucket=UPLOADS, Key=OWN["key"])
    assert world.post("images", OWN).status == 200


def test_metadata_is_signed_with_the_upload(world: World) -> None:
    said = {"album": "Grüße", "taken-by": "A. B."}
    form = world.post("images", {**GOOD, "user_metadata": said}).json
    fields = {"x-amz-meta-album": "=?UTF-8?B?R3LDvMOfZQ==?=", "x-amz-meta-taken-by": "A. B."}
    assert fields.items() <= form["fields"].items()
    assert [["eq", f"${name}", value] for name, value in fields.items()] == policy(form)["conditions"][2:4]
    put = world.post("images", {**OWN, "user_metadata": said}).json
    assert fields.items() <= put["headers"].items()
    (signed,) = parse_qs(urlsplit(put["url"]).query)["X-Amz-SignedHeaders"]
    assert signed.endswith("x-amz-meta-album;x-amz-meta-taken-by")


def test_a_file_name_that_is_no_text_costs_the_others_of_its_list_nothing(world: World) -> None:
    """JSON can escape half of a character, which no answer can hold."""
    answer = world.post("images", [{**GOOD, "filename": "half \ud83d.jpg"}, GOOD])
    assert answer.status == 207
    refused, other = json.loads(answer.body.encode())
    assert (refused["filename"], refused["error"]["code"]) == ("half ?.jpg", "invalid_request")
    assert other["key"].endswith("/My-photo.jpg")


def test_a_file_that_is_refused_does_not_hold_up_the_others_of_its_list(world: World) -> None:
    wanted = [
        GOOD,
        {**GOOD, "filename": "huge.jpg", "size": 50 * 1024 * 1024 + 1},
        {**GOOD, "filename": "page.html", "content_type": "text/html"},
        {**GOOD, "filename": "x" * 256},
        ["no object"],
        {**GOOD, "filename": "last.jpg"},
    ]
    answer = world.post("images", wanted)
    assert answer.status == 207
    first, huge, page, long, wrong, last = answer.json
    assert first["key"].endswith("/My-photo.jpg")
    assert last["key"].endswith("/last.jpg")
    assert {**huge, "error": huge["error"]["code"]} == {"filename": "huge.jpg", "error": "too_large"}
    assert (page["error"]["status"], page["error"]["code"]) == (415, "unsupported_type")
    assert long["filename"] == "x" * 256
    assert long["error"]["errors"] == [{"field": "filename", "message": "must have at most 255 characters"}]
    assert wrong["error"]["errors"] == [{"field": "body", "message": "must be an object"}]
    assert "filename" not in wrong


#: A value of each of JSON's types, and those that Python takes for another.
VALUES: list[Any] = [None, True, 0, 1.5, 10**30, "", "x" * 300, "\ud800", [], ["x"], {}, {"x": 1}]
#: Words of Python and of pydantic that say nothing to a caller.
INNER = re.compile(
    r"\b(str|int|float|bool|dict|list\[|tuple|NoneType|None|dictionary|instance|subclass|input|field required"
    r"|valid list|extra inputs|model|pydantic|python|UploadRequest|InlineUpload)\b",
    re.IGNORECASE,
)


def words(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(words(each) for name, each in value.items() if name != "code")
    return " ".join(map(words, value)) if isinstance(value, list) else str(value)


@pytest.mark.parametrize(
    ("path", "model"),
    [("images", UploadRequest), ("upload", InlineUpload)],
)
def test_a_wrong_field_is_explained_in_json_s_terms(world: World, path: str, model: Any) -> None:
    good = {**GOOD, "data": "AAAA"}
    good = {name: value for name, value in good.items() if name in model.model_fields}
    bodies = [*VALUES, {}, {**good, "surplus": 1}]
    bodies += [{**good, name: value} for name in model.model_fields for value in VALUES]
    bodies += [{each: good[each] for each in good if each != name} for name in model.model_fields]
    if path == "images":
        bodies += [[each] for each in bodies if not isinstance(each, list)]
    explained = 0
    for body in bodies:
        answer = world.post(path, body)
        if answer.status in (200, 202):
            continue
        assert answer.status in (207, 400, 413, 415), (body, answer.body)
        said = [each["error"] for each in answer.json] if answer.status == 207 else [answer.json]
        assert not INNER.findall(words([each.get("errors", each["detail"]) for each in said])), answer.body
        assert "is invalid" not in words([each.get("errors", []) for each in said]), answer.body
        explained += 1
    assert explained > 20


def test_a_whole_number_may_be_written_with_a_point(world: World) -> None:
    sent = '{"filename":"a.jpg","content_type":"image/jpeg","size":1000.0}'
    answer = world.call("POST", "images", headers={"Content-Type": "application/json"}, body=sent)
    assert answer.status == 200


def test_types_that_the_stack_does_not_accept_are_refused() -> None:
    with mock_aws():
        world = World(content_types=("image/png",))
        answer = world.post("images", GOOD)
    assert (answer.status, answer.json["code"]) == (415, "unsupported_type")


def stored(world: World, key: str) -> tuple[bytes, str]:
    found = world.s3.get_object(Bucket=UPLOADS, Key=key)
    return found["Body"].read(), found["ContentType"]


def test_raw_bytes_are_stored_as_they_are(world: World) -> None:
    content = bytes(range(256))
    answer = world.call(
        "POST",
        "upload",
        query={"filename": "bytes.png"},
        headers={"Content-Type": "image/png"},
        body=base64.b64encode(content).decode(),
        is_base64=True,
    )
    assert answer.status == 202
    assert answer.json["key"].endswith("/bytes.png")
    assert answer.headers["location"] == answer.json["links"]["self"]
    assert stored(world, answer.json["key"]) == (content, "image/png")


def test_base64_in_json_is_stored_as_bytes(world: World) -> None:
    content = b"\xff\xd8\xff\x00"
    body = {
        "filename": "a.jpg",
        "content_type": "image/jpeg",
        "data": base64.b64encode(content).decode(),
    }
    answer = world.post("upload", body)
    assert stored(world, answer.json["key"]) == (content, "image/jpeg")


@pytest.mark.parametrize(
    ("content_type", "body", "is_base64", "status", "code"),
    [
        ("image/jpeg", None, False, 400, "empty"),
        ("image/jpeg", "not bytes", False, 400, "not_binary"),
        ("text/html", "eA==", True, 415, "unsupported_type"),
        ("", "eA==", True, 415, "unsupported_type"),
        ("application/x-www-form-urlencoded", "a=b", False, 415, "unsupported_type"),
        ("image/jpeg", base64.b64encode(b"x" * (4 * 1024 * 1024 + 1)).decode(), True, 413, "too_large"),
        ("application/json", "{", False, 400, "invalid_json"),
        ("application/json", "[" * 100_000, False, 400, "invalid_json"),
        ("application/json", NOT_BASE64, False, 400, "invalid_request"),
    ],
)  # fmt: skip
def test_a_wrong_upload_is_refused_and_nothing_is_stored(
    world: World, content_type: str, body: str | None, is_base64: bool, status: int, code: str
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = world.call("POST", "upload", headers=headers, body=body, is_base64=is_base64)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert "Contents" not in world.s3.list_objects_v2(Bucket=UPLOADS)


def received(world: World, stage: str) -> list[dict[str, Any]]:
    messages = world.sqs.receive_message(QueueUrl=world.inboxes[stage], MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in messages.get("Messages", [])]


@pytest.mark.parametrize("stage", ["thumbnailer", "recorder", "notifier", "cleaner"])
def test_a_retry_sends_the_failed_event_to_the_stage_that_failed_and_to_no_other(
    world: World, stage: str
) -> None:
    detail = {"detail": {"meta": {"event_id": "not in the log"}}} if stage == "recorder" else {}
    world.failed("unlucky.jpg", stage, **{"replay-name": "r"}, **detail)
    answer = world.post("images/unlucky.jpg/retry")
    assert (answer.status, answer.json["stages"]) == (202, [stage])
    (again,) = received(world, stage)
    assert again["detail-type"] == "ImageValidated"
    assert "replay-name" not in again
    assert not any(received(world, stage) for stage in world.inboxes)


def test_a_stage_without_an_inbox_cannot_be_retried_and_is_named(world: World) -> None:
    world.failed("unlucky.jpg", "tagger")
    answer = world.post("images/unlucky.jpg/retry")
    assert (answer.status, answer.json["code"]) == (409, "nothing_to_retry")
    assert "tagger" in answer.json["detail"]


def test_a_stalled_image_is_retried_from_its_log(world: World) -> None:
    from imagebus.events.recorder import ProcessingStalled

    cause = world.validated("slow.jpg")
    world.tell(cause, ProcessingStalled(missing=("ThumbnailsCreated",), waited_s=900))
    assert world.get("images/slow.jpg").json["reason"] == "stalled"
    answer = world.post("images/slow.jpg/retry")
    assert answer.json["stages"] == ["thumbnailer", "watermarker", "metadata", "labels"]
    (again,) = received(world, "labels")
    assert (again["source"], again["detail-type"]) == ("imagebus.validator", "ImageValidated")
    assert again["detail"]["meta"]["event_id"] == cause.event_id


def test_an_upload_that_stalled_before_its_validation_goes_to_the_validator(world: World) -> None:
    from imagebus.events.recorder import ProcessingStalled

    world.tell(world.uploaded("slow.jpg"), ProcessingStalled(missing=("ImageValidated",), waited_s=900))
    assert world.post("images/slow.jpg/retry").json["stages"] == ["validator"]


@pytest.mark.parametrize("state", ["completed", "rejected", "uploaded"])
def test_there_is_nothing_to_retry_of_an_image_that_did_not_fail(world: World, state: str) -> None:
    getattr(world, state)("image.jpg")
    answer = world.post("images/image.jpg/retry")
    assert (answer.status, answer.json["code"]) == (409, "nothing_to_retry")


def test_an_image_whose_deletion_s3_never_reported_goes_to_ingest_and_not_to_its_stage(world: World) -> None:
    world.failed("gone.jpg", "thumbnailer")
    world.api = world.api_with(looks_at_s3=True)
    assert world.post("images/gone.jpg/retry").json["stages"] == ["ingest"]
    (event,) = received(world, "ingest")
    assert event["detail"]["object"]["key"] == "gone.jpg"


def test_other_methods_are_refused_with_those_that_are_allowed(world: World) -> None:
    for method, path, allowed in (
        ("PUT", "images", "GET, HEAD, POST"),
        ("PATCH", "images/a.jpg", "DELETE, GET, HEAD"),
        ("POST", "images/a.jpg", "DELETE, GET, HEAD"),
        ("DELETE", "", "GET, HEAD"),
    ):
        answer = world.call(method, path)
        assert (answer.status, answer.headers["allow"]) == (405, allowed)


def test_other_addresses_are_not_found(world: World) -> None:
    for path in ("elsewhere", "images/~!", "favicon.ico"):
        answer = world.get(path)
        assert (answer.status, answer.json["code"]) == (404, "no_such_route")


def test_what_breaks_is_a_problem_without_a_trace(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: Any) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(type(world.store), "status", explode)
    answer = world.get("images/a.jpg")
    assert (answer.status, answer.json["code"]) == (500, "internal_error")
    assert "secret" not in answer.body
    assert "Traceback" not in answer.body


def test_a_service_that_does_not_answer_is_a_problem_to_retry(world: World) -> None:
    world.dynamodb.delete_table(TableName="status")
    answer = world.get("images/a.jpg")
    assert (answer.status, answer.headers["retry-after"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "1")


def test_pages_of_other_origins_are_answered_only_where_a_parameter_names_them() -> None:
    with mock_aws():
        world = World(cors_origins=("https://one.example", "https://two.example"))
        for origin in world.settings.cors_origins:
            answer = world.get("images", {"Origin": origin})
            assert answer.headers["access-control-allow-origin"] == origin
            assert answer.headers["vary"] == "Origin"
        asked = world.call("OPTIONS", "images", headers={"Origin": "https://two.example"})
        assert asked.status == 204
        assert "x-api-key" in asked.headers["access-control-allow-headers"].lower()
        stranger = world.get("images", {"Origin": "https://three.example"})
        assert "access-control-allow-origin" not in stranger.headers
        assert stranger.headers["vary"] == "Origin"
    with mock_aws():
        closed = World()
        answer = closed.get("images", {"Origin": "https://one.example"})
        assert "access-control-allow-origin" not in answer.headers
        assert closed.call("OPTIONS", "images").status == 405
