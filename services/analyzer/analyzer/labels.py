"""ImageValidated -> LabelsDetected | LabelsSkipped."""

from __future__ import annotations

import os
from functools import cache
from typing import Any, get_args

from analyzer.rekognition import analysis_work, skip
from imagebus.aws import bus, client, inbox_queue
from imagebus.clock import SystemClock
from imagebus.events.analyzer import Feature
from imagebus.inbox import Inbox, one_by_one
from imagebus.objects import S3ObjectStore
from imagebus.worker import Work, Worker


def features(text: str) -> tuple[Feature, ...]:
    """`"labels,faces"`. Raises ValueError for a name that is no feature."""
    named = {name.strip() for name in text.split(",")} - {""}
    known: tuple[Feature, ...] = get_args(Feature)
    if unknown := named - set(known):
        raise ValueError(f"ANALYSIS_FEATURES: {', '.join(sorted(unknown))} is none of {', '.join(known)}")
    return tuple(feature for feature in known if feature in named)


def _work() -> Work:
    wanted = features(os.environ["ANALYSIS_FEATURES"])
    if os.environ["LABEL_PROVIDER"] != "rekognition":
        return skip("LabelProvider is none: no label service is configured.")
    if not wanted:
        return skip("AnalysisFeatures is empty: nothing was asked for.")
    return analysis_work(client("rekognition"), wanted, float(os.environ["MIN_CONFIDENCE"]), SystemClock())


@cache
def _worker() -> Worker:
    return Worker(bus(), S3ObjectStore(client("s3")), SystemClock(), os.environ["IMAGES_BUCKET"], _work())


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    queue, limit = inbox_queue()
    return Inbox(one_by_one(_worker()), queue, max_receive_count=limit)(event, context)
