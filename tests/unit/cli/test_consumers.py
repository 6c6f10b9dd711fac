"""`imagebus try-consumer`: what it reads from a folder, how it calls SAM, when events count as handled."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from imagebus.events.catalog import BY_DETAIL_TYPE
from imagebus_cli import main
from imagebus_cli.command import Target
from imagebus_cli.consumers import pipeline, trying
from imagebus_cli.consumers.folder import Folder
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack
from imagebus_local import LocalError, sam
from tests.unit.cli.builders import event

TEMPLATE = """\
Parameters:
  EventBusName: { Type: String }
  Bucket: { Type: String }
Resources:
  Consumer: { Type: AWS::CloudFormation::Stack, Properties: { Parameters: { DetailTypes: "A,B" } } }
"""
SETTINGS = """\
[default.global.parameters]
stack_name = "imagebus-counter"
[default.deploy.parameters]
parameter_overrides = %s
"""
OUTPUTS = {"LogGroupName": "log", "InboxUrl": "inbox", "DeadLettersUrl": "letters"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "template.yml").write_text(TEMPLATE, encoding="utf-8")
    (tmp_path / "samconfig.toml").write_text(SETTINGS % '["EventBusName=imagebus", "Bucket=b"]', "utf-8")
    return tmp_path


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """The arguments of every call of SAM, which succeeds."""
    made: list[Sequence[str]] = []

    def run(arguments: Sequence[str], _: object, folder: Path) -> subprocess.CompletedProcess[str]:
        made.append(arguments)
        return subprocess.CompletedProcess(arguments, 0, "")

    monkeypatch.setattr(sam, "run", run)
    return made


def bin_with(folder: Path, **programs: str) -> dict[str, str]:
    """An environment whose PATH has only these programs, which print something."""
    for name, printed in programs.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\necho {printed}\n", encoding="utf-8")
        program.chmod(0o755)
    return {"PATH": str(folder)}


@pytest.mark.parametrize(
    "settings", ['["EventBusName=imagebus", "Bucket=b"]', '"EventBusName=imagebus Bucket=b"']
)
def test_the_pipeline_decides_its_parameters_and_the_folder_all_others(
    path: Path, calls: list[Sequence[str]], settings: str
):
    (path / "samconfig.toml").write_text(SETTINGS % settings, encoding="utf-8")
    Folder.at(path).deploy({"EventBusName": "prod", "CoreLayer": "/prod/core-layer"}, {})
    (call,) = calls
    assert call[-3:] == ["--parameter-overrides", 'EventBusName="prod"', 'Bucket="b"']


def test_only_what_has_packages_is_built(path: Path, calls: list[Sequence[str]], tmp_path: Path):
    consumer = Folder.at(path)
    consumer.build({}, {})
    assert calls == []
    (path / "src").mkdir()
    (path / "src" / "requirements.txt").touch()
    consumer.build({}, {})
    assert [call[0] for call in calls] == ["build"]


def test_what_is_not_built_is_deployed_as_it_is_whatever_an_earlier_build_left(
    path: Path, calls: list[Sequence[str]]
):
    (path / ".aws-sam" / "build").mkdir(parents=True)
    (path / ".aws-sam" / "build" / "template.yaml").touch()  # which SAM would take
    Folder.at(path).deploy({}, {})
    assert calls[0][:3] == ["deploy", "--template-file", "template.yml"]
    (path / "package.json").touch()
    Folder.at(path).deploy({}, {})
    assert "--template-file" not in calls[1]


def test_a_consumer_can_be_deployed_a_second_time_under_another_name(path: Path, calls: list[Sequence[str]]):
    Folder.at(path).deploy({}, {}, "consumer-test-1")
    named = ["--stack-name", "consumer-test-1", "--s3-prefix", "consumer-test-1"]
    assert calls[0][:7] == ["deploy", "--template-file", "template.yml", *named]


def deployed_for(*answers: Mapping[str, Any] | ClientError) -> Stack:
    """A stack beside which CloudFormation says this of the consumer's."""
    said = iter(answers)

    def describe_stacks(**asked: str) -> Mapping[str, Any]:
        assert asked == {"StackName": "imagebus-counter"}
        answer = next(said)
        if isinstance(answer, ClientError):
            raise answer
        return {"Stacks": [answer]}

    session: Any = SimpleNamespace(
        client=lambda *_, **__: SimpleNamespace(describe_stacks=describe_stacks), region_name="eu-west-1"
    )
    return Stack(session, {})


