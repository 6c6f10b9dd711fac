"""A key may hold characters that XML cannot: lists encode them, and DeleteObjects refuses them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html (encoding-type)
https://github.com/boto/boto3/issues/2005
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from imagebus_cli.stack import data
from imagebus_cli.stack.deletion import UNWRITABLE, delete
from tests.aws_rules.wire import Raw

ROOT = Path(__file__).parents[2]
KEY = "a\x10 +%.jpg"
ENCODED = "a%10+%2B%25.jpg"


def client(answer: Callable[[Any], bytes]) -> Any:
    """A client of an S3 that answers a request with this document."""
    made: Any = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="t", aws_secret_access_key="t")

    def send(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, {}, Raw(answer(request)))

    made.meta.events.register("before-send.s3", send)
    return made


LISTS = {
    "list_objects_v2": f"<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>{ENCODED}</Key>"
    "</Contents></ListBucketResult>",
    "list_object_versions": "<ListVersionsResult><EncodingType>url</EncodingType>"
    f"<Version><Key>{ENCODED}</Key></Version></ListVersionsResult>",
}


@pytest.mark.parametrize(("operation", "document"), LISTS.items())
def test_botocore_asks_for_encoded_keys_and_decodes_them(operation: str, document: str) -> None:
    asked: list[str] = []

    def answer(request: Any) -> bytes:
        asked.append(request.url)
        return document.encode()

    (page,) = client(answer).get_paginator(operation).paginate(Bucket="uploads")
    assert "encoding-type=url" in asked[0]
    assert [each["Key"] for each in (page.get("Contents") or page["Versions"])] == [KEY]


def test_it_does_not_for_unfinished_uploads_so_that_is_done_here() -> None:
    upload = f"<Upload><Key>{ENCODED}</Key><UploadId>1</UploadId></Upload>"
    document = f"<R><EncodingType>url</EncodingType>{upload}</R>".encode()
    asked: list[str] = []

    def answer(request: Any) -> bytes:
        asked.append(request.url)
        return document

    s3 = client(answer)
    assert list(data._unfinished(s3, "uploads")) == [(KEY, "1")]
    assert "encoding-type=url" in asked[0]
    (page,) = s3.get_paginator("list_multipart_uploads").paginate(Bucket="uploads")
    assert "encoding-type" not in asked[1]
    assert page["Uploads"][0]["Key"] == ENCODED


CHARACTERS = [*map(chr, range(0x100)), "\ud7ff", "\ue000", "\ufffd", "\ufffe", "\uffff", "\U0001f600"]


@pytest.mark.parametrize("character", CHARACTERS, ids=ascii)
def test_what_is_sent_to_delete_objects_is_xml_that_names_the_key(character: str) -> None:
    sent: list[Any] = []

    def answer(request: Any) -> bytes:
        sent.append(request)
        return b"<DeleteResult/>"

    assert list(delete(client(answer), "uploads", [{"Key": f"a{character}b", "VersionId": "1"}])) == []
    (request,) = sent
    if UNWRITABLE.search(character):
        assert request.method == "DELETE"
        assert request.url.endswith("b?versionId=1")
    else:
        named = ElementTree.fromstring(request.body).find(".//{*}Key")
        assert named is not None
        assert named.text == f"a{character}b"


def test_keys_that_users_choose_are_deleted_in_one_place() -> None:
    """What `recipe prune` deletes is named by us."""
    callers = {
        path.relative_to(ROOT).as_posix()
        for folder in ("cli", "layers", "services")
        for path in (ROOT / folder).rglob("*.py")
        if ".delete_objects(" in path.read_text(encoding="utf-8")
    }
    assert callers == {"cli/imagebus_cli/stack/deletion.py", "cli/imagebus_cli/recipes/pruning.py"}
