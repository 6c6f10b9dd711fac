"""Structured logs, one JSON object a line, with the same fields in every service."""

from __future__ import annotations

from functools import cache

from aws_lambda_powertools.logging import Logger

from imagebus import identity
from imagebus.events import Meta


@cache
def logger() -> Logger:
    """Made on first use, because making it reads the environment."""
    return Logger()


def about(meta: Meta) -> None:
    """Say on every following line which image this is about; the key itself may be private, its id is not."""
    logger().append_keys(
        image_id=identity.image_id(meta.image_key), revision=meta.revision, correlation_id=meta.correlation_id
    )
