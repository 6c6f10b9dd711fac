"""S3: versions, delete markers, sequencers, and the events that a bucket sends."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

from imagebus.clock import Clock
from imagebus.testing.clock import ManualClock
from imagebus.testing.errors import client_error

ACCOUNT, REGION = "000000000000", "us-east-1"
#: A key with one of these is accepted everywhere but in DeleteObjects, whose request is XML.
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Version:
    version_id: str
    sequencer: str
    body: bytes
    modified: datetime
    is_marker: bool = False
    content_type: str = "binary/octet-stream"
    tags: tuple[tuple[str, str], ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()

    @property
    def etag(self) -> str:
        return hashlib.md5(self.body, usedforsecurity=False).hexdigest()


@dataclass
class Bucket:
    versioned: bool = False
    #: whether it sends events to EventBridge, and whether they name the version (an emulator's may not)
    sends_events: bool = False
    names_versions: bool = True
    #: key -> versions, newest last
    keys: dict[str, list[Version]] = field(default_factory=dict)


class InMemoryS3:
    def __init__(
        self,
        buckets: dict[str, Bucket],
        *,
        send: Callable[[dict[str, Any]], None] = lambda _: None,
        sequencer: Callable[[str], str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.buckets = buckets
        self._send = send
        self._clock = clock or ManualClock()
        numbers = count(1)
        self._sequencer = sequencer or (lambda _: f"{next(numbers):016X}")
        self._ids = count(1)

    # --- the client ---

    def put_object(self, **request: Any) -> dict[str, Any]:
        bucket, key, body = self.buckets[request["Bucket"]], request["Key"], request.get("Body", b"")
        version = self._version(bucket, key, body)
        if "ContentType" in request:
            version = replace(version, content_type=request["ContentType"])
        version = replace(version, metadata=tuple(request.get("Metadata", {}).items()))
        if bucket.versioned:
            bucket.keys.setdefault(key, []).append(version)
        else:
            bucket.keys[key] = [version]
        self._report(request["Bucket"], "Object Created", key, version, {"reason": "PutObject"})
        answer = {"ETag": f'"{version.etag}"'}
        return answer | ({"VersionId": version.version_id} if bucket.versioned else {})

    def get_object(self, **request: Any) -> dict[str, Any]:
        version = self._find(request, "GetObject")
        body, head = version.body, self._head(request, version)
        if request.get("Range") == "bytes=0-0":
            if not body:
                raise client_error("InvalidRange", "GetObject", 416)
            body, head = body[:1], head | {"ContentRange": f"bytes 0-0/{len(body)}"}
        return head | {"Body": io.BytesIO(body)}

    def head_object(self, **request: Any) -> dict[str, Any]:
        return self._head(request, self._find(request, "HeadObject"))

    def delete_object(self, **request: Any) -> dict[str, Any]:
        bucket, key = self.buckets[request["Bucket"]], request["Key"]
        versions = bucket.keys.get(key, [])
        if wanted := request.get("VersionId"):
            gone = [version for version in versions if version.version_id == wanted]
            bucket.keys[key] = [version for version in versions if version.version_id != wanted]
            reason = {"reason": "DeleteObject", "deletion-type": "Permanently Deleted"}
            for version in gone:
                removed = replace(version, sequencer=self._sequencer(key))
                self._report(request["Bucket"], "Object Deleted", key, removed, reason)
        elif bucket.versioned:
            marker = self._version(bucket, key, b"", is_marker=True)
            bucket.keys.setdefault(key, []).append(marker)
            reason = {"reason": "DeleteObject", "deletion-type": "Delete Marker Created"}
            self._report(request["Bucket"], "Object Deleted", key, marker, reason)
            return {"DeleteMarker": True, "VersionId": marker.version_id}
        else:
            bucket.keys.pop(key, None)
        return {}

    def get_object_tagging(self, **request: Any) -> dict[str, Any]:
        version = self._find(request, "GetObjectTagging")
        tags = [{"Key": name, "Value": value} for name, value in version.tags]
        return {"TagSet": tags, "VersionId": version.version_id}

    def put_object_tagging(self, **request: Any) -> dict[str, Any]:
        version = self._find(request, "PutObjectTagging")
        tags = tuple((tag["Key"], tag["Value"]) for tag in request["Tagging"]["TagSet"])
        versions = self.buckets[request["Bucket"]].keys[request["Key"]]
        versions[versions.index(version)] = replace(version, tags=tags)
        return {"VersionId": version.version_id}

    def list_object_versions(self, **request: Any) -> dict[str, Any]:
        found: dict[str, list[dict[str, Any]]] = {"Versions": [], "DeleteMarkers": []}
        for key, versions in sorted(self.buckets[request["Bucket"]].keys.items()):
            if key.startswith(request.get("Prefix", "")):
                for version in reversed(versions):
                    item = {"Key": key, "VersionId": version.version_id, "IsLatest": version is versions[-1]}
                    if version.is_marker:
                        found["DeleteMarkers"].append(item)
                    else:
                        found["Versions"].append(
                            item | {"ETag": f'"{version.etag}"', "Size": len(version.body)}
                        )
        return dict(found)

    def delete_objects(self, **request: Any) -> dict[str, Any]:
        if any(NOT_XML.search(each["Key"]) for each in request["Delete"]["Objects"]):
            raise client_error("MalformedXML", "DeleteObjects", 400)
        for each in request["Delete"]["Objects"]:
            self.delete_object(Bucket=request["Bucket"], **each)
        return {}

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        prefix = request.get("Prefix", "")
        keys = self.buckets[request["Bucket"]].keys
        found = [key for key in sorted(keys) if key.startswith(prefix) and not keys[key][-1].is_marker]
        return {"Contents": [{"Key": key, "Size": len(keys[key][-1].body)} for key in found]}

    def get_paginator(self, operation: str) -> _OnePage:
        return _OnePage(getattr(self, operation))

    # --- inside ---

    def _version(self, bucket: Bucket, key: str, body: bytes, *, is_marker: bool = False) -> Version:
        number = next(self._ids) if bucket.versioned else 0
        # only a bucket that sends events has visible sequencers
        sequencer = self._sequencer(key) if bucket.sends_events else ""
        return Version(f"v{number:06}", sequencer, body, self._clock.now(), is_marker)

    def _find(self, request: dict[str, Any], operation: str) -> Version:
        versions = self.buckets[request["Bucket"]].keys.get(request["Key"], [])
        if wanted := request.get("VersionId"):
            found = [version for version in versions if version.version_id == wanted]
            if not found:
                raise client_error("NoSuchVersion", operation, 404)
            if found[0].is_marker:
                raise client_error("MethodNotAllowed", operation, 405, x_amz_delete_marker="true")
            return found[0]
        if not versions:
            raise client_error("NoSuchKey", operation, 404)
        newest = versions[-1]
        if newest.is_marker:
            raise client_error("NoSuchKey", operation, 404, x_amz_delete_marker="true")
        if request.get("IfMatch", newest.etag).strip('"') != newest.etag:
            raise client_error("PreconditionFailed", operation, 412)
        return newest

    def _head(self, request: dict[str, Any], version: Version) -> dict[str, Any]:
        head: dict[str, Any] = {"ETag": f'"{version.etag}"', "ContentLength": len(version.body)}
        head |= {"LastModified": version.modified, "ContentType": version.content_type}
        head["Metadata"] = dict(version.metadata)
        if self.buckets[request["Bucket"]].versioned:
            head["VersionId"] = version.version_id
        return head

    def _report(self, name: str, detail_type: str, key: str, version: Version, more: dict[str, str]) -> None:
        bucket = self.buckets[name]
        if not bucket.sends_events:
            return
        item: dict[str, Any] = {"key": key, "sequencer": version.sequencer}
        if detail_type == "Object Created":
            item |= {"size": len(version.body), "etag": version.etag}
        if bucket.names_versions and bucket.versioned:
            item["version-id"] = version.version_id
        self._send(
            {
                "version": "0",
                "id": f"s3-{version.sequencer}",
                "detail-type": detail_type,
                "source": "aws.s3",
                "account": ACCOUNT,
                "time": f"{self._clock.now():%Y-%m-%dT%H:%M:%SZ}",
                "region": REGION,
                "resources": [f"arn:aws:s3:::{name}"],
                "detail": {"version": "0", "bucket": {"name": name}, "object": item, **more},
            }
        )


class _OnePage:
    def __init__(self, operation: Any) -> None:
        self._operation = operation

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        yield self._operation(**request)
