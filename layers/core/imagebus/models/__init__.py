"""Service models with only the calls that imagebus makes, so that its clients are made quickly.

What lies here is `service-2.json` of each service, and `endpoints.json`, both cut down from botocore's own
by `python -m layers.trim`. Endpoint rules, partitions, paginators and retries stay those of the botocore that
runs, and so does everything of a service that has no folder here.
"""

from __future__ import annotations

import gzip
import json
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader, Loader

FOLDER = Path(__file__).parent


def is_trimmed(service: str) -> bool:
    """Whether there is a model of this service here."""
    return (FOLDER / service).is_dir()


class _PlainFiles(JSONFileLoader):
    """Reads into dicts, not OrderedDicts: that takes a third of the time, and the rules for S3 are 900 KB."""

    def load_file(self, file_path: str) -> Any:
        """What is in the file of this name, given without `.json` or `.json.gz`; None where there is none."""
        plain, packed = Path(file_path + ".json"), Path(file_path + ".json.gz")
        if plain.is_file():
            return json.loads(plain.read_bytes())
        return json.loads(gzip.decompress(packed.read_bytes())) if packed.is_file() else None


class TrimmedLoader(Loader):
    """Finds our models first, and botocore's where we have none or botocore knows a later API version."""

    def __init__(self) -> None:
        super().__init__(extra_search_paths=[str(FOLDER)], file_loader=_PlainFiles())

    @cached_property
    def _services(self) -> list[str]:
        folders = [Path(path) for path in self.search_paths]
        return sorted({each.name for folder in folders if folder.is_dir() for each in folder.iterdir()})

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002  botocore's own signature
        """The services' folders. botocore also opens each of the four hundred to see what it holds."""
        return self._services

    def is_builtin_path(self, path: str) -> bool:
        """Our `endpoints.json` is botocore's own, cut: not another opinion that would override the rules."""
        return path.startswith(str(FOLDER)) or bool(super().is_builtin_path(path))
