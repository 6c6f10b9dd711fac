"""`imagebus smoke` against a stand-in of the API: what it sends and reports, and that it leaves nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, quote_plus, unquote

import pytest
import urllib3
from typer.testing import CliRunner, Result

from imagebus_cli import main
from imagebus_cli.images.lookup import outstanding
from imagebus_cli.problem import Problem
from imagebus_cli.stack import api, smoke
from imagebus_cli.stack.deployed import Stack
from tests.unit.cli.test_images import stack

__all__ = ["stack"]

FORM_KEY = "uploads/2026/07/id/smoke.jpg"
ENDED = "2099-07-14T12:00:01.500Z"
PREFIX, SUFFIX = "/images/", "/status"


@dataclass
class Fake:
    """The API, S3 behind presigned addresses, and the table. `outcome`: what becomes of an image."""

    stack: Stack
    outcome: str = "completed"
    token: str | None = None
    refusals: int = 0
    form_status: int = 204
    object_status: int = 200
    deletes: bool = True
    named: Callable[[str], str] = str
    more: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str, bool]] = field(default_factory=list)

    def status(self, key: str) -> dict[str, Any] | None:
        """As in the table, where the image is once S3 has it."""
        listed = self.stack.s3.list_object_versions(Bucket="uploads", Prefix="smoke/").get("Versions", [])
        for each in listed:
            name = self.named(each["Key"])
            item = {"image_key": name, "status": self.outcome, "updated_at": ENDED, **self.more}
            self.items.setdefault(name, item)
        return self.items.get(key)

    def answer(  # noqa: PLR0911 - one for each address
        self, method: str, path: str, headers: Any, body: bytes
    ) -> tuple[int, Any, dict[str, str]]:
        if path == "/form":
            assert b'name="policy"\r\n\r\np\r\n' in body
            assert b'filename="smoke.jpg"' in body
            self.items[FORM_KEY] = {"image_key": FORM_KEY, "status": self.outcome, "updated_at": ENDED}
            return self.form_status, None, {}
        if path.startswith("/object?"):
            return self.object_status, None, {"Content-Type": "image/jpeg"}
        if headers.get("x-api-key") != "secret-key" or self.refusals:
            self.refusals -= 1
            return 403, {"code": "invalid_api_key", "detail": "Send a valid key."}, {}
        if self.token and headers.get("Authorization") != f"Bearer {self.token}":
            return 401, {"code": "invalid_token", "detail": "Send a valid token."}, {}
        if (method, path) == ("POST", "/images"):
            wanted = json.loads(body)
            assert wanted["filename"] == "smoke.jpg"
            return 200, {"key": FORM_KEY, "url": f"{self.url}form", "fields": {"policy": "p"}}, {}
        if path.startswith("/images?"):
            return 200, {"items": []}, {}
        if path.endswith("/thumbnails/1x1"):
            return 302, None, {"Location": f"{self.url}object?X-Amz-Signature=s3cr3t"}
        key = unquote(path.removeprefix(PREFIX).removesuffix(SUFFIX))
        assert path.removeprefix(PREFIX).removesuffix(SUFFIX) == quote(key, safe="/")
        item = self.status(key)
        if method == "DELETE":
            assert item is not None
            item["status"] = "deleted" if self.deletes else item["status"]
            return 202, {"key": key}, {}
        if item is None or item["status"] == "deleted":
            return 404, {"code": "image_deleted", "detail": ""}, {}
        links = {"self": path[1:], "thumbnails": {"1x1": f"images/{quote(key)}/thumbnails/1x1"}}
        return 200, {"key": key, "links": links, **item}, {}


@pytest.fixture
def fake(stack: Stack) -> Iterator[Fake]:
    fake = Fake(stack)

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fake.requests.append((self.command, self.path, "x-api-key" in self.headers))
            status, document, headers = fake.answer(self.command, self.path, self.headers, body)
            content = b"bytes" if document is None and status == 200 else json.dumps(document).encode()
            self.send_response(status)
            for name, value in {
                **headers,
                "Content-Length": "0" if status == 204 else str(len(content)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            if status != 204:
                self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do  # noqa: N815 - http.server calls them so

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # shutdown() waits for a poll, which is half a second unless told otherwise
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    fake.url = f"http://127.0.0.1:{server.server_port}/"
    gateway = SimpleNamespace(get_api_key=lambda **_: {"value": "secret-key"})
    stack.__dict__.update(apigateway=gateway)
    vars(stack.store)["status"] = fake.status
    names = {
        "ApiUrl": fake.url,
        "ApiKeyId": "k",
        "InboxUrls": "https://sqs.example/1/images-prod_{stage}_inbox",
    }
    stack.outputs.update(names)  # type: ignore[attr-defined]
    yield fake
    server.shutdown()
    server.server_close()
    assert "Versions" not in stack.s3.list_object_versions(Bucket="uploads"), "something is left"


def invoke(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main.app, ["smoke", "--timeout", "0.2", *arguments], env=environment)


def code(done: Result) -> int:
    return int(getattr(done.exception, "exit_code", done.exit_code))


def test_it_uploads_a_form_and_an_odd_key_reads_and_deletes_both(fake: Fake) -> None:
    done = invoke("--json")
    assert done.exit_code == 0, done.exception
    told = json.loads(done.stdout)
    assert (told["ok"], told["through_api"]) == (True, True)
    odd, form = told["images"]
    assert odd["image_key"].endswith("/a b+c%2Bd#é.jpg")
    assert (odd["status"], form["image_key"], form["status"]) == ("completed", FORM_KEY, "completed")
    assert odd["seconds"] > 0
    assert {item["status"] for item in fake.items.values()} == {"deleted"}
    methods = [method for method, path, _ in fake.requests if path != "/form"]
    assert methods.count("DELETE") == 2
    # What a signature allows needs no key, and gets none.
    assert {with_key for _, path, with_key in fake.requests if path.startswith(("/form", "/object"))} == {
        False
    }


def test_the_stages_that_did_not_answer_are_named(fake: Fake) -> None:
    fake.outcome = "processing"
    fake.more = {
        "revision": "r",
        "outstanding": ["LabelsDetected|LabelsSkipped"],
        "stages": {"validator": {}},
    }
    done = invoke()
    assert code(done) == 1
    assert "not finished after 0.2 s, outstanding: labels (LabelsDetected or LabelsSkipped)" in done.stdout
    assert "labels (LabelsDetected or LabelsSkipped) did not answer" in str(done.exception)


def test_a_stage_that_waits_for_another_one_is_not_blamed() -> None:
    facts = ["ThumbnailsCreated", "LabelsDetected|LabelsSkipped", "ACheckOfYourOwn"]
    waits = outstanding({"revision": "r", "outstanding": facts, "stages": {"ingest": {}}})
    assert smoke._silent(waits) == ["validator (ImageValidated)", "ACheckOfYourOwn"]
    waits = outstanding({"revision": "r", "outstanding": facts, "stages": {"ingest": {}, "validator": {}}})
    assert smoke._silent(waits) == waits
    assert smoke._silent(outstanding({})) == ["ingest, or recorder,"]


def test_an_image_that_no_stage_has_seen_waits_for_ingest(fake: Fake) -> None:
    fake.named = lambda _: "something else entirely"
    assert "outstanding: ingest (ImageUploaded)" in invoke().stdout


@pytest.mark.parametrize("outcome", ["failed", "processing"])
def test_an_image_that_does_not_complete_is_an_error(fake: Fake, outcome: str) -> None:
    fake.outcome = outcome
    done = invoke("--json")
    assert code(done) == 1
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert [each["status"] for each in told["images"]] == [outcome, outcome]
    assert (told["images"][0]["seconds"] is None) == (outcome == "processing")


@pytest.mark.parametrize("form", [quote_plus, quote, unquote, lambda key: quote_plus(key, safe="/")])
def test_events_with_another_form_of_the_key_are_named_as_the_reason(
    fake: Fake, form: Callable[[str], str]
) -> None:
    fake.named = form
    done = invoke()
    assert code(done) == 1
    assert isinstance(done.exception, Problem)
    assert "S3's events carry the key" in done.exception.message
    (taken,) = [key for key in fake.items if key != FORM_KEY]
    assert repr(taken) in done.exception.message


def test_an_odd_key_alone_that_stays_without_an_outcome_is_told(fake: Fake) -> None:
    fake.named = lambda _: "something else entirely"
    done = invoke()
    assert code(done) == 1
    assert "A plain key worked" in str(done.exception)


@pytest.mark.parametrize(
    ("logged", "told"),
    [
        ([], "does not say yet"),
        ([smoke.AS_IT_IS], "as they are"),
        ([smoke.DECODED], "URL-encoded"),
        ([smoke.AS_IT_IS, smoke.DECODED], "URL-encoded"),
    ],
)
def test_it_says_how_events_carry_keys(fake: Fake, logged: list[str], told: str) -> None:
    logs, name = fake.stack.logs, {"logGroupName": "/aws/lambda/images-prod/ingest", "logStreamName": "s"}
    logs.create_log_group(logGroupName=name["logGroupName"])
    logs.create_log_stream(**name)
    soon = int(time.time() * 1000) + 60_000
    messages = [json.dumps({"message": each}) for each in ["another", *logged]]
    logs.put_log_events(**name, logEvents=[{"timestamp": soon, "message": each} for each in messages])
    assert told in invoke().stdout


def test_it_waits_for_the_line_that_says_how_keys_are_carried(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudWatch Logs finds a line a little later."""
    answers = iter(["unknown", "unknown", "raw"])
    monkeypatch.setattr(smoke, "_logged_keys", lambda *_: next(answers))
    unused: Any = None
    assert smoke._event_keys(unused, datetime.now(UTC), 60, 0) == "raw"


