"""Structured logs, one JSON object a line, with the same fields in every service."""

from __future__ import annotations

import os
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


def count(name: str, stage: str) -> None:
    """Add one to a metric of this deployment, for an alarm to see.

    Its library is imported late: this is for what should not happen.
    """
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    namespace = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "imagebus")
    with single_metric(name=name, unit=MetricUnit.Count, value=1, namespace=namespace) as metric:
        metric.add_dimension(name="bus", value=os.environ.get("EVENT_BUS", "unknown"))
        metric.add_metadata(key="stage", value=stage)
