"""What the API returns about an image, and when it answers 304."""

from __future__ import annotations

import urllib.parse

import pytest

from api.addressing import address
from tests.integration.api.conftest import IMAGES, UPLOADS, World


def test_a_completed_image_shows_everything_but_where_it_is_kept(world: World) -> None:
    world.completed("uploads/cat.jpg")
    answer = world.get("images/uploads/cat.jpg")
    assert answer.status == 200
    shown = answer.json
    assert shown["status"] == "completed"
    assert (shown["size"], shown["processed_size"]) == (11, 17)
    assert [each["name"] for each in shown["thumbnails"]] == ["100x100", "320x320", "1280x1280"]
    assert shown["stages"]["thumbnailer"]["ms"] == 10
    assert shown["links"]["thumbnails"]["320x320"] == "images/uploads/cat.jpg/thumbnails/320x320"
    assert UPLOADS not in answer.body
    assert IMAGES not in answer.body
    assert not {"log_digest", "list_shard", "sk", "bucket"} & shown.keys()


def test_the_issue_s_other_address_of_the_status_is_the_same(world: World) -> None:
    world.completed("uploads/cat.jpg")
    assert world.get("images/uploads/cat.jpg/status").json == world.get("images/uploads/cat.jpg").json


def test_a_rejected_image_says_why(world: World) -> None:
    world.rejected("bad.jpg")
    shown = world.get("images/bad.jpg").json
    assert (shown["status"], shown["reason"]) == ("rejected", "corrupt")
    assert shown["rejection"]["detail"] == "the picture ends early"


def test_a_failed_image_names_stage_error_and_what_is_outstanding(world: World) -> None:
    world.failed("unlucky.jpg")
    shown = world.get("images/unlucky.jpg").json
    assert (shown["status"], shown["reason"]) == ("failed", "thumbnailer: AccessDenied")
    assert "ThumbnailsCreated" in shown["outstanding"]
    assert "failed_event" not in str(shown)


def test_a_parameter_that_an_address_does_not_have_is_a_mistake_and_never_ignored(world: World) -> None:
    world.completed("cat.jpg")
    reads = (
        "",
        "/events",
        "/original",
        "/processed",
        "/thumbnails/320x320",
        "/variants",
        "/variants/320x320",
    )
    calls = [("GET", f"images/cat.jpg{rest}") for rest in reads]
    calls += [
        ("POST", "images/cat.jpg/retry"),
        ("DELETE", "images/cat.jpg"),
        ("POST", "images"),
        ("GET", "images"),
    ]
    for method, path in calls:
        answer = world.call(method, path, query={"At": "2026-11-21"})
        assert (answer.status, answer.json["code"]) == (400, "invalid_request"), (method, path)
        assert "'At'" in answer.json["detail"]


def test_an_image_nobody_uploaded_is_not_found_in_words(world: World) -> None:
    answer = world.get("images/never.jpg")
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["code"] == "image_not_found"
    assert "never.jpg" in answer.json["detail"]


def test_an_upload_that_no_event_has_told_of_is_processing_already(world: World) -> None:
    world.s3.put_object(Bucket=UPLOADS, Key="just-now.jpg", Body=b"bytes")
    answer = world.get("images/just-now.jpg")
    assert (answer.status, answer.json["status"], answer.json["size"]) == (200, "processing", 5)
    assert world.get("images/just-now.jpg/events").json["code"] == "no_events_yet"


@pytest.mark.parametrize("before", [False, True])
def test_a_folder_of_the_console_is_no_image(world: World, before: bool) -> None:
    """An empty object whose key ends with a slash, of which no event is told."""
    if before:
        world.completed("folder/")
        world.deleted("folder/")
    world.s3.put_object(Bucket=UPLOADS, Key="folder/", Body=b"")
    for method in ("GET", "DELETE"):
        answer = world.call(method, address("folder/"))
        assert (answer.status, answer.json["code"]) == (404, f"image_{'deleted' if before else 'not_found'}")


