"""What was erased. It outlives archive and status table: no late event and no replay brings an image back.

Nothing in it is personal: the item is found by a digest of the key, and holds a revision and digests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from imagebus.identity import image_id, is_imported

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS = 20


class ErasureContended(Exception):
    """Others kept changing the same erasure. The caller may retry."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """Everything of the key up to a revision, and some versions and imported revisions, by their digests.

    Unless it is `sealed`, the removal of an erased version shows that everything earlier was erased, too.
    What an interrupted erase left is removed long after it, so that shows nothing.
    """

    through: str = ""
    versions: frozenset[str] = frozenset()
    sealed: bool = False

    def __bool__(self) -> bool:
        return bool(self.through or self.versions)

    def covers(self, meta: Mapping[str, Any]) -> bool:
        """Whether it was erased; `meta` has `revision` and perhaps `version_id`, as events and items have."""
        version_id, revision = meta.get("version_id"), str(meta.get("revision", ""))
        if version_id and self.has_version(str(version_id)):
            return True
        if is_imported(revision):  # It is below every real one, and may be of an object that came later.
            return self.has_version(revision)
        return bool(self.through) and revision <= self.through

    def may_cover(self, revision: str) -> bool:
        """Whether it is imported and ends with four digits of an erased version's digest.

        One in 65,536 other imports does too, so check that nothing else is left of the revision.
        """
        ending = revision[-4:].lower()
        return is_imported(revision) and any(each.startswith(ending) for each in self.versions)

    def has_version(self, version_id: str) -> bool:
        return _digest(version_id) in self.versions


class Erasures(Protocol):
    def of(self, image_key: str) -> Erasure: ...

    def extend(
        self, image_key: str, through: str = "", versions: Iterable[str] = (), *, sealed: bool | None = None
    ) -> Erasure:
        """Add to what was erased of the key, and return all of it. `sealed` stays as it is if it is None.

        Raises ErasureContended.
        """
        ...


class DynamoDBErasures:
    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def of(self, image_key: str) -> Erasure:
        return self._read(image_key)[0]

    def extend(
        self, image_key: str, through: str = "", versions: Iterable[str] = (), *, sealed: bool | None = None
    ) -> Erasure:
        added = frozenset(map(_digest, versions))
        for _ in range(ATTEMPTS):
            known, changes = self._read(image_key)
            seal = known.sealed if sealed is None else sealed
            wanted = Erasure(max(known.through, through), known.versions | added, seal)
            if wanted == known or self._write(image_key, wanted, changes):
                return wanted
        raise ErasureContended(f"{ATTEMPTS} attempts")

    def _read(self, image_key: str) -> tuple[Erasure, int]:
        """The erasure, and how often it was changed."""
        key = {"image_id": {"S": image_id(image_key)}}
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        if item is None:
            return Erasure(), 0
        return from_item(item), int(item["changes"]["N"])

    def _write(self, image_key: str, erasure: Erasure, changes: int) -> bool:
        item: dict[str, Any] = {
            "image_id": {"S": image_id(image_key)},
            "through": {"S": erasure.through},
            "changes": {"N": str(changes + 1)},
        }
        if erasure.versions:
            item["versions"] = {"SS": sorted(erasure.versions)}
        if erasure.sealed:
            item["sealed"] = {"BOOL": True}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(image_id) OR changes = :seen",
                ExpressionAttributeValues={":seen": {"N": str(changes)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def from_item(item: Mapping[str, Any]) -> Erasure:
    versions = frozenset(item["versions"]["SS"]) if "versions" in item else frozenset()
    return Erasure(item["through"]["S"], versions, "sealed" in item)


def _digest(version_id: str) -> str:
    return hashlib.sha256(version_id.encode("utf-8", "surrogatepass")).hexdigest()[:22]
