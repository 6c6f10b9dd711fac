"""`python -m imagebus_local.ministack`: MiniStack, plus what it lacks of AWS and imagebus relies on.

Each function below patches MiniStack 1.5 and cites the page that documents the behaviour.
"""

from __future__ import annotations

import fcntl
import json
import logging
import queue
import re
import sys
import termios
import time
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from typing import Any

import hypercorn.asyncio
import uvicorn
from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime, router
from ministack.services import cloudformation, dynamodb, eventbridge, lambda_svc, s3, sqs
from ministack.services.cloudformation import provisioners

from imagebus_local import coldstart, rekognition

_log = logging.getLogger(__name__)


def honour_replay_filters(service: Any) -> None:
    """Replay events to the rules in FilterArns only. MiniStack stores the filter but sends to every rule.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ReplayDestination.html
    """
    deliver = service._invoke_target

    def invoke_target(target: Any, event: dict[str, Any], rule: dict[str, Any], *rest: Any) -> None:
        replay = service._replays.get(event.get("ReplayName") or "") or {}
        named = (replay.get("Destination") or {}).get("FilterArns")
        if not named or rule["Arn"] in named:
            deliver(target, event, rule, *rest)

    service._invoke_target = invoke_target


def dead_letter_undelivered(service: Any, queues: Any) -> None:
    """Send what a rule cannot deliver to its target's DeadLetterConfig. MiniStack drops it.

    If the queue does not exist, or its policy does not let the rule send, AWS does not retry: the event goes
    to the dead-letter queue at once, with these attributes. If that refuses it too, the event is lost.
    What AWS retries first (throttling, an outage) is not simulated. So EXHAUSTED_RETRY_CONDITION, which names
    the limit that was reached, is never set here.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html#eb-rule-dlq
    """
    deliver = service._invoke_target

    def invoke_target(target: Any, event: dict[str, Any], rule: dict[str, Any], *rest: Any) -> None:
        refusal = _refusal(queues, target["Arn"], rule["Arn"])
        if refusal is None:
            deliver(target, event, rule, *rest)
            return
        letters = (target.get("DeadLetterConfig") or {}).get("Arn")
        if letters is None or _refusal(queues, letters, rule["Arn"]):
            _log.warning("InvocationsFailedToBeSentToDlq: %s to %s", rule["Arn"], letters)
            return
        code, message = refusal
        attributes = {
            "RULE_ARN": rule["Arn"],
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": code,
            "ERROR_MESSAGE": message,
            "RETRY_ATTEMPTS": "0",
        }
        queues._act_send_message(
            {
                "QueueUrl": queues._queue_by_arn(letters)["url"],
                "MessageBody": json.dumps(service._pattern_event_view(event).event_with_detail()),
                "MessageAttributes": {
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                },
            },
            "",
        )

    service._invoke_target = invoke_target


def _refusal(queues: Any, target_arn: str, rule_arn: str) -> tuple[str, str] | None:
    """Why EventBridge cannot send to a queue: an error code and a message; None for a target that accepts."""
    if target_arn.split(":")[2] != "sqs":
        return None
    if queues._queue_by_arn(target_arn) is None:
        return "NO_RESOURCE", "The specified queue does not exist."
    account = rule_arn.split(":")[4]
    if not queues.queue_policy_allows(target_arn, "events.amazonaws.com", rule_arn, account):
        return "NO_PERMISSIONS", "Access to the resource is denied."
    return None


def name_versions(objects: Any, bus: Any) -> None:
    """Put `version-id` into S3's events of a versioned bucket. MiniStack leaves it out.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    version: ContextVar[str | None] = ContextVar("version", default=None)
    fire, dispatch = objects._fire_s3_event, bus._dispatch_event

    def fire_s3_event(*positional: Any, version_id: str | None = None, **named: Any) -> None:
        token = version.set(version_id)
        try:
            fire(*positional, version_id=version_id, **named)
        finally:
            version.reset(token)

    def dispatch_event(event: dict[str, Any], view: Any = None) -> None:
        version_id = version.get()
        if event["Source"] == "aws.s3" and version_id:
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version_id
            event = {**event, "Detail": json.dumps(detail)}
        dispatch(event, view)

    objects._fire_s3_event, bus._dispatch_event = fire_s3_event, dispatch_event


def know_condition_keys(actions: Any, tables: Mapping[str, Any]) -> None:
    """Fill `events:source`, which limits each service to its own events, and `dynamodb:LeadingKeys`, which
    limits the items that a function may write.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    others = actions.request_tag_context

    def context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = others(service, iam_action, body, params)
        if iam_action == "events:PutEvents":
            found["events:source"] = sources(body)
        elif iam_action == "dynamodb:PutItem":
            found["dynamodb:LeadingKeys"] = partition_keys(json.loads(body), tables)
        return found

    actions.request_tag_context = context


def sources(body: bytes) -> list[str] | None:
    """The sources of the entries: a key with several values. None, as if absent, without any."""
    return sorted({str(entry.get("Source", "")) for entry in json.loads(body).get("Entries", [])}) or None


