"""The committed document is up to date, and the API behaves as it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast, get_args

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
