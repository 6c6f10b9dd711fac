"""ImageValidated -> LabelsDetected | LabelsSkipped."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from analyzer.rekognition import labels_work, skip
from imagebus.aws import bus, client, inbox_queue
from imagebus.clock import SystemClock
from imagebus.inbox import Inbox, one_by_one
from imagebus.objects import S3ObjectStore
from imagebus.worker import Work, Worker


@cache
def _worker() -> Worker:
    work: Work = skip
    if os.environ["LABEL_PROVIDER"] == "rekognition":
        work = labels_work(client("rekognition"), float(os.environ["MIN_CONFIDENCE"]))
    return Worker(bus(), S3ObjectStore(client("s3")), SystemClock(), os.environ["IMAGES_BUCKET"], work)


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    queue, limit = inbox_queue()
    return Inbox(one_by_one(_worker()), queue, max_receive_count=limit)(event, context)
