"""Consumers by exactly the commands of docs/consumers.md, and consumers of a stack with another name."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import imagebus_local
from imagebus_cli.consumers.folder import Folder
from imagebus_cli.main import app
from imagebus_local.sam import architecture, runtime
from tests.contract.checkout import ROOT
from tests.e2e.consumers import Deployed
from tests.e2e.harness import Pipeline, eventually

PAGE = (ROOT / "docs" / "consumers.md").read_text(encoding="utf-8")


#: A pipeline as far as a consumer of its events can see.
ANOTHER = "images-two"
TEMPLATE = {
    "Parameters": {"Layer": {"Type": "String"}},
    "Resources": {
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": {"Ref": "AWS::StackName"}}},
        "LayerName": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Name": {"Fn::Sub": "/${AWS::StackName}/core-layer"},
                "Type": "String",
                "Value": {"Ref": "Layer"},
            },
        },
    },
    "Outputs": {"EventBusName": {"Value": {"Ref": "Bus"}}},
}


def require_node() -> None:
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("Node.js with npm is not installed")


def commands(heading: str) -> list[str]:
    """The lines that the section tells the reader to type."""
    section = re.split(rf"^### {heading}$", PAGE, flags=re.MULTILINE)[1]
    block = re.split(r"^```(?:console)?$", section, flags=re.MULTILINE)[1]
    return re.findall(r"^\$ (.+)$", block, re.MULTILINE)


@pytest.mark.embedded("the page is about the local stack")
@pytest.mark.parametrize(("heading", "name"), [("TypeScript", "hello-ts"), ("Python", "hello-py")])
def test_a_newcomer_sees_an_event_after_the_commands_of_the_page(
    pipeline: Pipeline, heading: str, name: str
) -> None:
    if heading == "TypeScript":
        require_node()
    typed, folder, running = commands(heading), ROOT / name, imagebus_local.status()
    assert len(typed) <= 6, typed
    assert not folder.exists(), f"remove {folder}, which a reader of the page made"
    hidden = ("AWS_", "MAKE")  # of this process; a reader has neither
    environment = {each: value for each, value in os.environ.items() if not each.startswith(hidden)}
    try:
        done = subprocess.run(
            ["sh", "-ec", "\n".join(typed)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        received = rf'"service":"{name}".*"event":"ImageProcessed","event_id":"'
        assert re.search(received, done.stdout), done.stdout
        assert imagebus_local.status() == running, "the stack of the other tests was deployed again"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        delete(pipeline, f"imagebus-{name}")


@pytest.fixture
def another(pipeline: Pipeline) -> Iterator[str]:
    """The name of a second stack, with a bus and the first one's layer."""
    cloudformation = pipeline.client("cloudformation")
    name = f"/{pipeline.target.stack}/core-layer"
    layer = pipeline.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    cloudformation.create_stack(
        StackName=ANOTHER,
        TemplateBody=json.dumps(TEMPLATE),
        Parameters=[{"ParameterKey": "Layer", "ParameterValue": layer}],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=ANOTHER, WaiterConfig={"Delay": 1})
    yield ANOTHER
    cloudformation.delete_stack(StackName=ANOTHER)


def made(pipeline: Pipeline, into: Path, name: str, *options: str) -> Folder:
    """A new consumer of ImageProcessed of the stack that `options` name."""
    arguments = ["new-consumer", name, "--on", "ImageProcessed", "--into", str(into), *options]
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in pipeline.target.environment.items():
            patch.setenv(variable, value)
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return Folder.at(into / name)


@pytest.mark.embedded("it makes a stack that is not a pipeline")
def test_a_python_consumer_knows_the_bus_and_the_layer_of_the_stack_that_it_is_made_for(
    pipeline: Pipeline, another: str, tmp_path: Path
) -> None:
    folder = made(pipeline, tmp_path, "counter", "--stack", another)
    assert folder.stack == "images-two-counter"
    assert folder.given == {
        "EventBusName": another,
        "CoreLayer": f"/{another}/core-layer",
        "Runtime": runtime(),
        "Architecture": architecture(),
    }


@pytest.mark.embedded("it makes a stack that is not a pipeline")
def test_a_typescript_consumer_of_another_stack_receives_its_events_and_loses_nothing(
    pipeline: Pipeline, another: str, tmp_path: Path
) -> None:
    """What is not an event goes back to the inbox once, and then to the dead letters with its error."""
    require_node()
    folder = made(pipeline, tmp_path, "counter-ts", "--language", "typescript", "--stack", another)
    environment = pipeline.target.environment | {"SAM_CLI_POLL_DELAY": "0.2"}
    try:
        folder.build({}, environment)
        folder.deploy({"MaxReceiveCount": "2"}, environment)
        outputs = dict(folder.outputs(pipeline.target.deployed))
        assert outputs["RuleArn"].endswith("rule/images-two/images-two-counter-ts")
        counter = Deployed(pipeline, folder.stack, outputs)

        sqs, poison = pipeline.client("sqs"), '{"detail-type": "ImageProcessed", "detail": {}}'
        sqs.send_message(QueueUrl=outputs["InboxUrl"], MessageBody=poison)
        event = json.loads((folder.path / "tests" / "events" / "ImageProcessed.json").read_text("utf-8"))
        entry = {
            "EventBusName": another,
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
        }
        assert pipeline.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0

        wanted = event["detail"]["meta"]["event_id"]
        received = rf'"message":"received",.*"event_id":"{wanted}"'
        eventually(
            lambda: re.search(received, "\n".join(counter.log())), within=60, what="the event is received"
        )
        letter = eventually(lambda: letters(sqs, outputs["DeadLettersUrl"]), within=60, what="a dead letter")[
            0
        ]
        told = {name: each["StringValue"] for name, each in letter["MessageAttributes"].items()}
        assert letter["Body"] == poison
        assert (told["error_type"], told["attempts"]) == ("NotAnEvent", "2")
    finally:
        delete(pipeline, folder.stack)


def delete(pipeline: Pipeline, stack: str) -> None:
    """`sam delete` does the same in the time of a test, and is tested with the Python consumers."""
    cloudformation = pipeline.client("cloudformation")
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})


def letters(sqs: Any, url: str) -> list[Any]:
    found = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])
    messages: list[Any] = found.get("Messages", [])
    return messages
