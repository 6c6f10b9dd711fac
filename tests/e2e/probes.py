"""Invocations of single functions that together make every AWS call that each function ever makes."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any
from urllib.parse import quote_plus

from imagebus.clock import timestamp
from imagebus.erasures import DynamoDBErasures
from imagebus.events import catalog
from imagebus.history.recorded import RecordedEvent
from imagebus.identity import derived_prefix
from tests.e2e.decisions import Recording
from tests.e2e.harness import Pipeline, jpeg

Payload = dict[str, Any]

ACCOUNT = "000000000000"
LAST_RECEIVE = 5
#: What EventBridge's schedule sends.
SCHEDULED: Payload = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
SCHEDULED_FUNCTIONS = ("CleanerFunction", "FailuresFunction")
#: As template.yml names them.
STAGES = tuple(stage.name.title() for stage in catalog.STAGES)
#: Each consumer's own, and the queue of undelivered events.
LETTERS = (*(f"{stage}DeadLetters" for stage in STAGES), "UndeliveredQueue")


@dataclass(frozen=True)
class Answer:
    """The result of an invocation; for a queue's consumer, failed records count as failure."""

    error: str
    payload: Any

    @property
    def failed(self) -> bool:
        failures = self.payload.get("batchItemFailures") if isinstance(self.payload, dict) else None
        return bool(self.error or failures)


@dataclass
class Bench:
    """The running stack, with one completed image whose events the probes are based on."""

    pipeline: Pipeline
    recording: Recording

    def __post_init__(self) -> None:
        self.iam = self.pipeline.client("iam")
        self.resource = cache(self.pipeline.resource)

    def role(self, function: str) -> str:
        return self.resource(function.removesuffix("Function") + "Role")

    def arn(self, name: str) -> str:
        """`UploadsBucket/*` -> `arn:aws:s3:::imagebus-uploadsbucket-…/*`; `*_inbox`: that of any stage."""
        logical, slash, rest = name.partition("/")
        if logical == "*":
            return "*"
        if logical.startswith("*_"):
            target = self.pipeline.target
            return f"arn:aws:sqs:{target.region}:{ACCOUNT}:{target.stack}_{logical}"
        return self._arn(logical) + slash + rest

    def _arn(self, logical: str) -> str:
        physical, region = self.resource(logical), self.pipeline.target.region
        if physical.startswith("arn:"):
            return physical
        if "://" in physical:
            return f"arn:aws:sqs:{region}:{ACCOUNT}:{physical.rsplit('/', 1)[1]}"
        if logical.endswith("Bucket"):
            return f"arn:aws:s3:::{physical}"
        if logical.endswith("Table"):
            return f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/{physical}"
        if logical == "EventBus":
            return f"arn:aws:events:{region}:{ACCOUNT}:event-bus/{physical}"
        raise ValueError(f"what is {logical}?")

    def invoke(self, function: str, payload: Payload) -> Answer:
        answer = self.pipeline.client("lambda").invoke(
            FunctionName=self.resource(function), Payload=json.dumps(payload)
        )
        return Answer(answer.get("FunctionError", ""), json.loads(answer["Payload"].read() or "null"))

    def restart(self, function: str) -> None:
        """The next invocation starts cold: it remembers nothing of those before."""
        client, name = self.pipeline.client("lambda"), self.resource(function)
        variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        variables["RESTARTED"] = str(uuid.uuid4())
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        client.get_waiter("function_updated_v2").wait(FunctionName=name)

    @cached_property
    def key(self) -> str:
        """An image that was completed and then replaced by another one."""
        key = self.pipeline.upload(self.pipeline.key("probed.jpg"), jpeg())
        self.pipeline.wait(key, "completed")
        return key

    @cached_property
    def events(self) -> dict[str, RecordedEvent]:
        return {event.detail_type: event for event in self.pipeline.log(self.key)}

    @cached_property
    def version(self) -> str:
        """The version of a replaced upload; its bytes are still there."""
        s3, bucket = self.pipeline.client("s3"), self.pipeline.outputs["UploadsBucketName"]
        key = self.replaced
        versions = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
        return str(next(each["VersionId"] for each in versions if not each["IsLatest"]))

    @cached_property
    def replaced(self) -> str:
        key = self.pipeline.key("replaced.jpg")
        for color in ("teal", "red"):
            self.pipeline.upload(key, jpeg(color))
        return key

    @cached_property
    def unrecorded(self) -> str:
        """An image in the bucket that is not in the table."""
        key, table = self.pipeline.upload(self.pipeline.key("new.jpg"), jpeg()), self.resource("StatusTable")
        self.pipeline.wait(key, "completed")
        self.pipeline.settled()
        dynamodb = self.pipeline.client("dynamodb")
        items = dynamodb.query(
            TableName=table,
            KeyConditionExpression="image_key = :key",
            ExpressionAttributeValues={":key": {"S": key}},
        )["Items"]
        for item in items:
            dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ("image_key", "sk")})
        return key

    def event(self, detail_type: str, key: str | None = None, **meta: Any) -> Payload:
        """An envelope like the completed image's, about another key if one is given."""
        recorded = self.events[detail_type]
        text = json.dumps(recorded.detail)
        if key is not None:
            text = text.replace(json.dumps(self.key)[1:-1], json.dumps(key)[1:-1])
        detail = json.loads(text)
        detail["meta"].update(meta)
        return {"source": recorded.source, "detail-type": recorded.detail_type, "detail": detail}

    @contextmanager
    def without_the_schedule(self) -> Iterator[None]:
        """The sweeper runs only when a probe runs it; otherwise it would process the probe's image."""
        events, rule = self.pipeline.client("events"), self.resource("SweeperFunctionSweep")
        name = rule.rsplit("/", 1)[-1]
        events.disable_rule(Name=name)
        try:
            yield
        finally:
            events.enable_rule(Name=name)


