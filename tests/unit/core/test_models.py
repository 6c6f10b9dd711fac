"""The trimmed service models: every call that our code makes, sent just as botocore's full models send it."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
from collections.abc import Iterator
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
from imagebus.models import FOLDER, TrimmedLoader, is_trimmed
from imagebus_local.bytecode import prune
from imagebus_local.templates import read
from layers import trim

ROOT = Path(__file__).parents[3]
PLACES = {
    "Ireland": {"AWS_DEFAULT_REGION": "eu-west-1"},
    "Virginia": {"AWS_DEFAULT_REGION": "us-east-1"},
    "China": {"AWS_DEFAULT_REGION": "cn-north-1"},
    "the embedded AWS": {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "http://localhost:4566"},
    "a FIPS region": {"AWS_DEFAULT_REGION": "us-gov-west-1", "AWS_USE_FIPS_ENDPOINT": "true"},
}
OPERATIONS = [(service, name) for service, names in trim.OPERATIONS.items() for name in names]
UUID = rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
#: Read once for all tests.
FULL = Loader()
#: What botocore calls by itself, and what only a presigned form is made from.
NOT_CALLED = {"CreateBucket", "CreateSession", "DescribeEndpoints", "HeadBucket"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN", "IMAGEBUS_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
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


def full_client(service: str, config: Config | None = None) -> Any:
    return _client(FULL, service, config)


def trimmed_client(service: str, config: Config | None = None) -> Any:
    return _client(TrimmedLoader(), service, config)


def _client(loader: Loader, service: str, config: Config | None) -> Any:
    session = botocore.session.Session()
    session.register_component("data_loader", loader)
    return session.create_client(service, config=config or aws.CONFIG)


# --- the files ---------------------------------------------------------------------------------------------


def test_the_committed_models_are_what_the_locked_botocore_gives():
    wanted = trim.files()
    assert {path.relative_to(FOLDER) for path in FOLDER.rglob("*.json")} == set(wanted)
    for path, text in wanted.items():
        assert (FOLDER / path).read_text(encoding="utf-8") == text, f"{path}: run `python -m layers.trim`"


def test_what_is_kept_of_a_model_is_untouched_but_for_its_documentation():
    def undocumented(node: dict[str, Any]) -> dict[str, Any]:
        dropped = ("documentation", "documentationUrl")
        return {k: v for k, v in node.items() if k not in dropped or not isinstance(v, str)}

    for path in trim.files():
        if path.name == "service-2.json":
            full = json.loads(
                json.dumps(Loader().load_data(str(path.with_suffix("")))), object_hook=undocumented
            )
            ours = json.loads((FOLDER / path).read_text(encoding="utf-8"))
            assert ours["metadata"] == full["metadata"]
            for part in ("operations", "shapes"):
                assert ours[part] == {name: full[part][name] for name in ours[part]}


def test_the_models_ship_with_the_layer(tmp_path: Path):
    shutil.copytree(FOLDER, tmp_path / "models")
    prune(tmp_path)
    left = {path.relative_to(tmp_path / "models") for path in tmp_path.rglob("*.json")}
    assert left == set(trim.files())


def test_somebody_who_adds_a_call_is_told_that_the_models_are_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    shutil.copytree(FOLDER, tmp_path / "models")
    monkeypatch.setattr(trim, "FOLDER", tmp_path / "models")
    assert trim.main(["--check"]) == 0
    monkeypatch.setattr(trim, "OPERATIONS", {**trim.OPERATIONS, "sns": ("Publish", "Subscribe")})
    assert trim.main(["--check"]) == 1
    assert "service-2.json is out of date: python -m layers.trim" in capsys.readouterr().err
    assert trim.main([]) == 0
    assert trim.main(["--check"]) == 0


# --- the calls of our code ---------------------------------------------------------------------------------


def _sources() -> Iterator[tuple[Path, ast.Module]]:
    for folder in (ROOT / "services", ROOT / "layers" / "core"):
        for path in sorted(folder.rglob("*.py")):
            if "testing" not in path.parts:
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def _called(tree: ast.AST) -> set[str]:
    """Names of methods that are called, and of those that paginators and presigned addresses are made for."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    methods = [(node.func, node) for node in calls if isinstance(node.func, ast.Attribute)]
    named = {"get_paginator", "get_waiter", "generate_presigned_url"}
    made_for = [node.args[0] for method, node in methods if method.attr in named and node.args]
    names = {argument.value for argument in made_for if isinstance(argument, ast.Constant)}
    return names | {method.attr for method, _ in methods}


def _services(tree: ast.AST) -> set[str]:
    """The services whose clients a module's annotations name."""
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0].removeprefix("mypy_boto3_") for name in modules if "mypy_boto3_" in name}


def _methods(service: str) -> dict[str, str]:
    model = FULL.load_service_model(service, "service-2")
    return {xform_name(name): name for name in model["operations"]}


def test_every_call_that_our_code_makes_is_in_the_trimmed_models():
    methods = {service: _methods(service) for service in trim.OPERATIONS}
    seen = set()
    for path, tree in _sources():
        for service in _services(tree):
            assert service in trim.OPERATIONS, f"{path.name} uses {service}, which has no trimmed model"
            for name in _called(tree) & set(methods[service]):
                operation = methods[service][name]
                assert operation in trim.OPERATIONS[service], f"{path.name}: {service} {name}"
                seen.add((service, operation))
    assert {each for each in OPERATIONS if each[1] not in NOT_CALLED} == seen


