"""examples/webhooks beside the running pipeline, with receivers on this computer."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook
from typer.testing import CliRunner

from tests.e2e.consumers import Deployed, deployed
from tests.e2e.decisions import Recording
from tests.e2e.harness import Pipeline, eventually, jpeg
from tests.e2e.test_new_consumer import replay

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "webhooks"
TOKEN = "token-of-the-subscriber"

Command = Callable[..., str]


class Receiver:
    """Answers with the statuses that it was given, then with 204. `posts` are headers and body."""

    def __init__(self, *statuses: int) -> None:
        self.posts: list[tuple[dict[str, str], str]] = []
        answers = iter(statuses)
        posts = self.posts

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                posts.append((dict(self.headers), body))
                self.send_response(next(answers, 204))
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook?{TOKEN}"

    def wait(self, number: int) -> None:
        eventually(lambda: len(self.posts) >= number, within=30, what=f"{number} posts")


@contextmanager
def receiving(*receivers: Receiver) -> Iterator[None]:
    try:
        yield
    finally:
        for each in receivers:
            each.server.shutdown()
            each.server.server_close()


@pytest.fixture
def webhooks(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """The command. Not as a process each time: most of its time is the import of boto3."""
    for name, value in pipeline.target.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(FOLDER / "src"))
    app = importlib.import_module("webhooks.command").app

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    yield run
    # Another test asks whether a new consumer may have this name.
    for name in [each for each in sys.modules if each.partition(".")[0] == "webhooks"]:
        del sys.modules[name]


def subscribe(webhooks: Command, receiver: Receiver, key: str) -> tuple[str, str]:
    """The subscription's id and its secret."""
    prefix = key.rpartition("/")[0]
    first, secret = webhooks(
        "add", receiver.url, "--types", "ImageProcessed", "--prefix", prefix
    ).splitlines()
    return first.split()[0], secret


def swept(example: Deployed) -> None:
    """The schedule does that every minute."""
    answer = example.pipeline.client("lambda").invoke(FunctionName=example.outputs["SweeperName"])
    assert "FunctionError" not in answer, answer["Payload"].read()


@contextmanager
def listening(pipeline: Pipeline, source: str) -> Iterator[list[dict[str, Any]]]:
    """The events of a source, which arrive in the list when it is looked at."""
    sqs, events = pipeline.client("sqs"), pipeline.client("events")
    name, bus = f"{pipeline.listener}-webhooks", pipeline.outputs["EventBusName"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": [source]}))
    target = {"Id": "all", "Arn": pipeline.allow_sending(url, "events.amazonaws.com")}
    events.put_targets(Rule=name, EventBusName=bus, Targets=[target])

    class Arrived(list[dict[str, Any]]):
        def __len__(self) -> int:
            found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            for message in found:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                self.append(json.loads(message["Body"]))
            return super().__len__()

    try:
        yield Arrived()
    finally:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=["all"])
        events.delete_rule(Name=name, EventBusName=bus)
        sqs.delete_queue(QueueUrl=url)


#: Of Lambda's poller, which does not ask as the role here.
ELSEWHERE = (
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
)


def unused(example: Deployed, recording: Recording, position: int) -> list[tuple[str, str, str]]:
    """Role, action and resource of what a function may do and has not done."""
    iam, decisions = example.pipeline.client("iam"), recording.since(position)
    found = []
    for page in iam.get_paginator("list_roles").paginate():
        for role in (each["RoleName"] for each in page["Roles"] if example.stack in each["RoleName"]):
            done = {(each.action, each.resource) for each in decisions if each.role == role}
            for action, resource in granted(iam, role):
                if action.startswith("logs:") or action in ELSEWHERE or resource.endswith("_dead_letters"):
                    continue
                if not any(action == used and fnmatch(on, resource) for used, on in done):
                    found.append((role, action, resource))
    return found


def granted(iam: Any, role: str) -> Iterator[tuple[str, str]]:
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        arn = attached["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        documents.append(
            iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        )
    for statement in (each for document in documents for each in document["Statement"]):
        actions, resources = (
            each if isinstance(each, list) else [each]
            for each in (statement["Action"], statement["Resource"])
        )
        yield from product(actions, resources)


