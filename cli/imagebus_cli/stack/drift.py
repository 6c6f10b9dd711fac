"""What was changed in a stack's resources outside of CloudFormation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from imagebus_cli.output.text import count
from imagebus_cli.stack.findings import Finding, Findings, Verdict
from imagebus_cli.stack.paging import every

if TYPE_CHECKING:
    import boto3

    from imagebus_cli.output.terminal import Say

#: CloudFormation compares a stack of this size in a minute or two.
PATIENCE = 600.0


def last_known(session: boto3.Session, stack: str) -> list[Finding]:
    """The result of the last detection, of the stack itself only. Costs one call."""
    findings = Findings()
    with findings.reading("drift"):
        about: Any = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        found = about.get("DriftInformation", {})
        status, when = found.get("StackDriftStatus", "NOT_CHECKED"), found.get("LastCheckTimestamp")
        if status == "DRIFTED":
            findings.append(Finding("drift", Verdict.BAD, f"DRIFTED when checked at {when}", "See: --drift"))
        else:
            told = f"{status} when checked at {when}" if when else "not checked"
            findings.append(Finding("drift", Verdict.NOTE, told, "To check now (takes minutes): --drift"))
    return findings


def detect(session: boto3.Session, stack: str, say: Say, *, pause: float = 2.0) -> list[Finding]:
    """Have CloudFormation compare the stack and the stacks in it, and name each resource that differs.

    A detection leaves out nested stacks, which need one of their own:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
    """
    findings, client = Findings(), session.client("cloudformation")
    with findings.reading("drift"):
        names = [stack, *_nested(client, stack)]
        running = {name: client.detect_stack_drift(StackName=name)["StackDriftDetectionId"] for name in names}
        deadline = time.monotonic() + PATIENCE
        while running:
            say(f"{len(names) - len(running)} of {count(len(names), 'stack')} compared")
            for name, number in list(running.items()):
                status = client.describe_stack_drift_detection_status(StackDriftDetectionId=number)
                if status["DetectionStatus"] == "DETECTION_IN_PROGRESS":
                    continue
                del running[name]
                findings += _differences(client, name)
                if status["DetectionStatus"] == "DETECTION_FAILED":
                    why = status.get("DetectionStatusReason", "")
                    message = f"{_short(name)} could not be compared completely: {why}"
                    findings.append(Finding("drift", Verdict.NOTE, message))
            if running and time.monotonic() > deadline:
                left = ", ".join(map(_short, running))
                findings.append(
                    Finding("drift", Verdict.NOTE, f"not compared after {PATIENCE:.0f} s: {left}")
                )
                break
            if running:
                time.sleep(pause)
        if not findings:
            told = f"none in {count(len(names), 'stack')}"
            findings.append(Finding("drift", Verdict.OK, told))
    return findings


def _nested(client: Any, stack: str) -> Iterator[str]:
    for each in every(client.list_stack_resources, "StackResourceSummaries", StackName=stack):
        if each["ResourceType"] == "AWS::CloudFormation::Stack" and each.get("PhysicalResourceId"):
            yield each["PhysicalResourceId"]


def _differences(client: Any, name: str) -> Iterator[Finding]:
    ask = client.describe_stack_resource_drifts
    wanted: Any = ["MODIFIED", "DELETED"]
    for each in every(ask, "StackResourceDrifts", StackName=name, StackResourceDriftStatusFilters=wanted):
        fields = sorted({found["PropertyPath"] for found in each.get("PropertyDifferences", ())})
        what = f"{each['LogicalResourceId']} of {_short(name)} was {each['StackResourceDriftStatus'].lower()}"
        told = f"{what} outside of CloudFormation" + (f": {', '.join(fields)}" if fields else "")
        yield Finding("drift", Verdict.BAD, told, "A deployment does not restore it. See docs/runbook.md.")


def _short(name: str) -> str:
    """The name of a stack in its ARN."""
    return name.split("/")[1] if name.startswith("arn:") else name