def test_a_consumer_of_another_pipeline_is_not_taken_away_from_it(path: Path):
    listens = {"Parameters": [{"ParameterKey": "EventBusName", "ParameterValue": "imagebus"}]}
    missing = ClientError({"Error": {"Code": "ValidationError", "Message": ""}}, "DescribeStacks")
    consumer, stack = Folder.at(path), deployed_for(listens, missing, listens)
    consumer.check_pipeline(stack, "imagebus")
    consumer.check_pipeline(stack, "images-prod")
    with pytest.raises(Problem, match=r"listens to imagebus\. It would listen to images-prod") as raised:
        consumer.check_pipeline(stack, "images-prod")
    assert "--stack imagebus" in raised.value.advice


@pytest.mark.parametrize(
    ("programs", "message"),
    [
        ({}, "Node.js and npm, which are not on the PATH"),
        ({"node": "v20.1.0"}, "Node.js and npm, which are not on the PATH"),
        ({"node": "v18.20.0", "npm": "10"}, "needs Node.js 20, and .* is 18.20.0"),
        ({"node": "", "npm": "10"}, "needs Node.js 20, and .* is broken"),
    ],
)
def test_a_missing_or_old_node_is_said_before_sam_is_called(
    path: Path, calls: list[Sequence[str]], programs: dict[str, str], message: str
):
    (path / "package.json").touch()
    (path / "bin").mkdir()
    with pytest.raises(Problem, match=message) as raised:
        Folder.at(path).build({}, bin_with(path / "bin", **programs))
    assert "Install Node.js 20 or newer" in raised.value.advice
    assert calls == []


def test_the_end_of_what_sam_said_comes_with_its_failure(path: Path, monkeypatch: pytest.MonkeyPatch):
    failed = subprocess.CompletedProcess([], 1, "much\nError: no such bus\n")
    monkeypatch.setattr(sam, "run", lambda *_: failed)
    with pytest.raises(LocalError, match="sam deploy failed") as raised:
        Folder.at(path).deploy({}, {})
    assert "no such bus" in raised.value.detail


@pytest.mark.parametrize("name", ["template.yml", "samconfig.toml"])
@pytest.mark.parametrize("text", [None, "[", "x: [\n"])
def test_a_folder_without_a_consumer_is_a_usage_error(path: Path, name: str, text: str | None):
    if text is None:
        (path / name).unlink()
    else:
        (path / name).write_text(text, encoding="utf-8")
    raised = CliRunner().invoke(main.app, ["try-consumer", str(path)]).exception
    assert isinstance(raised, Problem)
    assert raised.exit_code == 2


def test_a_rule_without_types_listens_to_all(path: Path):
    assert Folder.at(path).listens_to == {"A", "B"}
    (path / "template.yml").write_text("Resources: { Consumer: { Type: x } }", encoding="utf-8")
    assert Folder.at(path).listens_to == set(BY_DETAIL_TYPE)


