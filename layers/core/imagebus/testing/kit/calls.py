"""Calls of any boto3 client, answered by fakes: also of clients that a handler's module made on import."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from botocore import xform_name
from botocore.client import BaseClient
from botocore.exceptions import ClientError


class NotInMemory(Exception):
    """The handler calls what the fakes lack; `imagebus test-consumer` runs it on the embedded AWS instead."""


@contextmanager
def answered_by(fake: Callable[[str, str], Any]) -> Iterator[None]:
    """Meanwhile `fake` gives the method that answers, by boto3's names of the service and of the method.

    Errors are those of the client that called.
    """

    def call(client: Any, operation: str, request: dict[str, Any]) -> Any:
        name = client.meta.service_model.service_name
        model = client.meta.service_model.operation_model(operation)
        method = fake(name, xform_name(operation))
        context: dict[str, Any] = {}
        hooks = client.meta.events.emit if name == "dynamodb" else _no_hooks
        hooks(f"before-parameter-build.dynamodb.{operation}", params=request, model=model, context=context)
        try:
            answer = method(**{key: _read(value) for key, value in request.items()})
        except ClientError as error:
            raised = client.exceptions.from_code(error.response["Error"]["Code"])
            raise raised(error.response, operation) from None
        after = {"http_response": None, "parsed": answer, "model": model, "context": context}
        hooks(f"after-call.dynamodb.{operation}", **after)
        return answer

    with mock.patch.object(BaseClient, "_make_api_call", call):
        yield


def _no_hooks(*_: Any, **_options: Any) -> None:
    """Only DynamoDB's are needed: there boto3.resource turns values into attributes, and back."""


def _read(value: Any) -> Any:
    """A body that is a file, as bytes."""
    return value.read() if hasattr(value, "read") else value
