"""S3's events name versions, and a request about an object that is not there gets 404, 403 or 405.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html

For 15 minutes after versioning is first enabled, a request about an object that is there may get 404 as well.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from ministack.services import s3

from imagebus.objects import Contradiction, Gone, ObjectRef, S3ObjectStore
from imagebus_local import templates
from tests.aws_rules.emulated import messages, patched, queue, rule
from tests.aws_rules.wire import Raw

__all__ = ["patched"]

pytestmark = pytest.mark.usefixtures("patched")


def fire(version_id: str | None) -> dict[str, Any]:
    """The event that S3 sends about a new object."""
    inbox = queue("inbox", rule="uploads")
    rule("uploads", "aws.s3", Arn=inbox)
    s3._bucket_notifications["uploads"] = (
        "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>"
    )
    s3._fire_s3_event(
        "uploads", "a b+c.jpg", "s3:ObjectCreated:Put", 5, '"e"', version_id=version_id, sequencer="A"
    )
    (message,) = messages(inbox)
    event: dict[str, Any] = message["body"]
    return event


def test_a_version_is_named_where_there_is_one() -> None:
    assert fire("v1")["detail"]["object"] == {
        "key": "a b+c.jpg", "size": 5, "etag": "e", "sequencer": "A", "version-id": "v1",
    }  # fmt: skip


def test_an_unversioned_bucket_names_none() -> None:
    assert "version-id" not in fire(None)["detail"]["object"]


def store(answers: dict[str, int]) -> S3ObjectStore:
    """S3 answers with these statuses; what a request asks for is its method and version."""
    client = boto3.client(
        "s3",
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )

    def answer(request: Any, **_: Any) -> AWSResponse:
        address, _, version = request.url.partition("?versionId=")
        assert address.endswith("/a%2Bb.jpg")
        status = answers[f"{request.method} {version}".rstrip()]
        headers = {"x-amz-version-id": "v1", "ETag": '"e"', "Content-Length": "5"} if status == 200 else {}
        return AWSResponse(request.url, status, headers, Raw())

    client.meta.events.register("before-send.s3", answer)
    return S3ObjectStore(client)


def has_version(status: int) -> bool:
    """Whether a key has a version, if S3 answers with that status."""
    return store({"HEAD v1": status}).has_version("uploads", "a+b.jpg", "v1")


@pytest.mark.parametrize(("status", "expected"), [(200, True), (405, True), (404, False), (403, False)])
def test_a_delete_marker_is_a_version_and_what_may_not_be_listed_is_forbidden_instead_of_missing(
    status: int, expected: bool
) -> None:
    assert has_version(status) is expected


def test_another_error_is_not_taken_for_a_missing_object() -> None:
    with pytest.raises(ClientError, match="503"):
        has_version(503)


REF = ObjectRef("uploads", "a+b.jpg", "v1", "e")


def test_a_version_that_s3_denies_and_shows_is_not_taken_for_a_missing_one() -> None:
    """How long S3 may do so: https://docs.aws.amazon.com/AmazonS3/latest/userguide/manage-versioning-examples.html"""
    with pytest.raises(Contradiction):
        store({"GET v1": 404, "HEAD": 200}).get(REF)
    with pytest.raises(Contradiction):
        store({"HEAD": 404, "HEAD v1": 200}).is_current(REF)


def test_a_version_that_s3_denies_twice_is_gone() -> None:
    with pytest.raises(Gone):
        store({"GET v1": 404, "HEAD": 404}).get(REF)
    assert store({"HEAD": 404, "HEAD v1": 404}).is_current(REF) is False


def test_who_reads_a_version_that_may_be_gone_may_list_so_that_it_is_missing_and_not_forbidden() -> None:
    template = templates.read(Path(__file__).parents[2] / "template.yml")
    actions: dict[str, set[str]] = {}
    for name, each in template["Resources"].items():
        document = each.get("Properties", {}).get("PolicyDocument") or {}
        inline = [policy["PolicyDocument"] for policy in each.get("Properties", {}).get("Policies", ())]
        for statement in (line for one in (document, *inline) for line in one.get("Statement", ())):
            if "UploadsBucket" in str(statement.get("Resource")):
                allowed = statement["Action"]
                actions.setdefault(name, set()).update([allowed] if isinstance(allowed, str) else allowed)
    listing = {"s3:ListBucket", "s3:ListBucketVersions"}
    readers = {name for name, allowed in actions.items() if "s3:GetObjectVersion" in allowed}
    assert readers >= {"ReadUploads", "ApiRole"}
    assert [name for name in readers if not listing <= actions[name]] == []
