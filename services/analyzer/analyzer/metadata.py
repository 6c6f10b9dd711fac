"""What an image says about itself, as a fact."""

from __future__ import annotations

from imagebus.events.analyzer import MetadataExtracted
from imagebus.worker import Derivation, Job
from imagebus_imaging import describe


def metadata_work(job: Job) -> Derivation:
    found = describe(job.data)
    fact = MetadataExtracted(
        properties=found.properties,
        exif=found.exif,
        dominant_colors=tuple(found.dominant_colors),
        thumbhash=found.thumbhash,
        phash=found.phash,
    )
    return Derivation(fact)