def logs(example: Deployed) -> str:
    client = example.pipeline.client("logs")
    groups = client.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{example.stack}")["logGroups"]
    assert len(groups) == 3
    pages = [client.filter_log_events(logGroupName=each["logGroupName"])["events"] for each in groups]
    return "\n".join(event["message"] for page in pages for event in page)


@pytest.mark.embedded("the receivers are on this computer")
def test_events_are_posted_signed_retried_redelivered_and_not_replayed(
    pipeline: Pipeline, webhooks: Command, recording: Recording
) -> None:
    well, broken, _ = receivers = Receiver(), Receiver(500), Receiver(410)
    started, position = datetime.now(UTC) - timedelta(seconds=2), recording.position()
    with (
        receiving(*receivers),
        listening(pipeline, "imagebus-webhooks") as announced,
        deployed(pipeline, FOLDER, "AllowLoopback=true") as example,
    ):
        key = pipeline.key("a+b.jpg")
        (first, secret), (second, _), (third, _) = (subscribe(webhooks, each, key) for each in receivers)
        pipeline.upload(key, jpeg())
        pipeline.wait(key, "completed")
        for each in receivers:
            each.wait(1)

        headers, body = well.posts[0]
        payload = Webhook(secret).verify(body, headers)
        (event,) = {
            each["detail"]["meta"]["event_id"]: each
            for each in pipeline.delivered(key)
            if each["detail-type"] == "ImageProcessed"
        }.values()
        assert payload["type"] == "ImageProcessed"
        assert payload["data"]["data"].keys() == event["detail"]["data"].keys()
        assert headers["webhook-id"] == event["detail"]["meta"]["event_id"]

        # A new secret is accepted, and the old one still is. What failed is posted again under the same id.
        new = webhooks("rotate", second).splitlines()[-1]
        eventually(lambda: "500" in webhooks("log", second), within=30, what="the failure is logged")
        assert webhooks("redeliver", second, "--since", "2026-01-01").endswith(": 1.\n")
        swept(example)
        broken.wait(2)
        (headers, body), (again, same) = broken.posts
        assert (headers["webhook-id"], body) == (again["webhook-id"], same)
        # A sender that is running may know the secrets of a minute ago.
        assert 1 <= len(again["webhook-signature"].split()) <= 2
        assert new.startswith("whsec_")
        eventually(lambda: "  delivered" in webhooks("log", second), within=30, what="it is delivered")

        # 410 disables, and that is an event, which the pipeline leaves alone.
        eventually(lambda: "disabled (gone)" in webhooks("list"), within=30, what="it is disabled")
        swept(example)
        eventually(lambda: len(announced) > 0, within=30, what="the event")
        assert announced[0]["detail"]["data"]["subscription"] == third
        assert announced[0]["detail-type"] == "EndpointDisabled"

        replay(pipeline, example.outputs["RuleArn"], started)
        pipeline.settled()
        assert [len(each.posts) for each in receivers] == [1, 2, 1]

        # Without the parameter this computer is refused.
        functions = pipeline.client("lambda")
        (sender,) = (
            each
            for page in functions.get_paginator("list_functions").paginate()
            for each in page["Functions"]
            if each["Handler"] == "webhooks.handler.handle_due"
        )
        variables = sender["Environment"]["Variables"] | {"ALLOW_LOOPBACK": "false"}
        functions.update_function_configuration(
            FunctionName=sender["FunctionName"], Environment={"Variables": variables}
        )
        webhooks("redeliver", first, headers["webhook-id"])
        swept(example)
        eventually(lambda: "refused: " in webhooks("log", first), within=30, what="it is refused")
        assert len(well.posts) == 1

        # As README.md runs it.
        listed = subprocess.run(
            [sys.executable, "-m", "webhooks", "list"],
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(FOLDER / "src"), *sys.path])},
            capture_output=True,
            text=True,
            check=True,
        )
        assert {line.split("\t")[0] for line in listed.stdout.splitlines()} == {first, second, third}

        if recording.path.exists():  # unless the local AWS was up before
            assert unused(example, recording, position) == []
        told = logs(example)
        for private in (secret, new, TOKEN, key):
            assert private not in told
        for name in (first, second, third):
            webhooks("remove", name)
        parameters = pipeline.client("ssm").describe_parameters()["Parameters"]
        assert {first, second, third}.isdisjoint(each["Name"].rpartition("/")[2] for each in parameters)
    pipeline.wait_no_dead_letters()
