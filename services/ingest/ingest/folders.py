"""The empty objects by which S3's console and other tools show a folder: `holiday/`. They are not images.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-folders.html
"""

from __future__ import annotations

from typing import Any

from imagebus.events import Event
from imagebus.events.ingest import ImageUploaded
from imagebus.objects import ObjectStore


def is_of_folder(event: Event[Any], objects: ObjectStore) -> bool:
    """Whether the ImageUploaded or ImageDeleted is about a folder: nothing was ever uploaded under its key.

    S3 accepts an image under such a key as well, and does not say what a delete marker hides.
    """
    key = event.meta.image_key
    if not key.endswith("/") or (isinstance(event.data, ImageUploaded) and event.data.size):
        return False
    sizes = objects.sizes(event.data.bucket, key)
    return bool(sizes) and not any(sizes)
