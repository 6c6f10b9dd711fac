"""Which queues a schedule empties: those of the stages' dead letters, and that of undelivered events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def queues(origins: Iterable[str], undelivered_url: str) -> Mapping[str, str]:
    """URLs by ARN. `origins` are ARNs of dead-letter queues and of rules; all are of one account and region.

    An environment holds 4 KB, so it names one URL, from which the others follow.
    """
    folder, undelivered = undelivered_url.rsplit("/", 1)
    arns = [arn for arn in origins if arn.startswith("arn:") and arn.split(":")[2] == "sqs"]
    arns.append(f"{arns[0].rsplit(':', 1)[0]}:{undelivered}")
    return {arn: f"{folder}/{arn.rsplit(':', 1)[1]}" for arn in arns}