def test_a_deleted_image_is_gone_before_any_event_says_so(world: World) -> None:
    world.completed("cat.jpg")
    assert world.call("DELETE", "images/cat.jpg").status == 202
    for rest in ("", "/status", "/events", "/original", "/processed", "/thumbnails/320x320"):
        answer = world.get(f"images/cat.jpg{rest}")
        assert (answer.status, answer.json["code"]) == (404, "image_deleted"), rest
    assert world.call("DELETE", "images/cat.jpg").json["code"] == "image_deleted"
    assert len(world.s3.list_object_versions(Bucket=UPLOADS)["Versions"]) == 1  # the bytes stay


def test_an_image_uploaded_again_after_its_deletion_is_processing(world: World) -> None:
    world.completed("cat.jpg")
    world.deleted("cat.jpg")
    world.s3.put_object(Bucket=UPLOADS, Key="cat.jpg", Body=b"again")
    assert world.get("images/cat.jpg").json["status"] == "processing"


def test_what_is_known_already_is_not_sent_again(world: World) -> None:
    world.completed("cat.jpg")
    for path in ("images/cat.jpg", "images/cat.jpg/events", "images"):
        first = world.get(path)
        assert first.headers["cache-control"] == "private, no-cache"
        again = world.get(path, {"If-None-Match": first.headers["etag"]})
        assert (again.status, again.body) == (304, "")
        assert again.headers["etag"] == first.headers["etag"]
        several = world.get(path, {"If-None-Match": f'"other", {first.headers["etag"]}'})
        assert several.status == 304
    world.tell(world.uploaded("other.jpg"), _rejection())
    assert world.get("images", {"If-None-Match": first.headers["etag"]}).status == 200


def _rejection() -> object:
    from imagebus.events.validator import ImageRejected

    return ImageRejected(code="empty", detail="nothing")


def test_presigned_addresses_do_not_change_the_tag_of_a_state(world: World) -> None:
    world.completed("cat.jpg")
    plain, signed = world.get("images/cat.jpg"), world.get("images/cat.jpg", urls="true")
    assert plain.headers["etag"] == signed.headers["etag"]
    assert world.get("images").headers["etag"] == world.get("images", urls="true").headers["etag"]
    assert "urls" not in plain.json
    assert set(signed.json["urls"]) == {"original", "processed", "thumbnails"}


def test_the_timeline_names_causes_and_milliseconds(world: World) -> None:
    world.completed("cat.jpg")
    body = world.get("images/cat.jpg/events").json
    events = {each["type"]: each for each in body["events"]}
    assert body["events"][0]["type"] == "ImageUploaded"
    assert events["ImageValidated"]["caused_by"] == events["ImageUploaded"]["event_id"]
    assert events["ThumbnailsCreated"]["caused_by"] == events["ImageValidated"]["event_id"]
    assert (events["ThumbnailsCreated"]["ms"], events["ThumbnailsCreated"]["offset_ms"]) == (10, 20)
    assert events["ThumbnailsCreated"]["stage"] == "thumbnailer"
    assert body["events"][-1]["type"] == "ImageProcessed"
    assert IMAGES not in str(body)


@pytest.mark.parametrize(
    ("rest", "bucket", "content"),
    [
        ("original", UPLOADS, b"image bytes"),
        ("processed", IMAGES, b"watermarked"),
        ("thumbnails/320x320", IMAGES, b"320x320"),
    ],
)
def test_pictures_are_redirects_to_addresses_of_five_minutes(
    world: World, rest: str, bucket: str, content: bytes
) -> None:
    world.completed("a b+%41.jpg")
    answer = world.get(f"{world.at('a b+%41.jpg')}/{rest}")
    assert (answer.status, answer.body) == (302, "")
    assert answer.headers["cache-control"] == "no-store"
    address = urllib.parse.urlsplit(answer.headers["location"])
    query = dict(urllib.parse.parse_qsl(address.query))
    assert 0 < int(query["X-Amz-Expires"]) <= 300
    assert address.netloc.startswith(bucket)
    key = urllib.parse.unquote(address.path[1:])
    assert world.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == content