Probe = Callable[[Bench], Payload]


def batch(queue_arn: str, *bodies: str, receives: int = 1) -> Payload:
    """An SQS event. The receipt handles are fake: SQS refuses them after IAM has allowed the call."""
    return {
        "Records": [
            {
                "messageId": str(uuid.uuid4()),
                "receiptHandle": "no-such-handle",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(receives)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": queue_arn,
            }
            for body in bodies
        ]
    }


def to(stage: str, *envelopes: Callable[[Bench], Payload]) -> Probe:
    return lambda bench: batch(bench.arn(f"{stage}Inbox"), *(json.dumps(each(bench)) for each in envelopes))


def poison(stage: str, receives: int) -> Probe:
    return lambda bench: batch(bench.arn(f"{stage}Inbox"), "no event", receives=receives)


def consumer(stage: str, **probes: Probe) -> Mapping[str, Probe]:
    """The consumer's own probes, and those for a message that it does not understand."""
    return {
        **probes,
        "comes again later": poison(stage, 1),
        "goes to the dead letters": poison(stage, LAST_RECEIVE),
    }


def current(detail_type: str) -> Callable[[Bench], Payload]:
    return lambda bench: bench.event(detail_type)


def cold(stage: str, detail_type: str) -> Probe:
    def probe(bench: Bench) -> Payload:
        bench.restart(f"{stage}Function")
        return to(stage, current(detail_type))(bench)

    return probe


def replaced(detail_type: str) -> Callable[[Bench], Payload]:
    return lambda bench: bench.event(detail_type, bench.replaced, version_id=bench.version)


def missing(detail_type: str) -> Callable[[Bench], Payload]:
    return lambda bench: bench.event(detail_type, bench.pipeline.key("missing.jpg"))


def reader(stage: str, detail_type: str) -> Mapping[str, Probe]:
    return consumer(
        stage,
        current=to(stage, current(detail_type)),
        replaced=to(stage, replaced(detail_type)),
        missing=to(stage, missing(detail_type)),
    )


def _uploaded(bench: Bench) -> Payload:
    return s3_event(bench, bench.pipeline.key())


def _encoded(bench: Bench) -> Payload:
    """An event whose key S3 encoded, about an object that ingest must look up."""
    key, bucket = bench.pipeline.key("a+b c.jpg"), bench.pipeline.outputs["UploadsBucketName"]
    version = bench.pipeline.client("s3").put_object(Bucket=bucket, Key=key, Body=jpeg())["VersionId"]
    event = s3_event(bench, quote_plus(key))
    event["detail"]["object"]["version-id"] = version
    return event


def _folder(bench: Bench) -> Payload:
    """An empty object whose key ends like a folder: ingest looks at its versions."""
    key, bucket = bench.pipeline.key("folder/"), bench.pipeline.outputs["UploadsBucketName"]
    bench.pipeline.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    event = s3_event(bench, key)
    event["detail"]["object"]["size"] = 0
    return event


def _erase(bench: Bench, key: str, **what: Any) -> None:
    table = bench.resource("ErasuresTable")
    DynamoDBErasures(bench.pipeline.client("dynamodb"), table).extend(key, **what)


def _removed(bench: Bench) -> Payload:
    """A version that an erasure removed; nothing is left of the key."""
    key = bench.pipeline.key("erased.jpg")
    _erase(bench, key, versions=["v1"])
    event = s3_event(bench, key)
    event["detail-type"] = "Object Deleted"
    event["detail"] |= {"deletion-type": "Permanently Deleted", "reason": "DeleteObject"}
    event["detail"]["object"]["version-id"] = "v1"
    return event


def s3_event(bench: Bench, key: str, sequencer: str = "00A1") -> Payload:
    """As S3 sends it."""
    return {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "time": "2026-01-01T00:00:00Z",
        "detail": {
            "bucket": {"name": bench.pipeline.outputs["UploadsBucketName"]},
            "object": {"key": key, "size": 1, "etag": "0" * 32, "sequencer": sequencer},
            "reason": "PutObject",
        },
    }