def test_no_call_of_our_code_is_outside_the_trimmed_models_where_no_annotation_names_its_client():
    methods = {service: _methods(service) for service in trim.OPERATIONS}
    for path, tree in _sources():
        if _services(tree):
            continue
        for name in _called(tree):
            owners = {service: known[name] for service, known in methods.items() if name in known}
            in_ours = [operation in trim.OPERATIONS[service] for service, operation in owners.items()]
            assert not owners or any(in_ours), f"{path.name}: {name} of {', '.join(owners)}"


def test_every_error_that_our_code_catches_by_name_is_in_the_trimmed_models():
    found = 0
    for path, tree in _sources():
        services = _services(tree)
        for node in ast.walk(tree):
            holder = node.value if isinstance(node, ast.Attribute) else None
            if isinstance(holder, ast.Attribute) and holder.attr == "exceptions" and services:
                (service,) = services
                assert hasattr(trimmed_client(service).exceptions, node.attr), f"{path.name}: {node.attr}"
                found += 1
    assert found >= 2


@pytest.mark.parametrize(("service", "method"), [("s3", "list_objects_v2"), ("dynamodb", "query")])
def test_a_call_that_comes_in_pages_is_paged_as_ever(service: str, method: str):
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
    """Ends a call once its request is there; holds the request."""


def parameters_of(service: str, operation: str, everything: bool) -> Any:
    shape = full_client(service).meta.service_model.operation_model(operation).input_shape
    return _filled(shape, everything) if shape else {}


def request_of(client: Any, operation: str, parameters: Any) -> Any:
    """What the call would put on the wire, or the error that it ends with before."""

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
    # of the moment, not of the model
    for name in ("x-amz-date", "amz-sdk-invocation-id"):
        headers.pop(name, None)
    headers["authorization"] = re.sub(r"/\d{8}/|Signature=\w+", "/", headers.get("authorization", ""))
    # DynamoDB's token of a transaction
    return request.method, request.url, headers, re.sub(UUID, b"", body) if isinstance(body, bytes) else body


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize("service", trim.OPERATIONS)
def test_a_client_of_a_trimmed_model_speaks_to_the_same_place_under_the_same_name(service: str, place: str):
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


@pytest.mark.parametrize("service", trim.OPERATIONS)
def test_every_request_is_the_very_one_that_the_full_model_makes(service: str, place: str):
    ours, full = trimmed_client(service), full_client(service)
    sent = 0
    for operation in trim.OPERATIONS[service]:
        for everything in (False, True):
            parameters = parameters_of(service, operation, everything)
            request = request_of(ours, operation, parameters)
            assert request == request_of(full, operation, parameters), operation
            sent += len(request) == 4
    assert sent >= len(trim.OPERATIONS[service])


def test_presigned_addresses_and_forms_are_the_same(place: str):
    version4 = aws.CONFIG.merge(Config(signature_version="s3v4"))
    of_the_moment = {"policy", "x-amz-date", "x-amz-signature"}
    signed = []
    for client in (trimmed_client("s3", version4), full_client("s3", version4)):
        parameters = {
            "Bucket": "images",
            "Key": "a b.jpg",
            "VersionId": "7",
            "ResponseContentType": "image/jpeg",
        }
        url = client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=60)
        form = client.generate_presigned_post("uploads", "a.jpg", Conditions=[["eq", "$key", "a.jpg"]])
        fields = {name: value for name, value in form["fields"].items() if name not in of_the_moment}
        signed.append((re.sub(r"X-Amz-(Date|Signature)=\w+", "", url), form["url"], fields))
    assert signed[0] == signed[1]


def test_an_answer_is_read_as_the_full_model_reads_it():
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
    monkeypatch.setenv("IMAGEBUS_MODELS", "trimmed")
    assert hasattr(aws.client("s3"), "put_object")
    assert not hasattr(aws.client("s3"), "copy_object")


def test_a_service_without_a_trimmed_model_is_whole_in_any_case(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("IMAGEBUS_MODELS", "trimmed")
    assert not is_trimmed("cloudfront")
    client = aws.client("cloudfront")
    assert client.meta.endpoint_url == "https://cloudfront.amazonaws.com"
    assert hasattr(client, "create_invalidation")


def test_credentials_that_come_from_sts_come_from_where_they_always_do(place: str):
    assert trimmed_client("sts").meta.endpoint_url == full_client("sts").meta.endpoint_url


def test_a_runtime_that_knows_a_later_api_version_uses_its_own_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    later = tmp_path / "sns" / "2999-01-01"
    later.mkdir(parents=True)
    (later / "service-2.json").write_text('{"later": true}', encoding="utf-8")
    loader = TrimmedLoader()
    loader.search_paths.append(str(tmp_path))
    assert loader.load_service_model("sns", "service-2") == {"later": True}


def test_no_four_hundred_folders_are_looked_into(monkeypatch: pytest.MonkeyPatch):
    listed: list[str] = []
    listing = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path=".": listed.append(str(path)) or listing(path))
    trimmed_client("s3")
    assert len(listed) <= 8


def test_the_template_gives_them_to_our_functions_and_the_benchmark_measures_what_the_template_sets():
    set_for_all = read(ROOT / "template.yml")["Globals"]["Function"]["Environment"]["Variables"]
    assert {name: set_for_all.get(name) for name in OURS} == OURS
    assert OURS["IMAGEBUS_MODELS"] == "trimmed"
