"""The REST API behind its gateway: keys, limits, forms, addresses, and its OpenAPI document."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from api.addressing import address, token
from imagebus_local.stack import local_api_url
from tests.e2e.api_client import Client
from tests.e2e.harness import Pipeline, eventually, jpeg
from tests.e2e.hostile_keys import HOSTILE

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"
PUBLIC = ("/", "/openapi.json", "/health")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


# --- keys and limits


def routes(client: Client) -> list[str]:
    paths = client("GET", "openapi.json", key=None).json()["paths"]
    return [path.replace("{key}", "some/image.jpg").replace("{name}", "320x320") for path in paths]


@pytest.mark.parametrize("key", [None, "not-a-key"])
def test_without_the_key_every_address_but_three_answers_403_whatever_the_method(
    client: Client, key: str | None
) -> None:
    wanted = [(method, path) for path in [*routes(client), "/elsewhere"] for method in METHODS]
    assert {path for _, path in wanted} >= {*PUBLIC, "/images", "/upload"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda each: client(each[0], each[1][1:], key=key), wanted))
    for (method, path), answer in zip(wanted, answers, strict=True):
        if path in PUBLIC:
            assert answer.status_code == (200 if method in ("GET", "HEAD") else 405), (method, path)
        else:
            assert answer.status_code == 403, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
            if method != "HEAD":
                assert answer.json()["code"] == "invalid_api_key"


@pytest.fixture
def slow_key(pipeline: Pipeline, client: Client) -> Iterator[str]:
    """Another key of the same API, with its own plan: one request a second, a burst of two, six in all."""
    gateway = pipeline.client("apigateway")
    *_, api_id, stage, _ = client.url.split("/")
    plan = gateway.create_usage_plan(
        name=f"slow-{uuid.uuid4().hex[:6]}",
        apiStages=[{"apiId": api_id, "stage": stage}],
        throttle={"rateLimit": 1.0, "burstLimit": 2},
        quota={"limit": 6, "period": "DAY"},
    )["id"]
    key = gateway.create_api_key(name=f"slow-{uuid.uuid4().hex[:6]}", enabled=True)
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    yield key["value"]
    gateway.delete_usage_plan_key(usagePlanId=plan, keyId=key["id"])
    gateway.delete_api_key(apiKey=key["id"])


@pytest.mark.embedded("it creates an API key, and API Gateway throttles approximately")
def test_over_the_rate_and_over_the_quota_a_key_gets_429(client: Client, slow_key: str) -> None:
    # At once: an answer takes more than a second on a busy machine, and one request a second is allowed.
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: client("GET", "images?limit=1", key=slow_key), range(6)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert refused[0].headers["content-type"] == "application/problem+json"
    assert refused[0].json()["code"] == "too_many_requests"
    assert refused[0].headers["retry-after"] == "1"

    def used_up() -> bool:
        time.sleep(1)
        answer = client("GET", "images?limit=1", key=slow_key)
        return answer.status_code == 429 and answer.json()["code"] == "quota_exceeded"

    eventually(used_up, within=30, what="the quota is used up")


def test_the_stack_s_own_plan_has_the_limits_of_the_parameters(pipeline: Pipeline) -> None:
    # https://ID.execute-api.…/v1/, or …/ID/v1/ on an emulator
    api_id = pipeline.target.api_url.split("/")[-3].split(".")[0]
    (plan,) = [
        each
        for each in pipeline.client("apigateway").get_usage_plans()["items"]
        if not each["name"].startswith(("slow-", "e2e-"))
        and api_id in (stage["apiId"] for stage in each["apiStages"])
    ]
    assert plan["throttle"] == {"rateLimit": 100.0, "burstLimit": 200}
    assert plan["quota"]["limit"] == 5_000_000


# --- uploads


def test_one_request_uploads_a_small_image(pipeline: Pipeline, client: Client) -> None:
    content = jpeg("tomato")
    raw = client("POST", "upload?filename=raw.jpg", data=content, headers={"Content-Type": "image/jpeg"})
    encoded = {
        "filename": "json.jpg",
        "content_type": "image/jpeg",
        "data": base64.b64encode(content).decode(),
    }
    wrapped = client("POST", "upload", json=encoded)
    for answer in (raw, wrapped):
        assert answer.status_code == 202
        key = answer.json()["key"]
        # from the very first moment it is known
        assert client("GET", answer.headers["location"]).json()["status"] in ("processing", "completed")
        assert pipeline.wait(key)["status"] == "completed"
        assert pipeline.read(pipeline.outputs["UploadsBucketName"], key) == content


# --- any key


def test_fifty_uploads_at_once_under_any_key_make_the_round_trip(pipeline: Pipeline, client: Client) -> None:
    """Each has one final status and one notification, and every address of the API finds it."""
    assert len(set(HOSTILE)) >= 50
    suffix = uuid.uuid4().hex[:6]
    # the suffix goes in front of the key, unless the key's beginning is what is hostile
    good = [key if key[0] in "/~ \u200b" or key == "%" else f"{suffix}{key}" for key in HOSTILE]
    bad = [pipeline.key(f"{number}.jpg") for number in range(3)]
    content = {**dict.fromkeys(good, jpeg("orchid", (64, 48))), **dict.fromkeys(bad, b"no image")}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(pipeline.upload, content, content.values()))
        items = {key: pipeline.wait(key, "completed", "rejected", within=180) for key in content}
        assert [item["image_key"] for item in items.values()] == list(content)
        assert [key for key in items if items[key]["status"] == "rejected"] == bad
        for key in content:
            pipeline.wait_notifications(key)
        pipeline.settled()
        told = [[each.body["image_key"] for each in pipeline.notifications(key)] for key in content]
        assert told == [[key] for key in content]
        assert not any(pipeline.dead_letters().values())
        list(pool.map(lambda key: make_the_round_trip(pipeline, client, key), good))
    for key in good:
        pipeline.wait(key, "deleted", within=180)


def make_the_round_trip(pipeline: Pipeline, client: Client, key: str) -> None:
    """By both forms of its address; what is below them is asked for by one and by the other in turn."""
    forms = sorted({address(key), f"images/{token(key)}"})
    for form in forms:
        shown = client("GET", form)
        assert (shown.status_code, shown.json()["key"]) == (200, key), form
    one, other = (forms[0], forms[-1]) if len(key) % 2 else (forms[-1], forms[0])
    assert client("GET", f"{one}/status").json() == shown.json()
    events = client("GET", f"{other}/events").json()
    assert events["events"][-1]["type"] == "ImageProcessed", other
    redirect = client("GET", f"{one}/thumbnails/320x320")
    assert redirect.status_code == 302, one
    assert requests.get(redirect.headers["location"], timeout=30).status_code == 200
    links = shown.json()["links"]
    assert client("GET", links["original"]).status_code == 302
    assert client("DELETE", links["self"]).status_code == 202
    assert client("GET", links["self"]).json()["code"] == "image_deleted"


@pytest.mark.parametrize("key", ["a b.jpg", "a+b.jpg", "a%41.jpg", "ü/é.jpg", "a?b#c.jpg"])
def test_a_percent_encoded_key_is_decoded_once(pipeline: Pipeline, client: Client, key: str) -> None:
    """With slashes unencoded and everything else encoded, or with everything encoded."""
    unique = f"{uuid.uuid4().hex[:8]}/{key}"
    pipeline.upload(unique, jpeg(size=(32, 32)))
    for encoded in (quote(unique, safe="/"), quote(unique, safe="")):
        assert client("GET", f"images/{encoded}").json()["key"] == unique


# --- answers


def test_a_status_that_is_known_is_not_sent_again(pipeline: Pipeline, client: Client) -> None:
    key = pipeline.upload(pipeline.key(), jpeg())
    pipeline.wait(key)
    pipeline.settled()  # the image is completed before ImageProcessed is logged, which changes both answers
    for path in (address(key), f"{address(key)}/events"):
        first = client("GET", path)
        again = client("GET", path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert first.headers["cache-control"] == "private, no-cache"


@pytest.mark.embedded("it takes permissions away")
def test_a_failed_image_is_brought_to_a_good_end(pipeline: Pipeline, client: Client) -> None:
    from tests.e2e.test_failures import without_permission

    key = pipeline.key("retried.jpg")
    with without_permission(pipeline, "WatermarkerRole", "WriteDerived"):
        pipeline.upload(key, jpeg())
        pipeline.wait(key, "failed", within=150)
    answer = client("POST", f"{address(key)}/retry")
    assert (answer.status_code, answer.json()["stages"]) == (202, ["watermarker"])
    assert pipeline.wait(key, "completed")["outstanding"] == []
    assert client("POST", f"{address(key)}/retry").json()["code"] == "nothing_to_retry"


def test_the_list_finds_a_new_image_first(pipeline: Pipeline, client: Client) -> None:
    keys = [pipeline.upload(pipeline.key(f"{number}.jpg"), jpeg()) for number in range(3)]
    for key in keys:
        pipeline.wait(key)
    listed = client("GET", "images?limit=50&status=completed").json()["items"]
    assert [item["created_at"] for item in listed] == sorted(
        (item["created_at"] for item in listed), reverse=True
    )
    assert {item["key"] for item in listed} >= set(keys)
    first = client("GET", "images?limit=1").json()
    second = client("GET", f"images?limit=1&cursor={first['cursor']}").json()
    assert first["items"][0]["key"] != second["items"][0]["key"]


def test_the_page_allows_its_own_scripts_and_nothing_else(client: Client) -> None:
    answer = client("GET", "", key=None)
    assert answer.headers["content-type"].startswith("text/html")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert policy["script-src"].count("'sha256-") == answer.text.count("<script>")
    assert "<script src" not in answer.text
    assert "style=" not in answer.text
    assert client.key not in answer.text


def test_the_examples_of_the_documentation_work(pipeline: Pipeline, client: Client, tmp_path: Path) -> None:
    """In a folder with photo.jpg, one after the other; curl fails if the API or S3 refuses something."""
    text = DOCUMENT.read_text("utf-8").replace("avatars/42", uuid.uuid4().hex)
    local, on_aws, *others = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    (tmp_path / ".imagebus").mkdir()
    known = {"api_url": client.url, "api_key": client.key}
    (tmp_path / ".imagebus" / "local.json").write_text(json.dumps(known), "utf-8")
    (tmp_path / "photo.jpg").write_bytes(jpeg("gold"))
    (tmp_path / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\nnoproxy = *\n", "utf-8")
    environment = {**pipeline.target.environment, "CURL_HOME": str(tmp_path)}

    def run(*blocks: str) -> list[str]:
        script = "\necho\n".join(("set -euo pipefail", *blocks))
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return [line for line in done.stdout.splitlines() if line]

    accepted, page, counts = map(json.loads, run(local, *others))
    form, put = (json.loads((tmp_path / f"{name}.json").read_text("utf-8")) for name in ("form", "put"))
    for ticket in (accepted, form, put):
        pipeline.wait(ticket["key"])
    assert page.keys() <= {"items", "cursor"}
    assert counts["complete"] is True
    if shutil.which("aws"):
        stack = f"--stack-name {pipeline.target.stack} "
        url, key = run(on_aws.replace("--stack-name imagebus ", stack), 'echo "$API"; echo "$KEY"')
        endpoint = pipeline.target.endpoint
        assert (local_api_url(url, endpoint) if endpoint else url, key) == (client.url, client.key)