def test_bytes_that_nobody_validated_are_downloaded_not_displayed(world: World) -> None:
    world.rejected("page.html")
    location = world.get("images/page.html/original").headers["location"]
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
    assert query["response-content-type"] == "application/octet-stream"
    assert query["response-content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("rest", "code"),
    [("processed", "not_available"), ("thumbnails/320x320", "not_available")],
)
def test_what_is_not_there_yet_is_not_found_in_words(world: World, rest: str, code: str) -> None:
    world.uploaded("new.jpg")
    answer = world.get(f"images/new.jpg/{rest}")
    assert (answer.status, answer.json["code"]) == (404, code)
    assert "processing" in answer.json["detail"]


def test_a_thumbnail_of_another_size_names_those_there_are(world: World) -> None:
    world.completed("cat.jpg")
    answer = world.get("images/cat.jpg/thumbnails/9x9")
    assert (answer.status, answer.json["code"]) == (404, "thumbnail_not_found")
    assert "320x320" in answer.json["detail"]


def test_an_image_is_shown_as_it_was_at_a_moment(world: World) -> None:
    world.completed("cat.jpg")
    events = world.get("images/cat.jpg/events").json["events"]
    shown = [world.get("images/cat.jpg", at=event["occurred_at"]).json for event in events]
    assert [each["status"] for each in shown[:5]] == ["processing"] * 5
    assert shown[-1]["status"] == "completed"
    assert [len(each["stages"]) for each in shown] == sorted(len(each["stages"]) for each in shown)
    now = world.get("images/cat.jpg").json
    assert shown[-1] == now | {"links": {"self": "images/cat.jpg", "events": "images/cat.jpg/events"}}


def test_a_deleted_image_can_be_looked_back_at(world: World) -> None:
    world.completed("cat.jpg")
    at = world.clock.now().isoformat().replace("+00:00", "Z")
    world.clock.advance(60)
    world.deleted("cat.jpg")
    assert world.get("images/cat.jpg").json["code"] == "image_deleted"
    assert world.get("images/cat.jpg", at=at).json["status"] == "completed"
    assert world.get("images/cat.jpg", at="2999-01-01").json["status"] == "deleted"


def test_before_its_first_event_nothing_was_known(world: World) -> None:
    world.completed("cat.jpg")
    answer = world.get("images/cat.jpg", at="1999-12-31T23:59:59Z")
    assert (answer.status, answer.json["code"]) == (404, "not_known_then")
    assert "1999-12-31T23:59:59.000Z" in answer.json["detail"]


@pytest.mark.parametrize("at", ["yesterday", "2026-11-21T08:00:00", "2026-02-30"])
def test_an_invalid_time_is_refused(world: World, at: str) -> None:
    world.completed("cat.jpg")
    answer = world.get("images/cat.jpg", at=at)
    assert (answer.status, answer.json["code"]) == (400, "invalid_time")


def test_a_look_back_has_no_urls(world: World) -> None:
    world.completed("cat.jpg")
    assert "urls" not in world.get("images/cat.jpg", at="2999-01-01", urls="true").json


@pytest.mark.parametrize(
    "path",
    [
        "", "openapi.json", "health", "images", "images/a.jpg", "images/a.jpg/status", "images/a.jpg/events",
        "images/a.jpg/original", "images/a.jpg/processed", "images/a.jpg/thumbnails/320x320",
        "images/a.jpg/variants", "images/a.jpg/variants/320x320", "images/none.jpg", "images/a.jpg/retry",
    ],
)  # fmt: skip
def test_head_answers_as_get_does_without_the_body(world: World, path: str) -> None:
    world.completed("a.jpg")
    whole, head = world.get(path), world.call("HEAD", path)
    changing = {"location"} if whole.status == 302 else set()  # a signature has the time in it
    assert head.status == whole.status
    assert {n: v for n, v in head.headers.items() if n not in changing} == {
        n: v for n, v in whole.headers.items() if n not in changing
    }
    assert head.body == ""
