"""A stage for a consumer: a bus and buckets in place of the pipeline's, and its stack for a while."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from imagebus.testing.kit.deck import originals
from imagebus_cli.command import Target
from imagebus_cli.consumers import pipeline
from imagebus_cli.consumers.blackbox import bus as buses
from imagebus_cli.consumers.blackbox.parts import Aws, parts_of
from imagebus_cli.consumers.blackbox.stores import OriginalsStore, empty_bucket
from imagebus_cli.consumers.folder import Folder
from imagebus_cli.output.terminal import Say
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack

#: Parameters that name the pipeline's buckets, and whether its bucket is versioned.
BUCKETS = {"UploadsBucketName": True, "ImagesBucketName": False}
#: Soon a dead letter, and visible again as soon as the template allows.
QUICK = {"MaxReceiveCount": "2", "VisibilityTimeout": "30"}
#: The stack with the bucket for code that `sam deploy --resolve-s3` makes.
SAM = "aws-sam-cli-managed-default"
#: Seconds that CloudFormation may take to delete a stack.
PATIENCE = 120


@dataclass(frozen=True)
class Stage:
    """`bus` is the consumer's alone. `buckets` are stand-ins for the pipeline's, by parameter."""

    name: str
    bus: str
    buckets: Mapping[str, str]

    def originals(self, aws: Aws, detail_types: list[str]) -> OriginalsStore | None:
        """The originals that the events are about, if the consumer asks for their bucket."""
        bucket = self.buckets.get("UploadsBucketName")
        if bucket is None:
            return None
        s3, versions = aws.client("s3"), {}
        for key, version, _ in originals(detail_types):
            body = f"the original of {version}".encode()
            versions[key, version] = s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
        return OriginalsStore(s3, bucket, versions)


@contextmanager
def staged(
    folder: Folder, target: Target, stack: Stack, aws: Aws, given: Mapping[str, str], say: Say
) -> Iterator[Stage]:
    """The folder's consumer in a stack of its own, deleted afterwards with all that it holds.

    `given` are parameters of its template. Raises Problem or LocalError.
    """
    name = f"consumer-test-{uuid.uuid4().hex[:8]}"
    known = pipeline.parameters(stack, layer=pipeline.LAYER in folder.declared)
    wanted = [each for each in BUCKETS if each in folder.declared and each not in given]
    buckets = {each: f"{name}-{each.removesuffix('BucketName').lower()}" for each in wanted}
    values = {**folder.given, **QUICK, **known, **buckets, **given, pipeline.BUS: name}
    _check(folder, values)
    environment = pipeline.environment(target, stack)
    try:
        buses.create(aws.client("events"), name)
        for parameter, bucket in buckets.items():
            _create(aws, bucket, versioned=BUCKETS[parameter])
        say("sam build")
        folder.build(values, environment)
        say("sam deploy")
        folder.deploy(values, environment, name)
        yield Stage(name, name, buckets)
    finally:
        say("deleting its stack")
        _remove(aws, name, buckets)


def _check(folder: Folder, values: Mapping[str, str]) -> None:
    """Raises Problem for a parameter that has no value."""
    declared = folder.template.get("Parameters", {})
    missing = [name for name, about in declared.items() if "Default" not in about and name not in values]
    if missing:
        raise Problem(
            f"{folder.path.resolve().name} needs {' and '.join(missing)}.",
            f"Give it a value: --parameter {missing[0]}=VALUE",
            exit_code=2,
        )


def _create(aws: Aws, bucket: str, *, versioned: bool) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=bucket)
    if versioned:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def _remove(aws: Aws, name: str, buckets: Mapping[str, str]) -> None:
    """What the stage has made. A bucket that the template retains is deleted too."""
    cloudformation, s3 = aws.client("cloudformation"), aws.client("s3")
    own = list(buckets.values())
    with suppress(Problem, cloudformation.exceptions.ClientError):  # it was not deployed, or not all of it
        own += parts_of(aws, name).buckets.values()
    for bucket in own:
        empty_bucket(s3, bucket)
    cloudformation.delete_stack(StackName=name)
    deadline = time.monotonic() + PATIENCE
    while _exists(cloudformation, name) and time.monotonic() < deadline:
        time.sleep(0.2)
    _remove_code(aws, name)
    left = {each["Name"] for each in s3.list_buckets()["Buckets"]}
    for bucket in left.intersection(own):
        s3.delete_bucket(Bucket=bucket)
    buses.delete(aws.client("events"), name)


def _remove_code(aws: Aws, name: str) -> None:
    """What `sam deploy` has uploaded, under the name of the stack in a bucket of its own."""
    cloudformation, s3 = aws.client("cloudformation"), aws.client("s3")
    with suppress(cloudformation.exceptions.ClientError):  # it has not come that far
        resources = cloudformation.describe_stack_resources(StackName=SAM)["StackResources"]
        for each in resources:
            if each["ResourceType"] == "AWS::S3::Bucket":
                empty_bucket(s3, each["PhysicalResourceId"], f"{name}/")


def _exists(cloudformation: Any, name: str) -> bool:
    try:
        found = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except cloudformation.exceptions.ClientError:
        return False
    return bool(found) and found[0]["StackStatus"] != "DELETE_COMPLETE"
