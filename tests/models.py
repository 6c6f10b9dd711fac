"""Calls of AWS that botocore's own models allow: a fake behind them gets no request that AWS would refuse."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from botocore.validate import ParamValidator


class Checked:
    """A client of the service in front of its fake. Names of calls and parameters, types and enums count."""

    def __init__(self, service: str, fake: Any) -> None:
        self._operations = operations(service)
        self._fake = fake

    @property
    def exceptions(self) -> Any:
        return self._fake.exceptions

    def __getattr__(self, name: str) -> Any:
        operation = self._operations[name]

        def call(**request: Any) -> Any:
            check(operation, request)
            return getattr(self._fake, name)(**request)

        return call

    def get_paginator(self, name: str) -> Any:
        return _Paginator(self._operations[name], self._fake.get_paginator(name))


class _Paginator:
    def __init__(self, operation: OperationModel, fake: Any) -> None:
        self._operation = operation
        self._fake = fake

    def paginate(self, **request: Any) -> Any:
        check(self._operation, {name: value for name, value in request.items() if name != "PaginationConfig"})
        return self._fake.paginate(**request)


def check(operation: OperationModel, request: dict[str, Any]) -> None:
    shape = operation.input_shape
    assert shape is not None
    found = [*_invalid(shape, request)]
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        found.append(report.generate_report())
    assert not found, f"{operation.name}: {', '.join(found)}"


def _invalid(shape: Any, value: Any) -> Iterator[str]:
    """Values that are not in their enum, which botocore does not check."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name in value.keys() & shape.members.keys():
            yield from _invalid(shape.members[name], value[name])
    elif shape.type_name == "list" and isinstance(value, list | tuple):
        for each in value:
            yield from _invalid(shape.member, each)
    elif shape.type_name == "map" and isinstance(value, dict):
        for each in value.values():
            yield from _invalid(shape.value, each)
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{value!r} is none of {', '.join(shape.enum)}"


@cache
def operations(service: str) -> dict[str, OperationModel]:
    loader = Loader()
    version = loader.determine_latest_version(service, "service-2")
    model = ServiceModel(loader.load_data(f"{service}/{version}/service-2"), service)
    return {xform_name(name): model.operation_model(name) for name in model.operation_names}
