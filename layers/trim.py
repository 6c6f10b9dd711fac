"""The service models that the functions load, cut down from botocore's: `python -m layers.trim`.

With --check it writes nothing, and fails when a committed file is another one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

FOLDER = Path(__file__).parent / "core" / "imagebus" / "models"

#: What services/ and layers/core call, and what botocore calls by itself.
OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "dynamodb": (
        "DescribeEndpoints",  # where endpoint discovery is switched on
        "GetItem",
        "PutItem",
        "Query",
    ),
    "events": ("ListReplays", "PutEvents"),
    "rekognition": ("DetectFaces", "DetectLabels", "DetectModerationLabels"),
    "s3": (
        "CreateBucket",  # a presigned POST is made from it
        "CreateSession",  # for a directory bucket's credentials
        "DeleteObject",
        "GetObject",
        "HeadBucket",  # to be told a bucket's region
        "HeadObject",
        "ListObjectsV2",
        "PutObject",
    ),
    "sns": ("Publish",),
    "sqs": ("ChangeMessageVisibility", "DeleteMessage", "ReceiveMessage", "SendMessage"),
}
#: In endpoints.json also those that botocore asks for credentials.
CREDENTIALS = ("oidc", "portal.sso", "signin", "sts")


def files() -> dict[Path, str]:
    """Path below FOLDER -> content."""
    loader = Loader(include_default_search_paths=False, extra_search_paths=[Loader.BUILTIN_DATA_PATH])
    made, prefixes = {}, set(CREDENTIALS)
    for service, operations in OPERATIONS.items():
        version = loader.determine_latest_version(service, "service-2")
        # Not load_service_model: what botocore adds to a model, it adds to ours as well.
        full = loader.load_data(f"{service}/{version}/service-2")
        made[Path(service, version, "service-2.json")] = _text(model(full, operations))
        prefixes.add(full["metadata"]["endpointPrefix"])
    made[Path("endpoints.json")] = _text(endpoints(loader.load_data("endpoints"), prefixes))
    return made


def model(full: Mapping[str, Any], operations: Iterable[str]) -> dict[str, Any]:
    """The model of these operations and the shapes that they are made of, all without documentation.

    What else there is stays whole, but botocore reads the documentation of a client's own parameters: it is
    empty.
    """
    kept = {name: full["operations"][name] for name in operations}
    names = _shapes(full["shapes"], kept.values())
    shapes = {name: shape for name, shape in full["shapes"].items() if name in names}
    rest = {part: full[part] for part in full if part not in {"documentation", "examples"}}
    if parameters := rest.get("clientContextParams"):
        silent = {name: {**each, "documentation": ""} for name, each in parameters.items()}
        rest["clientContextParams"] = silent
    return {
        **rest,
        "operations": _undocumented(kept, named=True),
        "shapes": _undocumented(shapes, named=True),
    }


def endpoints(full: Mapping[str, Any], prefixes: Iterable[str]) -> dict[str, Any]:
    """The same partitions, with the services of these endpoint prefixes only."""
    wanted = set(prefixes)
    partitions = [
        {**each, "services": {name: it for name, it in each["services"].items() if name in wanted}}
        for each in full["partitions"]
    ]
    return {**full, "partitions": partitions}


def _shapes(shapes: Mapping[str, Any], operations: Iterable[Mapping[str, Any]]) -> set[str]:
    waiting = [
        operation[side] for operation in operations for side in ("input", "output") if side in operation
    ]
    waiting += [error for operation in operations for error in operation.get("errors", ())]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()["shape"]
        if name not in found:
            found.add(name)
            shape = shapes[name]
            waiting += shape.get("members", {}).values()
            waiting += [shape[part] for part in ("member", "key", "value") if part in shape]
    return found


def _undocumented(node: Any, *, named: bool = False) -> Any:
    """Without documentation. Where the keys are names, as of members, one may well be called that."""
    if isinstance(node, Mapping):
        return {
            key: _undocumented(value, named=key == "members" and not named)
            for key, value in node.items()
            if named or key not in {"documentation", "documentationUrl"}
        }
    return [_undocumented(each) for each in node] if isinstance(node, list) else node


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False) + "\n"


def main(arguments: Sequence[str]) -> int:
    wanted = {FOLDER / path: text for path, text in files().items()}
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text]
    superfluous = [path for path in FOLDER.rglob("*.json") if path not in wanted]
    if "--check" not in arguments:
        for path in superfluous:
            path.unlink()
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
    elif stale or superfluous:
        for path in [*stale, *superfluous]:
            sys.stderr.write(f"{path.relative_to(FOLDER)} is out of date: python -m layers.trim\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
