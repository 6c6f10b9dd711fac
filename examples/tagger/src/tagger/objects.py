"""Tags of one object: read, merged, written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from imagebus.events import Meta
from tagger.tags import Tags, merge

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import TagTypeDef

#: The object was deleted, or its newest version is a delete marker: there is nothing to tag.
GONE = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed"})


def write(s3: S3Client, bucket: str, meta: Meta, ours: Tags) -> bool:
    """Returns whether anything was written. Tags the processed version of a versioned object."""
    where: dict[str, Any] = {"Bucket": bucket, "Key": meta.image_key}
    if meta.version_id:
        where["VersionId"] = meta.version_id
    try:
        found = s3.get_object_tagging(**where)["TagSet"]
        merged = merge({tag["Key"]: tag["Value"] for tag in found}, ours)
        if merged is None:
            return False
        tag_set: list[TagTypeDef] = [{"Key": name, "Value": text} for name, text in merged.items()]
        s3.put_object_tagging(**where, Tagging={"TagSet": tag_set})
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return False
        raise
    return True
