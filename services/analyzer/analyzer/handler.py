"""ImageValidated -> MetadataExtracted; ImageValidated -> LabelsDetected | LabelsSkipped."""

from __future__ import annotations

import os

from analyzer.labels import labels_work
from analyzer.metadata import metadata_work
from imagebus.aws import bus, client
from imagebus.clock import SystemClock
from imagebus.consumer import consumer
from imagebus.inbox import Delivery
from imagebus.objects import S3ObjectStore
from imagebus.worker import Work, Worker


def _worker(work: Work) -> Worker:
    bucket = os.environ.get("IMAGES_BUCKET", "")  # metadata writes no object
    return Worker(bus(), S3ObjectStore(client("s3")), SystemClock(), bucket, work)


def _extract_metadata(delivery: Delivery) -> None:
    _worker(metadata_work)(delivery)


def _detect_labels(delivery: Delivery) -> None:
    _worker(labels_work(os.environ, lambda: client("rekognition")))(delivery)


metadata = consumer(_extract_metadata)
labels = consumer(_detect_labels)
