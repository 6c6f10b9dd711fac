"""Consumers in separate stacks, deployed by the real `sam deploy` and observed through their logs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.harness import Pipeline, eventually


@dataclass(frozen=True)
class Deployed:
    """A consumer's stack, by its outputs."""

    pipeline: Pipeline
    stack: str
    outputs: dict[str, str]

    def log(self) -> list[str]:
        logs = self.pipeline.client("logs")
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=self.outputs["LogGroupName"])
        return [event["message"] for page in pages for event in page["events"]]

    def received(self, key: str) -> list[dict[str, Any]]:
        """The handler's log lines about the image."""
        ids = {event["detail"]["meta"]["event_id"] for event in self.pipeline.delivered(key)}
        lines = [_json(line) for line in self.log()]
        return [line for line in lines if line.get("message") == "received" and line.get("event_id") in ids]

    def wait_received(self, key: str, count: int, within: float = 60) -> list[dict[str, Any]]:
        def look() -> list[dict[str, Any]] | None:
            lines = self.received(key)
            return lines if len(lines) >= count else None

        return eventually(look, within=within, what=f"{self.stack} received {count} events about {key}")


def _json(text: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def sam(pipeline: Pipeline, folder: Path, *arguments: str) -> str:
    """Runs the SAM CLI in a consumer's folder, against the AWS of the pipeline."""
    program = str(Path(sys.executable).with_name("sam"))
    environment = pipeline.target.environment | {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2"}
    done = subprocess.run(
        [program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def deployed(pipeline: Pipeline, folder: Path, *parameters: str) -> Iterator[Deployed]:
    """The consumer in `folder`, deployed as its README says; afterwards deleted with everything it wrote."""
    stack = f"imagebus-{folder.name}"
    # A message that a busy machine refused is delivered again before the test times out.
    bus, layer = pipeline.outputs["EventBusName"], f"/{pipeline.target.stack}/core-layer"
    common = ("VisibilityTimeout=30", f"EventBusName={bus}", f"CoreLayer={layer}")
    sam(pipeline, folder, "deploy", "--parameter-overrides", *common, *parameters)
    pipeline.stacks.add(stack)
    cloudformation = pipeline.client("cloudformation")
    try:
        (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}
        consumer = Deployed(pipeline, stack, outputs)
        try:
            yield consumer
        except AssertionError:
            print(*consumer.log(), sep="\n")
            raise
    finally:
        pipeline.stacks.discard(stack)
        region = ("--region", pipeline.target.region)
        sam(pipeline, folder, "delete", "--stack-name", stack, "--no-prompts", *region)
