"""Which queues a schedule empties: each stage's dead letters, and the queue of undelivered events."""

from __future__ import annotations

from collections.abc import Mapping

from imagebus.events.catalog import STAGES
from imagebus.naming import dead_letters_name


def queues(stack: str, undelivered_arn: str, undelivered_url: str) -> Mapping[str, str]:
    """URLs by ARN. All are of the account and region of the undelivered queue."""
    arn, url = undelivered_arn.rpartition(":")[0], undelivered_url.rpartition("/")[0]
    names = [dead_letters_name(stack, stage.name) for stage in STAGES]
    return {**{f"{arn}:{name}": f"{url}/{name}" for name in names}, undelivered_arn: undelivered_url}
