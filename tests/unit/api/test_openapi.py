"""The committed document is up to date, and the API behaves as it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast, get_args

from jsonschema import Draft202012Validator

from api.app import Api
from api.openapi import document
from api.problems import Code, GatewayCode
from api.settings import Settings

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi.json"


def test_the_committed_document_is_current() -> None:
    """If not: make generate"""
    assert json.loads(COMMITTED.read_text(encoding="utf-8")) == document()


def test_a_stack_describes_the_types_that_it_accepts() -> None:
    served = document(content_types=("image/jpeg", "image/png"))
    schemas = served["components"]["schemas"]
    for model in ("UploadRequest", "InlineUpload"):
        assert schemas[model]["properties"]["content_type"]["enum"] == ["image/jpeg", "image/png"]
    body = served["paths"]["/upload"]["post"]["requestBody"]["content"]
    assert body.keys() == {"image/jpeg", "image/png", "application/json"}


def test_every_route_is_described_and_every_description_is_a_route() -> None:
    nothing = cast("Any", None)
    ports = dict.fromkeys(("store", "index", "storage", "retrier", "recipes", "clock", "page"), nothing)
    routes = {
        (method, rule.replace("<token>", "{key}").replace("<name>", "{name}"))
        for method, rule, _ in Api(Settings("t", "u", "i"), **ports).table
    }
    described = {
        (method.upper(), path) for path, methods in document()["paths"].items() for method in methods
    }
    assert routes == described


def test_three_operations_are_public() -> None:
    public = {
        path
        for path, methods in document()["paths"].items()
        for operation in methods.values()
        if operation["security"] == []
    }
    assert public == {"/", "/openapi.json", "/health"}


def test_every_code_of_the_gateway_is_described() -> None:
    template = (COMMITTED.parents[1] / "template.yml").read_text(encoding="utf-8")
    assert set(re.findall(r'"code":"(\w+)"', template)) == set(get_args(GatewayCode))
    code = document()["components"]["schemas"]["ProblemDetails"]["properties"]["code"]
    assert set(code["enum"]) == {*get_args(GatewayCode), *get_args(Code)}


def test_the_documents_examples_of_answers_have_the_fields_of_the_schemas() -> None:
    """They leave out some; `…` stands for the rest of a text."""
    text = (COMMITTED.parent / "api.md").read_text(encoding="utf-8")
    examples = [json.loads(each) for each in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    models = (["Ticket", "Refusal"], "ImageVariants", "Stats")
    for example, model in zip(examples, models, strict=True):
        pairs = zip(example, model, strict=True) if isinstance(model, list) else [(example, model)]
        for each, name in pairs:
            schemas = loose(document()["components"]["schemas"])
            schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
            Draft202012Validator(schema).validate(each)


def loose(schema: Any) -> Any:
    """No field is required, and there are no others."""
    if isinstance(schema, list):
        return [loose(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: loose(each) for name, each in schema.items() if name != "required"}
    return {"additionalProperties": False, **inner} if isinstance(inner.get("properties"), dict) else inner
