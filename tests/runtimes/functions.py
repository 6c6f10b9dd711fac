"""The functions of the template with the folders, variables and events that Lambda would give them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from imagebus_local import templates
from tests.runtimes.aws import AWS, VERSION

ROOT = Path(__file__).parents[2]
TEMPLATE = templates.read(ROOT / "template.yml")
INVOKE = (Path(__file__).parent / "invoke.py").read_text(encoding="utf-8")
#: Packages that Lambda's runtime provides besides Python. They are pure Python.
RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")
#: Which golden event each consumer gets, and what it publishes.
CONSUMERS = {
    "Validator": ("imagebus.ingest@ImageUploaded", ["ImageValidated"]),
    "Thumbnailer": ("imagebus.validator@ImageValidated", ["ThumbnailsCreated"]),
    "Watermarker": ("imagebus.validator@ImageValidated", ["ImageWatermarked"]),
    "Metadata": ("imagebus.validator@ImageValidated", ["MetadataExtracted"]),
    "Labels": ("imagebus.validator@ImageValidated", ["LabelsDetected"]),
    "Recorder": ("imagebus.validator@ImageValidated", []),
    "Notifier": ("imagebus.recorder@ImageProcessed", []),
    "Cleaner": ("imagebus.ingest@ImageDeleted", []),
    "Failures": ("imagebus.validator@ImageValidated", ["ProcessingFailed"]),
}
QUEUES = "arn:aws:sqs:eu-west-1:123456789012:imagebus"


@dataclass(frozen=True)
class Function:
    name: str
    code: str
    handler: str
    layers: tuple[str, ...]
    variables: dict[str, Any]


def functions() -> Iterator[Function]:
    common = TEMPLATE["Globals"]["Function"]
    for name, resource in TEMPLATE["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            yield Function(
                name.removesuffix("Function"),
                properties["CodeUri"],
                properties["Handler"],
                tuple(each["Ref"] for each in (*common["Layers"], *properties.get("Layers", ()))),
                {
                    **common["Environment"]["Variables"],
                    **properties.get("Environment", {}).get("Variables", {}),
                },
            )


def runtime(folder: Path) -> Path:
    """Links to what Lambda's runtime provides, from this environment, and to nothing else of it."""
    for name in RUNTIME:
        spec = find_spec(name.removesuffix(".py"))
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        (folder / name).symlink_to(origin.parent if origin.name == "__init__.py" else origin)
    return folder


def check(function: Function, interpreter: str, code: Path, layers: Sequence[Path], aws: AWS) -> None:
    """The function does its work in that interpreter, with these folders and `aws`."""
    own = {package.name for layer in layers for package in layer.glob("imagebus*") if package.is_dir()}
    request = {
        "paths": [str(path) for path in (code, *layers)],
        "packages": [function.handler.partition(".")[0], *sorted(own)],
        "handler": function.handler,
        "events": events(function.name),
    }
    done = subprocess.run(
        [interpreter, "-I", "-S", "-c", INVOKE],
        input=json.dumps(request),
        env=environment(function, aws),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{function.name}: {done.stderr}"
    report = json.loads(done.stdout.splitlines()[-1])
    assert not [path for path in report["path"] if "site-packages" in path]
    good, published = EXPECTED[function.name]
    assert good(report["answers"]), f"{function.name}: {report['answers']}\n{done.stdout}"
    assert aws.published == published, f"{function.name}\n{done.stdout}"


def environment(function: Function, aws: AWS) -> dict[str, str]:
    """A value for every variable: the parameter's default, or else a name that fits."""
    given = {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "PATH": os.defpath,
    }
    for name, value in function.variables.items():
        fallback = f"{QUEUES}_undelivered" if name.endswith("_ARN") else f"{aws.url}/{name.lower()}/{{stage}}"
        if name.endswith(("_BUCKET", "_TABLE", "_BUS", "_NAME")):
            fallback = name.lower().replace("_", "-")
        if isinstance(value, dict):
            value = TEMPLATE["Parameters"].get(value.get("Ref"), {}).get("Default") or fallback  # noqa: PLW2901
        given[name] = str(value)
    return given


def events(name: str) -> list[dict[str, Any]]:
    """One event, or for the API several requests."""
    if name == "Api":
        return [_request(path) for path in ("/health", "/", "/openapi.json", "/images")]
    if name == "Authorizer":
        return [{"authorizationToken": "Bearer a.b.c", "methodArn": "arn:aws:execute-api:::a/v1/GET/"}]
    if name == "Sweeper":
        return [{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}]
    if name == "Ingest":
        item = {"key": "a+b.jpg", "size": 9, "etag": "e", "sequencer": "0A", "version-id": VERSION}
        detail = {"bucket": {"name": "uploads"}, "object": item, "reason": "PutObject"}
        created = {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}
        return [_batch(created, "ingest_inbox")]
    path = ROOT / "schemas" / "examples" / f"{CONSUMERS[name][0]}.json"
    golden = json.loads(path.read_text(encoding="utf-8"))
    golden["detail"]["meta"]["version_id"] = VERSION
    return [_batch(golden, "thumbnailer_dead_letters" if name == "Failures" else f"{name.lower()}_inbox")]


def _batch(envelope: dict[str, Any], queue: str) -> dict[str, Any]:
    record = {
        "messageId": "1",
        "receiptHandle": "1",
        "body": json.dumps(envelope),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"{QUEUES}_{queue}",
    }
    return {"Records": [record]}


def _request(path: str) -> dict[str, Any]:
    return {
        "path": path,
        "httpMethod": "GET",
        "headers": {"Host": "example.org"},
        "queryStringParameters": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {"stage": "v1", "path": path, "httpMethod": "GET", "requestId": "1"},
    }


def _no_failures(answers: list[Any]) -> bool:
    return answers == [{"batchItemFailures": []}]


def _ok(answers: list[Any]) -> bool:
    return [answer.get("statusCode") for answer in answers] == [200] * len(answers)


def _denied(answers: list[Any]) -> bool:
    (answer,) = answers
    return bool(answer["policyDocument"]["Statement"][0]["Effect"] == "Deny")


#: What each function answers, and what it publishes.
EXPECTED: dict[str, tuple[Callable[[list[Any]], bool], list[str]]] = {
    **{name: (_no_failures, published) for name, (_, published) in CONSUMERS.items()},
    "Api": (_ok, []),
    "Authorizer": (_denied, []),
    "Sweeper": (lambda answers: "error" not in (answers[0] or {}), []),
    "Ingest": (_no_failures, ["ImageUploaded"]),
}
