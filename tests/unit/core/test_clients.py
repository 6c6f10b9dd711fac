"""Trimmed clients send every request exactly as botocore's own do."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.loaders import Loader

from benchmarks.coldstart import OURS
from imagebus import aws
from imagebus_local import botocore_data, postbuild
from imagebus_local.templates import read

ROOT = Path(__file__).parents[3]
PLACES = {
    "Ireland": {"AWS_DEFAULT_REGION": "eu-west-1"},
    "Virginia": {"AWS_DEFAULT_REGION": "us-east-1"},
    "China": {"AWS_DEFAULT_REGION": "cn-north-1"},
    "the embedded AWS": {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "http://localhost:4566"},
    "a FIPS region": {"AWS_DEFAULT_REGION": "us-gov-west-1", "AWS_USE_FIPS_ENDPOINT": "true"},
}
OPERATIONS = botocore_data.OPERATIONS
UUID = rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
#: Read once for all tests.
FULL = Loader()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    botocore_data.write(folder)
    return folder


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: Path) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN", "IMAGEBUS_CLIENTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr(aws, "TRIMMED", data)
    _forget()
    yield
    _forget()


def _forget() -> None:
    aws.client.cache_clear()
    aws._session.cache_clear()


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in PLACES[request.param].items():
        monkeypatch.setenv(name, value)
    return str(request.param)


def full_client(service: str, config: Config = aws.CONFIG, loader: Loader = FULL) -> Any:
    session = botocore.session.Session()
    session.register_component("data_loader", loader)
    return session.create_client(service, config=config)


def trimmed_client(service: str, config: Config = aws.CONFIG) -> Any:
    return full_client(service, config, aws.TrimmedLoader())


@pytest.mark.parametrize(("service", "method"), [("s3", "list_objects_v2"), ("dynamodb", "query")])
def test_a_call_that_comes_in_pages_is_paged_the_same(service: str, method: str):
    ours, full = trimmed_client(service), full_client(service)
    assert ours.can_paginate(method)
    assert (
        vars(ours.get_paginator(method))["_pagination_cfg"]
        == vars(full.get_paginator(method))["_pagination_cfg"]
    )


# --- the requests ------------------------------------------------------------------------------------------


def _filled(shape: Any, everything: bool, seen: tuple[str, ...] = ()) -> Any:
    """A value of this shape: what is required only, or every member there is."""
    kind = shape.type_name
    if kind == "structure":
        names = shape.members if everything else shape.required_members
        if getattr(shape, "is_tagged_union", False):
            names = list(shape.members)[:1]
        again = {name for name in names if shape.members[name].name in seen}
        deeper = (*seen, shape.name)
        return {name: _filled(shape.members[name], everything, deeper) for name in names if name not in again}
    if kind == "list":
        return [] if shape.member.name in seen else [_filled(shape.member, everything, (*seen, shape.name))]
    if kind == "map":
        return (
            {"name": _filled(shape.value, everything, (*seen, shape.name))}
            if shape.value.name not in seen
            else {}
        )
    if kind == "string":
        return shape.enum[0] if shape.enum else "value-of-" + shape.name.lower()
    values = {"boolean": True, "timestamp": 1_700_000_000, "blob": b"bytes", "float": 1.5, "double": 1.5}
    return values.get(kind, 1)


class _Sent(Exception):
    """Ends a call once its request is complete; contains the request."""


@cache
def full_model(service: str) -> Any:
    return full_client(service).meta.service_model


def parameters_of(service: str, operation: str, everything: bool) -> Any:
    shape = full_model(service).operation_model(operation).input_shape
    return _filled(shape, everything) if shape else {}


def request_of(client: Any, operation: str, parameters: Any) -> Any:
    """What the call would send, or the error that it ends with before."""

    def answer(request: Any, **_: Any) -> AWSResponse:
        raise _Sent(request)

    client.meta.events.register("before-send", answer)
    try:
        getattr(client, xform_name(operation))(**parameters)
    except _Sent as sent:
        return _comparable(sent.args[0])
    except (BotoCoreError, ValueError) as error:
        return type(error), str(error)
    raise AssertionError("nothing was sent")


def _comparable(request: Any) -> Any:
    body = request.body.read() if hasattr(request.body, "read") else request.body
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    # These depend on the time, not on the model.
    for name in ("x-amz-date", "amz-sdk-invocation-id"):
        headers.pop(name, None)
    headers["authorization"] = re.sub(r"/\d{8}/|Signature=\w+", "/", headers.get("authorization", ""))
    # DynamoDB's token of a transaction
    return request.method, request.url, headers, re.sub(UUID, b"", body) if isinstance(body, bytes) else body


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize("service", OPERATIONS)
def test_a_trimmed_client_has_the_same_endpoint_and_signer(service: str, place: str):
    def about(client: Any) -> list[Any]:
        model = client.meta.service_model
        return [
            client.meta.endpoint_url,
            client.meta.region_name,
            client.meta.partition,
            model.signing_name,
            model.service_id,
            model.api_version,
            model.protocol,
            client._request_signer.region_name,
            client._request_signer.signing_name,
            client._request_signer.signature_version,
        ]

    assert about(trimmed_client(service)) == about(full_client(service))


@pytest.mark.parametrize("service", OPERATIONS)
def test_every_request_is_the_one_that_the_full_model_sends(service: str, place: str):
    ours, full = trimmed_client(service), full_client(service)
    sent = 0
    for operation in OPERATIONS[service]:
        for everything in (False, True):
            parameters = parameters_of(service, operation, everything)
            request = request_of(ours, operation, parameters)
            assert request == request_of(full, operation, parameters), operation
            sent += len(request) == 4
    assert sent >= len(OPERATIONS[service])


def test_presigned_urls_and_forms_are_the_same(place: str, monkeypatch: pytest.MonkeyPatch):
    depends_on_time = {"policy", "x-amz-date", "x-amz-signature"}
    signed = []
    for variable in ("trimmed", ""):
        monkeypatch.setenv("IMAGEBUS_CLIENTS", variable)
        _forget()
        client = aws.presigner()
        assert hasattr(client, "copy_object") == (not variable)
        parameters = {
            "Bucket": "images",
            "Key": "a b.jpg",
            "VersionId": "7",
            "ResponseContentType": "image/jpeg",
        }
        url = client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=60)
        form = client.generate_presigned_post("uploads", "a.jpg", Conditions=[["eq", "$key", "a.jpg"]])
        fields = {name: value for name, value in form["fields"].items() if name not in depends_on_time}
        signed.append((re.sub(r"X-Amz-(Date|Signature)=\w+", "", url), form["url"], fields))
    assert signed[0] == signed[1]


def test_a_response_is_parsed_as_with_the_full_model():
    body = b"<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>"
    headers = {
        "ETag": '"abc"',
        "x-amz-version-id": "7",
        "Expires": "Wed, 21 Oct 2026 07:28:00 GMT",
        "Content-Length": "3",
    }
    answers: list[list[Any]] = []
    for client in (trimmed_client("s3"), full_client("s3")):
        found = []
        for status, content in ((200, b""), (404, body)):
            response = {
                "headers": headers,
                "status_code": status,
                "body": content,
                "context": {"operation_name": "X"},
            }
            model = client.meta.service_model.operation_model("HeadObject")
            found.append(client._response_parser.parse(response, model.output_shape))
        found.append(client.exceptions.NoSuchKey.__name__)
        answers.append(found)
    assert answers[0] == answers[1]
    assert answers[0][0]["Expires"].year == 2026


# --- who gets them -----------------------------------------------------------------------------------------


def test_without_the_variable_a_client_has_every_call_of_its_service():
    assert hasattr(aws.client("s3"), "copy_object")


def test_with_the_variable_a_client_has_the_calls_of_our_functions(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("IMAGEBUS_CLIENTS", "trimmed")
    assert hasattr(aws.client("s3"), "put_object")
    assert not hasattr(aws.client("s3"), "copy_object")


def test_without_the_data_a_client_is_complete(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """As after a plain `sam build`, and in the tests of a consumer."""
    monkeypatch.setenv("IMAGEBUS_CLIENTS", "trimmed")
    monkeypatch.setattr(aws, "TRIMMED", tmp_path / "none")
    assert hasattr(aws.client("s3"), "copy_object")


def test_a_client_of_another_service_is_always_complete(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("IMAGEBUS_CLIENTS", "trimmed")
    client = aws.client("cloudfront")
    assert client.meta.endpoint_url == "https://cloudfront.amazonaws.com"
    assert hasattr(client, "create_invalidation")


def test_credentials_from_sts_come_from_the_same_endpoint(place: str):
    assert trimmed_client("sts").meta.endpoint_url == full_client("sts").meta.endpoint_url


def test_a_runtime_with_a_later_api_version_uses_its_own_model(tmp_path: Path):
    later = tmp_path / "sns" / "2999-01-01"
    later.mkdir(parents=True)
    (later / "service-2.json").write_text('{"later": true}', encoding="utf-8")
    loader = aws.TrimmedLoader()
    loader.search_paths.append(str(tmp_path))
    assert loader.load_service_model("sns", "service-2") == {"later": True}


def test_a_trimmed_client_does_not_look_into_the_folder_of_every_service(monkeypatch: pytest.MonkeyPatch):
    listed: list[str] = []
    listing = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path=".": listed.append(str(path)) or listing(path))
    trimmed_client("s3")
    assert len(listed) <= 8


def test_nor_does_a_client_without_the_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    listed: list[str] = []
    listing = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path=".": listed.append(str(path)) or listing(path))
    monkeypatch.setenv("IMAGEBUS_CLIENTS", "trimmed")
    monkeypatch.setattr(aws, "TRIMMED", tmp_path / "none")
    client = aws.client("s3")
    assert hasattr(client, "copy_object")
    assert client.meta.endpoint_url == full_client("s3").meta.endpoint_url
    assert len(listed) <= 8


def test_a_finished_build_contains_the_data_and_a_plain_one_does_not(tmp_path: Path, data: Path):
    library = tmp_path / "CoreLayer" / "python" / "imagebus"
    shutil.copytree(ROOT / "layers" / "core" / "imagebus", library)
    assert not (library / "botocore_data").exists()
    postbuild.finish(tmp_path, None)
    built, expected = (
        {path.relative_to(folder): path.read_text() for path in folder.rglob("*") if path.is_file()}
        for folder in (library / "botocore_data", data)
    )
    assert built == expected
    assert not (library / "testing").exists(), "no function needs the AWS of the tests"
    assert {"LICENSE.txt", "NOTICE", "endpoints.json"} <= {path.name for path in built}


def test_the_template_sets_what_the_benchmark_measures():
    set_for_all = read(ROOT / "template.yml")["Globals"]["Function"]["Environment"]["Variables"]
    assert {name: set_for_all.get(name) for name in OURS} == OURS
    assert OURS["IMAGEBUS_CLIENTS"] == "trimmed"