def test_a_profile_is_not_overruled_by_keys_in_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
    stack = Stack(boto3.Session(region_name="eu-west-1"), {})
    chosen = pipeline.environment(Target("prod", profile="work"), stack)
    assert "AWS_ACCESS_KEY_ID" not in chosen
    assert (chosen["AWS_PROFILE"], chosen["AWS_REGION"]) == ("work", "eu-west-1")
    assert os.environ["AWS_ACCESS_KEY_ID"] == "other"
    local = pipeline.environment(Target(), Stack.local("http://127.0.0.1:4570", "us-east-1", {}))
    assert local["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4570"


class World:
    """A stack where the image is done at once. `looks` are log, inbox and dead letters, one after another."""

    def __init__(self, *looks: tuple[Sequence[str], int, int], events: Sequence[str] = ("A",)) -> None:
        self.looks, self.now, self.erased = list(looks), 0.0, list[str]()
        self.store = SimpleNamespace(
            status=lambda _: {"status": "completed"},
            latest=lambda _: [event(f"id-of-{each}", each, 0) for each in events],
        )
        self.uploads = "uploads"
        self.s3 = SimpleNamespace(put_object=lambda **_: None)
        self.logs = SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=self._lines))
        self.sqs = SimpleNamespace(get_queue_attributes=self._queue)

    def sleep(self, seconds: float) -> None:
        """Time passes, and after each pause the next look is there; the last one stays."""
        self.now += seconds
        if self.now > seconds and len(self.looks) > 1:
            self.looks.pop(0)

    def _lines(self, **_: object) -> list[Mapping[str, Any]]:
        return [{"events": [{"message": line} for line in self.looks[0][0]]}]

    def _queue(self, **asked: Any) -> Mapping[str, Any]:
        number = self.looks[0][1 if asked["QueueUrl"] == "inbox" else 2]
        return {"Attributes": {"ApproximateNumberOfMessages": str(number)}}


def tried(
    path: Path, monkeypatch: pytest.MonkeyPatch, world: World, patience: float = 60
) -> tuple[trying.Trial, float]:
    monkeypatch.setattr(trying.time, "sleep", world.sleep)
    monkeypatch.setattr(trying.time, "monotonic", lambda: world.now)
    monkeypatch.setattr(trying, "erase", lambda _, key: world.erased.append(key))
    stack: Any = world
    trial = trying.run(Folder.at(path), stack, OUTPUTS, patience=patience, say=lambda _: None)
    return trial, world.now


def test_it_is_done_when_the_log_names_every_event_and_the_inbox_is_empty(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    world = World(([], 1, 0), (["START x", "got id-of-A"], 1, 0), (["START x", "got id-of-A"], 0, 0))
    trial, seconds = tried(path, monkeypatch, world)
    assert (trial.ok, trial.log, trial.missing) == (True, ["got id-of-A"], [])
    assert seconds < trying.QUIET
    assert world.erased == [trial.image_key]


def test_a_function_that_logs_no_ids_is_done_when_its_inbox_stays_empty(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    world = World(([], 0, 0), (["hello"], 1, 0), (["hello"], 0, 0), events=("A", "B", "C"))
    trial, seconds = tried(path, monkeypatch, world)
    assert (trial.ok, trial.missing, trial.about_it) == (True, ["A", "B"], ["hello"])
    assert seconds > trying.QUIET


def test_it_has_failed_when_an_event_is_given_up_even_if_it_was_logged(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    world = World((["got id-of-A"], 1, 7), (["got id-of-A", "not handled"], 0, 8))
    world.looks.insert(0, ([], 0, 7))
    trial, _ = tried(path, monkeypatch, world)
    assert (trial.ok, trial.given_up) == (False, 1)


def test_it_has_failed_when_nothing_arrives(path: Path, monkeypatch: pytest.MonkeyPatch):
    world = World(([], 0, 0))
    trial, seconds = tried(path, monkeypatch, world, patience=20)
    assert (trial.ok, trial.settled) == (False, False)
    assert seconds >= 20
    assert world.erased == [trial.image_key]


def test_where_others_keep_the_inbox_busy_the_log_decides(path: Path, monkeypatch: pytest.MonkeyPatch):
    trial, seconds = tried(path, monkeypatch, World((["got id-of-A"], 5, 0)), patience=20)
    assert trial.ok
    assert seconds >= 20


def test_a_consumer_of_what_no_upload_causes_is_told_so_and_the_image_is_erased(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    world = World(([], 0, 0), events=("C",))
    with pytest.raises(Problem, match="causes none of the events"):
        tried(path, monkeypatch, world)
    assert len(world.erased) == 1
