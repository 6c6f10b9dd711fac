"""Cold start: what imports and clients cost in a fresh process, bytecode compiled, page cache warm."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.environment import EAGER as EAGER_PACKAGES
from benchmarks.environment import ROOT
from imagebus_local import botocore_data

EAGER = "everything-eager"
SETTINGS = {
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "bench",
    "EVENT_BUS": "bench",
    "INBOX_URL": "https://sqs.eu-west-1.amazonaws.com/000000000000/inbox",
    "DEAD_LETTER_URL": "https://sqs.eu-west-1.amazonaws.com/000000000000/dead",
    "MAX_RECEIVE_COUNT": "5",
    "IMAGES_BUCKET": "images",
    "QUARANTINE_BUCKET": "quarantine",
    "TOPIC_ARN": "arn:aws:sns:eu-west-1:000000000000:bench",
    "STATUS_TABLE": "status",
    "LEDGER_TABLE": "ledger",
    "ERASURES_TABLE": "erasures",
    "RECIPES_TABLE": "recipes",
    "REQUIRED_FACTS": "ImageValidated,ThumbnailsCreated",
    "STALLED_AFTER_SECONDS": "900",
    "THUMBNAIL_SIZES": "100x100,320x320,640x480,1280x1280",
    "OUTPUT_FORMAT": "auto",
    "BACKGROUND": "#ffffff",
    "LINEAR_LIGHT": "false",
    "ANIMATED_THUMBNAILS": "false",
    "ACCEPTED_FORMATS": "JPEG,PNG,WEBP,GIF,AVIF,HEIF",
    "MAX_BYTES": "52428800",
    "MAX_PIXELS": "100000000",
    "MAX_FRAMES_PIXELS": "500000000",
    "DECODE_SECONDS": "6",
    "DECODE_MEMORY_MIB": "384",
    "TRAILING_DATA": "accept",
    "TRUNCATED_IMAGES": "accept",
    "WATERMARK_TEXT": "imagebus",
    "WATERMARK_POSITION": "bottom-right",
    "WATERMARK_OPACITY": "0.5",
    "WATERMARK_SCALE": "0.25",
    "MAX_SIDE": "2048",
    "LABEL_PROVIDER": "none",
    "ANALYSIS_FEATURES": "labels",
    "MIN_CONFIDENCE": "70",
}
# What template.yml sets for every function of ours.
OURS = {"IMAGEBUS_CLIENTS": "trimmed", "PYDANTIC_DISABLE_PLUGINS": "true"}
# What each handler imports, and the clients that its first event makes it create.
HANDLERS = {
    "ingest": ("ingest.handler", ("events", "sqs")),
    "validator": ("validator.handler", ("events", "s3", "dynamodb")),
    "thumbnailer": ("thumbnailer.handler", ("events", "s3", "dynamodb")),
    "watermarker": ("watermarker.handler", ("events", "s3", "dynamodb")),
    "metadata": ("analyzer.handler", ("events", "s3")),
    "labels": ("analyzer.handler", ("events", "s3")),
    "recorder": ("recorder.handler", ("events", "dynamodb")),
    "notifier": ("notifier.handler", ("sns", "dynamodb")),
    "cleaner": ("cleaner.handler", ("s3",)),
    "failures": ("failures.handler", ("events", "s3")),
}
_HANDLER = """
import importlib
importlib.import_module({module!r})
from imagebus.aws import client
for name in {clients!r}: client(name)
"""
# One handler for everything, as it is often written: all libraries and all clients at import.
_EAGER = """
import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.utilities.batch import BatchProcessor
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, idempotent
from aws_lambda_powertools.utilities.parser import parse
import pydantic
import imagebus.events
from PIL import Image, ImageCms, ImageDraw, ImageFont, ImageOps
import pillow_heif, cykooz_resizer
Image.init()
pillow_heif.register_heif_opener()
logger, metrics, tracer = Logger(), Metrics(), Tracer()
for name in ("s3", "events", "sqs", "dynamodb", "sns", "rekognition"): boto3.client(name)
"""
# In the project's environment for other reasons, but in no function's layers. botocore loads them
# if it finds them.
_NOT_IN_LAYERS = ("OpenSSL", "awscrt", "cryptography")
_TIMED = """
import sys, time
for name in {hidden!r}: sys.modules[name] = None
_started = time.process_time()
{body}
print((time.process_time() - _started) * 1000)
"""


def scripts() -> dict[str, str]:
    made = {name: _HANDLER.format(module=m, clients=c) for name, (m, c) in HANDLERS.items()}
    return {**made, EAGER: _EAGER}


def measure(names: Sequence[str], rounds: int) -> dict[str, float]:
    """Handler -> median CPU milliseconds, rounds interleaved. Omits handlers that cannot be imported."""
    samples: dict[str, list[float]] = {name: [] for name in names}
    with TemporaryDirectory() as folder:
        core = Path(folder, "core")
        shutil.copytree(ROOT / "layers" / "core", core)
        botocore_data.write(core / "imagebus" / "botocore_data")
        for turn in range(rounds + 1):
            for name in names:
                spent = _once(name, core, Path(folder, "bytecode"))
                # The first round compiles the bytecode and warms the page cache.
                if turn and spent is not None:
                    samples[name].append(spent)
    return {name: statistics.median(found) for name, found in samples.items() if found}


def environment_of(name: str) -> dict[str, str]:
    """A handler's environment variables, except for the location of its code."""
    not_inherited = {"PYTHONDONTWRITEBYTECODE", *OURS}
    inherited = {key: value for key, value in os.environ.items() if key not in not_inherited}
    return inherited | SETTINGS | ({} if name == EAGER else OURS)


def _once(name: str, core: Path, bytecode: Path) -> float | None:
    services = sorted((ROOT / "services").iterdir()) if (ROOT / "services").exists() else []
    paths: list[Path] = [core, ROOT / "layers" / "imaging", *services]
    paths += [EAGER_PACKAGES] if name == EAGER else []
    body = scripts()[name]
    where = {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONPYCACHEPREFIX": str(bytecode)}
    done = subprocess.run(
        [sys.executable, "-c", _TIMED.format(body=body, hidden=_NOT_IN_LAYERS)],
        capture_output=True,
        text=True,
        check=False,
        env=environment_of(name) | where,
    )
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1], file=sys.stderr)
        return None
    return float(done.stdout)
