"""botocore's data, reduced to the calls that our functions make, so that their clients are created faster."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import files
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

#: What services/ and layers/core call, and what botocore calls by itself.
OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "dynamodb": (
        "BatchGetItem",
        "DeleteItem",
        "DescribeEndpoints",  # if endpoint discovery is enabled
        "GetItem",
        "PutItem",
        "Query",
        "TransactWriteItems",
    ),
    "events": ("ListReplays", "PutEvents"),
    "rekognition": ("DetectFaces", "DetectLabels", "DetectModerationLabels"),
    "s3": (
        "CreateBucket",  # a presigned POST is derived from it
        "CreateSession",  # credentials of a directory bucket
        "DeleteObject",
        "GetObject",
        "HeadBucket",  # finds a bucket's region
        "HeadObject",
        "ListObjectVersions",
        "ListObjectsV2",
        "PutObject",
    ),
    "sns": ("Publish",),
    "sqs": (
        "ChangeMessageVisibility",
        "DeleteMessage",
        "GetQueueAttributes",
        "ReceiveMessage",
        "SendMessage",
    ),
}
#: endpoints.json also needs the services that botocore gets credentials from.
CREDENTIALS = ("oidc", "portal.sso", "signin", "sts")


def write(folder: Path) -> None:
    """Writes `<service>/<API version>/service-2.json` and `endpoints.json`, from the installed botocore.

    They are modified excerpts, so botocore's licence goes with them.
    """
    loader = Loader(include_default_search_paths=False, extra_search_paths=[Loader.BUILTIN_DATA_PATH])
    prefixes = set(CREDENTIALS)
    for service, operations in OPERATIONS.items():
        version = loader.determine_latest_version(service, "service-2")
        # Not load_service_model: botocore adds its extras to our model as well.
        model = loader.load_data(f"{service}/{version}/service-2")
        prefixes.add(model["metadata"]["endpointPrefix"])
        _write(folder / service / version / "service-2.json", trimmed(model, operations))
    _write(folder / "endpoints.json", endpoints(loader.load_data("endpoints"), prefixes))
    for file in files("botocore") or ():
        if file.name in {"LICENSE.txt", "NOTICE"}:
            shutil.copyfile(str(file.locate()), folder / file.name)
    (folder / "CHANGES").write_text(
        "imagebus removed documentation, operations and services that it does not use.\n"
    )


def trimmed(model: Mapping[str, Any], operations: Iterable[str]) -> dict[str, Any]:
    """The model of these operations, with the shapes that they use and without documentation."""
    kept = {name: model["operations"][name] for name in operations}
    names = _shapes(model["shapes"], kept.values())
    shapes = {name: shape for name, shape in model["shapes"].items() if name in names}
    rest = {part: value for part, value in model.items() if part not in {"documentation", "examples"}}
    return {**rest, "operations": _undocumented(kept), "shapes": _undocumented(shapes)}


def endpoints(full: Mapping[str, Any], prefixes: Iterable[str]) -> dict[str, Any]:
    """The same partitions, with only the services that have these endpoint prefixes."""
    wanted = set(prefixes)
    partitions = [
        {**each, "services": {name: it for name, it in each["services"].items() if name in wanted}}
        for each in full["partitions"]
    ]
    return {**full, "partitions": partitions}


def _shapes(shapes: Mapping[str, Any], operations: Iterable[Mapping[str, Any]]) -> set[str]:
    waiting = [each[side] for each in operations for side in ("input", "output") if side in each]
    waiting += [error for each in operations for error in each.get("errors", ())]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()["shape"]
        if name not in found:
            found.add(name)
            shape = shapes[name]
            waiting += shape.get("members", {}).values()
            waiting += [shape[part] for part in ("member", "key", "value") if part in shape]
    return found


def _undocumented(node: Any) -> Any:
    """Without documentation, which is text; a member of that name is an object, and stays."""
    if isinstance(node, Mapping):
        return {
            key: _undocumented(value)
            for key, value in node.items()
            if not (key in {"documentation", "documentationUrl"} and isinstance(value, str))
        }
    return [_undocumented(each) for each in node] if isinstance(node, list) else node


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")