def test_without_the_log_it_says_nothing_about_keys(fake: Fake) -> None:
    assert json.loads(invoke("--json").stdout)["event_keys"] is None


def test_an_api_that_needs_a_token_takes_one(fake: Fake) -> None:
    fake.token = "a.b.c"
    assert json.loads(invoke("--json", "--token", "a.b.c").stdout)["through_api"] is True
    assert json.loads(invoke("--json", IMAGEBUS_TOKEN="a.b.c").stdout)["through_api"] is True
    refused = invoke("--token", "another")
    assert code(refused) == 1
    assert "invalid_token" in str(refused.exception)
    assert "another" not in refused.output + str(refused.exception)


@pytest.mark.parametrize(("refusals", "passes"), [(2, True), (10**6, False)])
def test_a_key_may_need_a_moment_after_the_deployment(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, refusals: int, passes: bool
) -> None:
    monkeypatch.setattr(api, "KEY_SECONDS", 60 if passes else 0)
    fake.refusals = refusals
    done = invoke()
    assert code(done) == (0 if passes else 1)
    assert ("invalid_api_key" in str(done.exception)) == (not passes)


def test_without_a_token_the_pipeline_is_tested_without_the_api(fake: Fake) -> None:
    fake.token = "a.b.c"
    done = invoke()
    assert done.exit_code == 0, done.exception
    assert "--token" in done.stdout
    told = json.loads(invoke("--json").stdout)
    assert (told["ok"], told["through_api"], len(told["images"])) == (True, False, 1)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"form_status": 403}, "the presigned form with 403"),
        ({"object_status": 400}, "400 to the presigned URL"),
        ({"deletes": False}, "was deleted, but its status does not say so"),
    ],
)
def test_a_step_that_fails_is_named_without_the_signature(
    fake: Fake, fault: dict[str, Any], said: str
) -> None:
    vars(fake).update(fault)
    done = invoke()
    assert code(done) == 1
    assert said in str(done.exception)
    assert "s3cr3t" not in done.output + str(done.exception)


def test_an_api_that_does_not_answer_means_that_it_could_not_run(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "HTTP", urllib3.PoolManager(retries=False))
    fake.stack.outputs["ApiUrl"] = "http://127.0.0.1:9/"  # type: ignore[index]
    done = invoke("--json")
    assert code(done) == 3
    assert not done.stdout
