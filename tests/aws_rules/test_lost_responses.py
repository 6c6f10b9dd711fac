"""The SDK repeats a request whose response was lost, and the service has done it already.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html

CreateQueue and Subscribe answer the second time as they did the first, and so do CreateStack and
ExecuteChangeSet if both requests have the same token. StartReplay and CreateArchive answer that the name
exists, Unsubscribe and DeleteQueue that there is nothing.
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_StartReplay.html
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateArchive.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ReadTimeoutError

from imagebus_cli.operations import replay
from imagebus_cli.stack import changes, key, settling
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.stack.subscription import subscribed
from imagebus_local import archive
from tests.aws_rules.wire import Raw

ROOT = Path(__file__).parents[2]
BUS = "arn:aws:events:eu-west-1:123456789012:event-bus/imagebus"
ARCHIVE = BUS.replace("event-bus/imagebus", "archive/imagebus-events")
TOPIC = "arn:aws:sns:eu-west-1:123456789012:notifications"
SPAN = replay.Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))

#: The service did what it was asked, and its response did not arrive.
LOST = (0, "")


class Service:
    """Answers a client's requests by operation, in order; `sent` has the bodies of all requests."""

    def __init__(self, client: Any, **answers: list[tuple[int, str]]) -> None:
        self.answers, self.sent = answers, []
        self.sent: list[tuple[str, Any]]
        client.meta.events.register("before-send", self.answer)

    def answer(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        self.sent.append((operation, request.body))
        status, body = self.answers[operation].pop(0)
        if (status, body) == LOST:
            raise ReadTimeoutError(endpoint_url=request.url)
        return AWSResponse(request.url, status, {}, Raw(body.encode()))

    def requests(self, operation: str) -> list[Any]:
        return [body for name, body in self.sent if name == operation]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    session = boto3.Session("test", "test", region_name="eu-west-1")
    outputs = {"ArchiveName": "imagebus-events", "NotificationsTopicArn": TOPIC}
    return Stack(session, outputs)


def ok(**document: Any) -> tuple[int, str]:
    return 200, json.dumps(document)


def error(code: str) -> tuple[int, str]:
    return 400, json.dumps({"__type": code, "message": code})


def xml(operation: str, inner: str = "") -> tuple[int, str]:
    result = f"<{operation}Result>{inner}</{operation}Result>"
    return 200, f'<{operation}Response xmlns="http://sns.amazonaws.com/">{result}</{operation}Response>'


def test_a_replay_whose_start_was_not_confirmed_has_started(stack: Stack) -> None:
    service = Service(
        stack.events,
        DescribeArchive=[ok(ArchiveArn=ARCHIVE, EventSourceArn=BUS)],
        StartReplay=[LOST, error("ResourceAlreadyExistsException")],
    )
    name = replay.start(stack, SPAN, ["rule"])
    first, second = service.requests("StartReplay")
    assert json.loads(first)["ReplayName"] == name
    assert first == second


def test_a_replay_that_is_refused_is_an_error(stack: Stack) -> None:
    Service(
        stack.events,
        DescribeArchive=[ok(ArchiveArn=ARCHIVE, EventSourceArn=BUS)],
        StartReplay=[error("ResourceNotFoundException")],
    )
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        replay.start(stack, SPAN, ["rule"])


def test_an_archive_whose_creation_was_not_confirmed_is_there(stack: Stack) -> None:
    service = Service(
        stack.events,
        UpdateArchive=[error("ResourceNotFoundException")],
        DescribeEventBus=[ok(Arn=BUS)],
        CreateArchive=[LOST, error("ResourceAlreadyExistsException")],
    )
    archive.ensure(stack.events, "imagebus-events", "imagebus", {"EventPattern": {"source": ["x"]}})
    assert len(service.requests("CreateArchive")) == 2


def test_an_archive_that_cannot_be_created_or_updated_is_an_error(stack: Stack) -> None:
    Service(stack.events, UpdateArchive=[error("InvalidEventPatternException")])
    with pytest.raises(ClientError, match="InvalidEventPatternException"):
        archive.ensure(stack.events, "imagebus-events", "imagebus", {"EventPattern": {}})


def test_a_subscription_is_made_and_removed_although_every_response_is_lost_once(stack: Stack) -> None:
    url, arn = "https://sqs.eu-west-1.amazonaws.com/1/q", "arn:aws:sqs:eu-west-1:1:q"
    queues = Service(
        stack.sqs,
        CreateQueue=[LOST, ok(QueueUrl=url)],
        GetQueueAttributes=[ok(Attributes={"QueueArn": arn})],
        SetQueueAttributes=[LOST, ok()],
        DeleteQueue=[LOST, error("com.amazonaws.sqs#QueueDoesNotExist")],
    )
    missing = "<ErrorResponse><Error><Code>NotFound</Code><Message>m</Message></Error></ErrorResponse>"
    subscription = f"<SubscriptionArn>{TOPIC}:1</SubscriptionArn>"
    topics = Service(
        stack.sns,
        Subscribe=[LOST, xml("Subscribe", subscription)],
        Unsubscribe=[LOST, (404, missing)],
    )
    with subscribed(stack) as made:
        assert made.queue_url == url
    first, second = queues.requests("CreateQueue")
    assert first == second
    assert len(topics.requests("Unsubscribe")) == len(queues.requests("DeleteQueue")) == 2


def test_a_stack_is_created_and_a_change_set_executed_by_one_token_however_often_it_is_sent(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses = iter([None, "CREATE_COMPLETE", "CREATE_COMPLETE"])
    monkeypatch.setattr(settling, "status", lambda *_: next(statuses))
    monkeypatch.setattr(changes, "_wait_for_the_start", lambda *_: None)
    monkeypatch.setattr(stack.session, "client", lambda _: client)
    output = "<member><OutputKey>KeyArn</OutputKey><OutputValue>key</OutputValue></member>"
    described = f"<Stacks><member><Outputs>{output}</Outputs></member></Stacks>"
    about = "<StackId>1</StackId><StackName>s</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>"
    client = boto3.client("cloudformation", region_name="eu-west-1")
    service = Service(
        client,
        CreateStack=[LOST, xml("CreateStack", "<StackId>1</StackId>")],
        DescribeStacks=[xml("DescribeStacks", described)],
        DescribeChangeSet=[xml("DescribeChangeSet", about)],
        ExecuteChangeSet=[LOST, xml("ExecuteChangeSet")],
    )
    assert key.create(stack.session, "imagebus", ROOT, print) == "key"
    assert changes.execute(client, "arn:change-set", print) == "1"
    for operation in ("CreateStack", "ExecuteChangeSet"):
        first, second = service.requests(operation)
        assert first == second
        assert "ClientRequestToken=imagebus-" in str(first)
