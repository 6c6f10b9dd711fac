"""Botocore's errors, as its clients raise them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError


def client_error(code: str, operation: str, status: int = 400, **headers: str) -> ClientError:
    return ClientError(_response(code, status, headers), operation)


def _response(code: str, status: int, headers: dict[str, str]) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "Error": {"Code": code, "Message": f"{code} (in memory)"},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": named},
    }


class ConditionalCheckFailedException(ClientError):
    def __init__(self, operation: str) -> None:
        super().__init__(_response("ConditionalCheckFailedException", 400, {}), operation)


class TransactionCanceledException(ClientError):
    """`codes`: the reason of each part, "None" for one that was not the reason."""

    def __init__(self, operation: str, codes: Sequence[str]) -> None:
        response: Any = _response("TransactionCanceledException", 400, {})
        response["CancellationReasons"] = [{"Code": code} for code in codes]
        super().__init__(response, operation)