def _facts(
    bench: Bench, key: str | None = None, *, without: tuple[str, ...] = (), age: timedelta = timedelta()
) -> Payload:
    """All facts of a new image except some, with this age, for the recorder."""
    key, now = key or bench.pipeline.key("recorded.jpg"), timestamp(datetime.now(UTC) - age)
    types = [name for name in bench.events if name not in ("ImageProcessed", *without)]
    bodies = [json.dumps(bench.event(name, key, occurred_at=now)) for name in types]
    return batch(bench.arn("RecorderInbox"), *bodies)


def _erased(bench: Bench) -> Payload:
    key = bench.pipeline.key("erased.jpg")
    _erase(bench, key, through="Z" * 32)
    return _facts(bench, key)


def _waiting(bench: Bench, key: str | None = None) -> Payload:
    """Leaves an image that has been waiting for its thumbnails since yesterday, and runs the sweeper."""
    facts = _facts(bench, key, without=("ThumbnailsCreated",), age=timedelta(days=1))
    for record in facts["Records"]:  # news that comes so late would count from its arrival
        record["body"] = json.dumps(json.loads(record["body"]) | {"replay-name": "probe"})
    assert not bench.invoke("RecorderFunction", facts).failed
    return {}


def _erased_while_it_waits(bench: Bench) -> Payload:
    key = bench.pipeline.key("erased.jpg")
    payload = _waiting(bench, key)
    _erase(bench, key, through="Z" * 32)
    return payload


def _announced_twice(bench: Bench) -> Payload:
    event = json.dumps(bench.event("ImageProcessed", event_id=str(uuid.uuid4())))
    return batch(bench.arn("NotifierInbox"), event, event)


def _derived(bench: Bench) -> Payload:
    """Leaves an object derived from an older revision, and announces a newer one."""
    key = bench.pipeline.key("cleaned.jpg")
    name = derived_prefix(key, "0" * 32) + "thumbnails/x.jpg"
    bench.pipeline.client("s3").put_object(
        Bucket=bench.pipeline.outputs["ImagesBucketName"], Key=name, Body=b"x"
    )
    return batch(bench.arn("CleanerInbox"), json.dumps(bench.event("ImageUploaded", key)))


def _dead(body: Callable[[Bench], str]) -> Probe:
    return lambda bench: batch(bench.arn("ValidatorDeadLetters"), body(bench))


def _send(bench: Bench, queue: str, body: str) -> None:
    bench.pipeline.client("sqs").send_message(QueueUrl=bench.resource(queue), MessageBody=body)


def _letters(bench: Bench) -> Payload:
    """Leaves a message in every dead-letter queue for the scheduled run."""
    for queue in LETTERS:
        _send(bench, queue, "no event")
    return SCHEDULED


def _left_for_the_cleaner(bench: Bench) -> Payload:
    _send(bench, "CleanerInbox", json.dumps(bench.event("ImageUploaded", bench.pipeline.key())))
    return SCHEDULED


PROBES: Mapping[str, Mapping[str, Probe]] = {
    "IngestFunction": consumer(
        "Ingest",
        uploaded=to("Ingest", _uploaded),
        encoded=to("Ingest", _encoded),
        folder=to("Ingest", _folder),
        removed=to("Ingest", _removed),
    ),
    # What they read from the table of recipes stays in memory.
    "ValidatorFunction": {
        **reader("Validator", "ImageUploaded"),
        "cold": cold("Validator", "ImageUploaded"),
    },
    "ThumbnailerFunction": {
        **reader("Thumbnailer", "ImageValidated"),
        "cold": cold("Thumbnailer", "ImageValidated"),
    },
    "WatermarkerFunction": {
        **reader("Watermarker", "ImageValidated"),
        "cold": cold("Watermarker", "ImageValidated"),
    },
    "MetadataFunction": reader("Metadata", "ImageValidated"),
    "LabelsFunction": reader("Labels", "ImageValidated"),
    "RecorderFunction": consumer("Recorder", complete=_facts, erased=_erased),
    "SweeperFunction": {"stalled": _waiting, "erased": _erased_while_it_waits},
    "NotifierFunction": consumer("Notifier", announced_twice=_announced_twice),
    "CleanerFunction": consumer("Cleaner", derived=_derived, scheduled=_left_for_the_cleaner),
    "FailuresFunction": {
        "event": _dead(lambda bench: json.dumps(bench.event("ImageUploaded", bench.pipeline.key()))),
        "scheduled, to empty queues": lambda _: SCHEDULED,
        "scheduled": _letters,
        "no event": _dead(lambda bench: re.sub("-", "", str(uuid.uuid4()))),
    },
}
