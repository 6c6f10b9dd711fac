"""Trimmed models have every call that our code makes, and are otherwise botocore's own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.loaders import Loader

from imagebus_local import botocore_data
from imagebus_local.botocore_data import OPERATIONS

ROOT = Path(__file__).parents[3]
#: What botocore calls by itself, and what only a presigned form is derived from.
NOT_CALLED = {"CreateBucket", "CreateSession", "DescribeEndpoints", "HeadBucket"}


@cache
def model_of(service: str) -> dict[str, Any]:
    loader = Loader()
    version = loader.determine_latest_version(service, "service-2")
    model: dict[str, Any] = loader.load_data(f"{service}/{version}/service-2")
    return model


def _sources() -> Iterator[tuple[Path, ast.Module]]:
    for folder in (ROOT / "services", ROOT / "layers" / "core"):
        for path in sorted(folder.rglob("*.py")):
            if "testing" not in path.parts:
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def _called(tree: ast.AST) -> set[str]:
    """Methods that are called, and those that paginators and presigned URLs are made for."""
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
    return {xform_name(name): name for name in model_of(service)["operations"]}


def test_every_call_that_our_code_makes_is_kept():
    """If not: add it to local/imagebus_local/botocore_data.py."""
    methods = {service: _methods(service) for service in OPERATIONS}
    seen = set()
    for path, tree in _sources():
        for service in _services(tree):
            assert service in OPERATIONS, f"{path.name} calls {service}"
            for name in _called(tree) & set(methods[service]):
                operation = methods[service][name]
                assert operation in OPERATIONS[service], f"{path.name} calls {service} {name}"
                seen.add((service, operation))
    kept = {(service, name) for service, names in OPERATIONS.items() for name in names}
    assert {each for each in kept if each[1] not in NOT_CALLED} == seen


def test_no_call_goes_to_a_client_that_no_annotation_names():
    methods = {service: _methods(service) for service in OPERATIONS}
    for path, tree in _sources():
        if _services(tree):
            continue
        for name in _called(tree):
            owners = {service: known[name] for service, known in methods.items() if name in known}
            kept = [operation in OPERATIONS[service] for service, operation in owners.items()]
            assert not owners or any(kept), f"{path.name}: {name} of {', '.join(owners)}"


def test_every_error_that_our_code_catches_by_name_is_kept():
    found = 0
    for path, tree in _sources():
        services = _services(tree)
        for node in ast.walk(tree):
            holder = node.value if isinstance(node, ast.Attribute) else None
            if isinstance(holder, ast.Attribute) and holder.attr == "exceptions" and services:
                (service,) = services
                shapes = botocore_data.trimmed(model_of(service), OPERATIONS[service])["shapes"]
                assert node.attr in shapes, f"{path.name} catches {service} {node.attr}"
                found += 1
    assert found >= 2


def test_what_is_kept_is_unchanged_but_for_its_documentation():
    def undocumented(node: Any) -> Any:
        if isinstance(node, dict):
            return {k: undocumented(v) for k, v in node.items() if not ("documentation" in k and v is str(v))}
        return [undocumented(each) for each in node] if isinstance(node, list) else node

    for service, operations in OPERATIONS.items():
        full = model_of(service)
        ours = botocore_data.trimmed(full, operations)
        assert ours["metadata"] == full["metadata"]
        for part in ("operations", "shapes"):
            assert ours[part] == {name: undocumented(full[part][name]) for name in ours[part]}
