"""The parts of a consumer's stack: its inbox, its function, and whatever it writes to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from imagebus_cli.consumers.blackbox.bus import rules_to
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import CONFIG, Stack

NESTED = "AWS::CloudFormation::Stack"


class Aws:
    """Clients for the AWS where a stack is."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.client = cache(self._client)

    def _client(self, service: str) -> Any:
        make: Any = self._stack.session.client  # the typed overloads want a literal name
        return make(service, endpoint_url=self._stack.endpoint, config=CONFIG)

    @property
    def is_real(self) -> bool:
        """Whether it is AWS itself, and not an emulator, whatever variables say."""
        return ".amazonaws." in self.client("sqs").meta.endpoint_url


@dataclass(frozen=True)
class Inbox:
    """A queue that a rule fills and a function empties. `mapping` is as Lambda lists it."""

    url: str
    arn: str
    dead_letters_url: str | None
    max_receive_count: int
    function: str
    mapping: dict[str, Any]
    #: (bus, rule) of each rule that sends to it.
    rules: tuple[tuple[str, str], ...]


@dataclass
class Parts:
    """Physical names by logical id: URLs of queues, but for the inbox and its letters; ARNs of topics."""

    inbox: Inbox
    tables: dict[str, str] = field(default_factory=dict)
    buckets: dict[str, str] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)
    topics: dict[str, str] = field(default_factory=dict)
    #: URLs of queues of its own that functions of its own empty.
    polled: list[str] = field(default_factory=list)


def parts_of(aws: Aws, name: str) -> Parts:
    """Raises Problem if the stack is not a consumer, and what boto3 raises if there is none."""
    found: dict[str, dict[str, str]] = {}
    for kind, logical, physical in _resources(aws, name):
        found.setdefault(kind, {})[logical] = physical
    sqs = aws.client("sqs")
    attributes = {
        url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        for url in found.get("AWS::SQS::Queue", {}).values()
    }
    urls = {each["QueueArn"]: url for url, each in attributes.items()}
    mappings = [
        mapping
        for function in found.get("AWS::Lambda::Function", {}).values()
        for mapping in aws.client("lambda").list_event_source_mappings(FunctionName=function)[
            "EventSourceMappings"
        ]
        if mapping.get("EventSourceArn") in urls
    ]
    inboxes = list(_inboxes(aws, mappings, attributes, urls))
    if len(inboxes) != 1:
        raise Problem(
            f"{name} has {len(inboxes)} queues that a rule fills and a function empties.",
            "A consumer has one: its inbox. Is this the consumer's own stack?",
            exit_code=2,
        )
    (inbox,) = inboxes
    own = {inbox.url, inbox.dead_letters_url}
    return Parts(
        inbox,
        tables=found.get("AWS::DynamoDB::Table", {}),
        buckets=found.get("AWS::S3::Bucket", {}),
        queues={name: url for name, url in found.get("AWS::SQS::Queue", {}).items() if url not in own},
        topics=found.get("AWS::SNS::Topic", {}),
        polled=[urls[each["EventSourceArn"]] for each in mappings if urls[each["EventSourceArn"]] not in own],
    )


def _resources(aws: Aws, stack: str) -> Iterator[tuple[str, str, str]]:
    """Type, logical id and physical id of each resource, also of the nested stacks."""
    pages = aws.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    for each in (item for page in pages for item in page["StackResourceSummaries"]):
        if each["ResourceType"] == NESTED:
            yield from _resources(aws, each["PhysicalResourceId"])
        else:
            yield each["ResourceType"], each["LogicalResourceId"], each["PhysicalResourceId"]


def _inboxes(
    aws: Aws, mappings: list[dict[str, Any]], attributes: dict[str, dict[str, str]], urls: dict[str, str]
) -> Iterator[Inbox]:
    for mapping in mappings:
        arn = mapping["EventSourceArn"]
        redrive = json.loads(attributes[urls[arn]].get("RedrivePolicy", "{}"))
        if rules := tuple(rules_to(aws.client("events"), arn)):
            yield Inbox(
                urls[arn],
                arn,
                urls.get(redrive.get("deadLetterTargetArn", "")),
                int(redrive.get("maxReceiveCount", 1)),
                mapping["FunctionArn"],
                mapping,
                rules,
            )
