"""`python -m samples.make DIR` writes the samples to DIR/images and their outcomes to DIR/manifest.json.

The same Pillow release writes the same bytes on every run.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from samples.catalog import SAMPLES, Sample


def write(
    folder: Path, samples: Iterable[Sample] = SAMPLES, progress: Callable[[Sample], None] = lambda _: None
) -> list[dict[str, object]]:
    """Write the samples to `folder` and return the manifest: key, about, bytes, sha256, expected, code."""
    manifest: list[dict[str, object]] = []
    for sample in samples:
        data = sample.make()
        path = folder / "images" / sample.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        manifest.append(
            {
                "key": sample.key,
                "about": sample.about,
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "expected": sample.expected,
                "code": sample.code,
            }
        )
        progress(sample)
    text = json.dumps(manifest, ensure_ascii=False, indent=2)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return manifest


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m samples.make DIR\n")
        return 2
    manifest = write(Path(arguments[0]))
    sys.stdout.write(f"{len(manifest)} samples in {arguments[0]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
