"""Structured logs: one JSON object per line, with the same fields in every service."""

from __future__ import annotations

from functools import cache
from traceback import extract_tb
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from imagebus import identity
from imagebus.events import Meta, StackMeta
from imagebus.metrics import Measurement, emit


def error_code(error: BaseException) -> str:
    """AWS's code for a refused call; empty for any other error, such as a call without an answer."""
    response = getattr(error, "response", None)  # a timeout of botocore has one as well: None
    return str(response["Error"].get("Code", "")) if response and "Error" in response else ""


class Formatter(LambdaPowertoolsFormatter):
    """Logs where something failed and the type of the error, but not its message.

    A message can contain anything: AWS puts the object's key into an AccessDenied.
    """

    def formatException(self, ei: Any) -> str:  # noqa: N802  logging's own name
        kind, error, trace = ei
        frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(trace)]
        return "\n".join([*frames, f"{kind.__name__} {error_code(error)}".rstrip()])


@cache
def logger() -> Logger:
    """Created on first use, because that reads the environment."""
    return Logger(logger_formatter=Formatter(serialize_stacktrace=False))


def set_log_context(meta: Meta | StackMeta) -> None:
    """Name the image on every following line, by its id. The key may be private, the id is not.

    An event about the stack names none.
    """
    if isinstance(meta, StackMeta):
        clear_log_context()
        return
    logger().append_keys(
        image_id=identity.image_id(meta.image_key), revision=meta.revision, correlation_id=meta.correlation_id
    )


def clear_log_context() -> None:
    """Forget the image: the next lines may be about another one, or about none."""
    logger().remove_keys(["image_id", "revision", "correlation_id"])


def count(name: str, stage: str) -> None:
    """Add one to a metric of this deployment, for an alarm."""
    emit([Measurement(name, by={"stage": stage})])