def partition_keys(request: Mapping[str, Any], tables: Mapping[str, Any]) -> list[str] | None:
    """The value of the item's partition key; None for a table that does not exist."""
    table = tables.get(request["TableName"])
    if table is None:
        return None
    (name,) = [each["AttributeName"] for each in table["KeySchema"] if each["KeyType"] == "HASH"]
    return [str(value) for value in request["Item"].get(name, {}).values()] or None


def match_line_breaks(evaluator: Any) -> None:
    """Let `*` in a policy match a line break, which a key may contain. MiniStack's stops there."""
    compiled = evaluator._fnmatch_compile

    @cache
    def compile_pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:
        expression: re.Pattern[str] = compiled(pattern, ignore_case)
        return re.compile(expression.pattern, expression.flags | re.DOTALL)

    evaluator._fnmatch_compile = compile_pattern


def treat_loopback_as_tls(evaluator: Any) -> None:
    """Let requests count as sent over TLS. MiniStack speaks plain HTTP, and only on the loopback.

    Otherwise our policies, which deny everything without TLS, would deny everything here.
    """
    resolve = evaluator._resolve_condition_key

    def resolve_condition_key(key: str, context: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else resolve(key, context)

    evaluator._resolve_condition_key = resolve_condition_key


def name_templates_as_s3_does(handlers: dict[str, Any]) -> None:
    """Give nested templates their AWS address in GetTemplate, the only one that `sam delete` understands."""
    get_template = handlers["GetTemplate"]

    def answer(params: Any) -> Any:
        status, headers, body = get_template(params)
        named = re.sub(rb"(TemplateURL\W+)http://[^/]+/", rb"\1https://s3.amazonaws.com/", body)
        return status, headers, named

    handlers["GetTemplate"] = answer


def keep_attributes(provisioners: Any, stacks: Any) -> None:
    """Keep what an unchanged resource of a nested stack answers to GetAtt, as AWS does.

    MiniStack forgets it when the nested stack is updated, and the update fails.
    """
    update = provisioners._update_resource

    def update_resource(
        kind: str, physical: str, old: Any, new: Any, stack: str, logical: str, *known: Any
    ) -> Any:
        if not known:
            known = (stacks.get(stack)["_resources"][logical]["Attributes"],)
        return update(kind, physical, old, new, stack, logical, *known)

    provisioners._update_resource = update_resource


def keep_late_lines(runtime: Any) -> None:
    """Put every line that a function wrote into the log of its invocation.

    MiniStack looks every millisecond, waits 50 ms for a first line, and stops reading 5 ms after a line. On a
    busy machine the rest then waits for the next invocation, which may never come. All lines are in the pipe
    before the function answers, so it reads until that is empty, and a function that wrote nothing is done.
    """

    def drain_stderr(worker: Any) -> str:
        lines: list[str] = []
        deadline = time.monotonic() + 5
        process = worker._proc  # None after an error, for which MiniStack stops the worker
        if process is None:
            worker._stderr_thread.join(5)
        while True:
            try:
                # The thread that reads the pipe may hold a line that it has not put into the queue yet.
                lines.append(worker._stderr_queue.get(timeout=0.005))
            except queue.Empty:
                if process is None or not _unread(process.stderr) or time.monotonic() > deadline:
                    return "\n".join(lines)

    runtime.Worker._drain_stderr_bounded = drain_stderr


def _unread(pipe: Any) -> int:
    """Bytes that nobody has read from the pipe."""
    if pipe is None or pipe.closed:
        return 0
    return int.from_bytes(fcntl.ioctl(pipe.fileno(), termios.FIONREAD, bytes(4)), sys.byteorder)


def serve_with_uvicorn(server: Any) -> None:
    """Answer with uvicorn, whose parser is in C. With Hypercorn a request takes half as long again."""

    async def serve(application: Any, config: Any) -> None:
        host, _, port = config.bind[0].rpartition(":")
        settings = uvicorn.Config(
            application,
            host=host,
            port=int(port),
            http="httptools",
            ws="wsproto",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=round(config.keep_alive_timeout),
            timeout_graceful_shutdown=1,
        )
        await uvicorn.Server(settings).serve()

    server.serve = serve


if __name__ == "__main__":
    serve_with_uvicorn(hypercorn.asyncio)
    match_line_breaks(iam_evaluator)
    dead_letter_undelivered(eventbridge, sqs)
    honour_replay_filters(eventbridge)
    name_versions(s3, eventbridge)
    know_condition_keys(iam_actions, dynamodb._tables)
    coldstart.share_archives(lambda_runtime)
    coldstart.import_botocore_alone(lambda_runtime)
    coldstart.queue_invocations(lambda_svc)
    keep_attributes(provisioners, cloudformation._stacks)
    name_templates_as_s3_does(cloudformation._ACTION_HANDLERS)
    treat_loopback_as_tls(iam_evaluator)
    keep_late_lines(lambda_runtime)
    rekognition.install(app, router, iam_actions)
    app.main()
