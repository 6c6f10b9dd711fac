"""Clients and wiring for the Lambda edge: created on first use, once per cold start, never at import."""

from __future__ import annotations

import gzip
import json
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.loaders import JSONFileLoader, Loader

from imagebus.bus import EventBridgeBus
from imagebus.clock import SystemClock

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: Short timeouts and few retries, because every call has an inbox behind it that retries.
CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})

#: botocore's data for the calls of our functions. `imagebus deploy` writes it; a plain `sam build` does not.
TRIMMED = Path(__file__).with_name("botocore_data")


class _PlainFiles(JSONFileLoader):
    """Reads dicts, not OrderedDicts, in a third of the time: the endpoint rules of S3 alone are 900 KB."""

    def load_file(self, file_path: str) -> Any:
        plain, packed = Path(file_path + ".json"), Path(file_path + ".json.gz")
        if plain.is_file():
            return json.loads(plain.read_bytes())
        return json.loads(gzip.decompress(packed.read_bytes())) if packed.is_file() else None


class TrimmedLoader(Loader):
    """Prefers the trimmed data, if there is any. The rest comes from botocore's own, and is read faster."""

    def __init__(self) -> None:
        super().__init__(extra_search_paths=[str(TRIMMED)], file_loader=_PlainFiles())

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002  botocore's own signature
        """botocore would open each of the 430 folders to see what is in it."""
        return os.listdir(self.BUILTIN_DATA_PATH)  # noqa: PTH208  names, not paths

    def is_builtin_path(self, path: str) -> bool:
        """Our `endpoints.json` is part of botocore's, not a customer's that would override the rules."""
        return path.startswith(str(TRIMMED)) or bool(super().is_builtin_path(path))


@cache
def _session(*, trimmed: bool) -> botocore.session.Session:
    """What boto3 creates its clients with. boto3 itself also imports its transfer manager, unused here."""
    session = botocore.session.Session()
    if trimmed:
        session.register_component("data_loader", TrimmedLoader())
    return session


@cache
def client(service: str, config: Config = CONFIG, url: str | None = None) -> Any:
    """The client that `boto3.client(service, endpoint_url=url)` would return.

    With IMAGEBUS_CLIENTS=trimmed, as in our own functions, it has only the calls that they make, and is
    created faster.
    """
    # The trimmed endpoints.json knows the trimmed services only.
    known = (TRIMMED / service).is_dir() or not TRIMMED.is_dir()
    trimmed = known and os.environ.get("IMAGEBUS_CLIENTS") == "trimmed"
    return _session(trimmed=trimmed).create_client(service, config=config, endpoint_url=url)


def presigner() -> S3Client:
    """An S3 client whose presigned URLs and forms name the bucket's host in its own region.

    By default botocore presigns for the global endpoint, which answers 400 for regions launched after
    March 2019, and redirects browsers in the others. An endpoint that is set, such as an emulator's, has no
    hosts of buckets.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    https://github.com/boto/boto3/pull/4768
    """
    regional = Config(
        signature_version="s3v4",
        s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
    )
    path = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    s3: S3Client = client("s3", CONFIG.merge(path if endpoint else regional))
    return s3


def execute_api(api: str) -> str:
    """The URL of an API of API Gateway, given as ID/STAGE. An emulator serves all of them by their path.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-overview.html
    """
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        return f"{endpoint}/_aws/execute-api/{api}"
    region, (identifier, _, stage) = os.environ["AWS_REGION"], api.partition("/")
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://{identifier}.execute-api.{region}.{domain}/{stage}"


def signed_socket(api: str, seconds: int) -> str:
    """A URL that opens a WebSocket of `api` (ID/STAGE) with this function's rights, for so many seconds.

    API Gateway accepts no signature that is older than five minutes.
    """
    request = AWSRequest("GET", execute_api(api))
    session = _session(trimmed=os.environ.get("IMAGEBUS_CLIENTS") == "trimmed")
    credentials: Any = session.get_credentials()
    SigV4QueryAuth(credentials, "execute-api", os.environ["AWS_REGION"], expires=seconds).add_auth(request)
    return f"ws{str(request.url).removeprefix('http')}"


@cache
def bus() -> EventBridgeBus:
    return EventBridgeBus(client("events"), os.environ["EVENT_BUS"], SystemClock())
