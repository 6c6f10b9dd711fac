"""`imagebus import s3://…`: objects of another bucket are copied, and nothing is overwritten."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from imagebus_cli.adopt import copying
from imagebus_cli.problem import Problem
from tests.unit.cli.import_world import KEYS, World, document, run, world
from tests.unit.cli.test_import import refusal

__all__ = ["world"]


def test_an_erased_image_is_not_copied_back(world: World):
    world.put(*KEYS, bucket="other")
    world.stack.erasures.extend("a.jpg", versions=["v"])
    assert document("s3://other", exit_code=1)["outcomes"] == {"copied": 2, "erased": 1}
    with pytest.raises(ClientError):
        world.s3.head_object(Bucket="uploads", Key="a.jpg")


def test_another_bucket_is_copied_and_what_is_there_is_not_overwritten(world: World):
    world.put(*KEYS, "other.jpg", bucket="other")
    world.s3.put_object(Bucket="uploads", Key="b/d.webp", Body=b"mine")
    assert document("s3://other/b/")["outcomes"] == {"known": 1, "copied": 1}
    assert world.s3.get_object(Bucket="uploads", Key="b/d.webp")["Body"].read() == b"mine"
    assert world.s3.get_object(Bucket="uploads", Key=KEYS[1])["Body"].read() == b"x" * 7
    assert document("s3://other/b/")["outcomes"] == {"known": 2}
    assert world.waiting() == []  # S3's own events report them


def test_a_large_object_is_copied_in_parts(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(copying, "LARGEST", 5)
    parts = copying.TransferConfig(multipart_threshold=5, multipart_chunksize=5 * 1024**2)
    monkeypatch.setattr(copying, "PARTS", parts)
    world.s3.put_object(Bucket="other", Key="big.jpg", Body=b"y" * (6 * 1024**2))
    assert document("s3://other")["outcomes"] == {"copied": 1}
    head = world.s3.head_object(Bucket="uploads", Key="big.jpg")
    assert (head["ContentLength"], head["ETag"][-3:]) == (6 * 1024**2, '-2"')


def test_an_object_that_cannot_be_copied_is_named(world: World):
    world.put("a.jpg", bucket="other")
    world.put("cold.jpg", bucket="other", StorageClass="GLACIER")
    found = document("s3://other", exit_code=1)
    assert found["outcomes"] == {"copied": 1, "archived": 1}


@pytest.mark.parametrize(
    "arguments",
    [("other/a",), ("s3://",), ("s3://uploads/a",), ("s3://other/a", "--prefix", "b"), ("s3://nowhere/a",)],
)
def test_an_address_that_makes_no_sense_is_a_usage_error(world: World, arguments: tuple[str, ...]):
    raised = run(*arguments).exception
    assert isinstance(raised, Problem)
    assert raised.exit_code == 2


def refuse(monkeypatch: pytest.MonkeyPatch, world: World, method: str, keys: dict[str, ClientError]) -> None:
    real = getattr(world.s3, method)

    def call(**arguments: Any) -> Any:
        if arguments["Bucket"] == "uploads" and (error := keys.get(arguments["Key"])):
            raise error
        return real(**arguments)

    monkeypatch.setattr(world.s3, method, call)


def test_a_key_that_is_taken_during_a_copy_in_parts_is_not_overwritten(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html"""
    monkeypatch.setattr(copying, "LARGEST", 5)
    parts = copying.TransferConfig(multipart_threshold=5, multipart_chunksize=5 * 1024**2)
    monkeypatch.setattr(copying, "PARTS", parts)
    world.s3.put_object(Bucket="other", Key="big.jpg", Body=b"y" * 7)
    completed = list[Any]()

    def complete(**arguments: Any) -> None:
        completed.append(arguments["params"]["headers"].get("If-None-Match"))
        raise refusal(412, "PreconditionFailed")

    world.s3.meta.events.register("before-call.s3.CompleteMultipartUpload", complete)
    assert document("s3://other")["outcomes"] == {"known": 1}
    assert completed == ["*"]


def test_s3_may_not_say_whether_a_key_is_taken(world: World, monkeypatch: pytest.MonkeyPatch):
    """The copy is conditional, and decides. A customer's key (SSE-C) makes S3 answer 400."""
    world.put("free.jpg", "taken.jpg", "theirs.jpg", bucket="other")
    world.put("taken.jpg")
    forbidden = refusal(403, "403", "Forbidden")
    answers = {"free.jpg": forbidden, "taken.jpg": forbidden, "theirs.jpg": refusal(400, "400")}
    refuse(monkeypatch, world, "head_object", answers)
    refuse(monkeypatch, world, "copy_object", {"taken.jpg": refusal(412, "PreconditionFailed")})
    assert document("s3://other")["outcomes"] == {"copied": 1, "known": 2}


def test_an_object_whose_copy_is_refused_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    world.put("a.jpg", "b.jpg", "c.jpg", bucket="other")
    denied, conflict = refusal(403, "AccessDenied"), refusal(409, "ConditionalRequestConflict")
    refuse(monkeypatch, world, "head_object", {"a.jpg": refusal(403, "403", "Forbidden")})
    refuse(monkeypatch, world, "copy_object", {"a.jpg": denied, "b.jpg": conflict})
    found = document("s3://other", exit_code=1)
    assert found["outcomes"] == {"denied": 1, "conflict": 1, "copied": 1}


def test_an_import_that_must_stop_says_how_far_it_got(world: World, monkeypatch: pytest.MonkeyPatch):
    world.put(*(f"{number:02}.jpg" for number in range(11)), bucket="other")
    refuse(monkeypatch, world, "copy_object", {"10.jpg": refusal(503, "SlowDown")})
    done = run("s3://other")
    assert isinstance(done.exception, ClientError)
    assert "Stopped after: 10 copied" in done.stderr
