"""One competitor in its own process: reads jobs as JSON lines, runs them, answers with CPU milliseconds.

Runs under any interpreter that has the competitor's library, so it imports nothing else from the project.
"""

from __future__ import annotations

import io
import json
import math
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

BOXES = ((1280, 1 << 16), (640, 480), (320, 320), (100, 100))
Outputs = Sequence[bytes]
# Of a recipe: each size in each format.
FORMATS = ("JPEG", "WEBP")
FACES = ((0.62, 0.2, 0.08, 0.1), (0.75, 0.3, 0.05, 0.07))
HIDDEN = {"imagebus-fallback": ("cykooz_resizer", "isal")}


def imagebus(data: bytes) -> Outputs:
    from imagebus_imaging import thumbnails

    return [made.data for made in thumbnails(data, BOXES, formats=["jpeg" if _boxed(data) else "source"])]


def variants(data: bytes, fit: str = "inside", focus: str = "centre") -> Outputs:
    from imagebus.recipes.missing import outputs
    from imagebus.recipes.model import Recipe, Variant
    from imagebus_imaging import derive

    sizes = {str(width): {"width": width, "height": min(height, width)} for width, height in BOXES}
    shared = {"fit": fit, "focus": focus, "formats": [name.lower() for name in FORMATS]}
    recipe = Recipe(variants={name: Variant.read(size | shared) for name, size in sizes.items()})
    return [made.data for made in derive(data, outputs(recipe, "JPEG", 1, "1"), faces=FACES)]


def _boxed(data: bytes) -> bool:
    """AVIF and HEIC: all make JPEGs of them, because what is compared is how they are read."""
    return data[4:8] == b"ftyp"


def watermarked(data: bytes) -> Outputs:
    from imagebus.recipes.model import Watermark
    from imagebus_imaging import watermark

    return [watermark(data, Watermark(text="imagebus")).data]


def metadata(data: bytes) -> Outputs:
    from imagebus_imaging import describe

    describe(data)
    return []


def labels(data: bytes) -> Outputs:
    """The JPEG for a label detector."""
    from imagebus_imaging import analysis_jpeg

    return [analysis_jpeg(data).data]


def validation(data: bytes) -> Outputs:
    from imagebus_imaging import Limits, validate

    validate(data, Limits(cpu_seconds=60, wall_seconds=60))  # the machine may be busy
    return []


def draft(data: bytes) -> Outputs:
    """Only the decode that validation needs: JPEG at 1/8, PNG inflated, the others whole."""
    from imagebus_imaging.formats import detect
    from imagebus_imaging.validation import DEFAULT_LIMITS, probe

    probe(data, detect(data) or "", DEFAULT_LIMITS)
    return []


class Rest:
    """Validation without the decode and its child process: structure walk, limits, trailer and SHA-256."""

    def __init__(self) -> None:
        self._data = b""
        self._seen: Mapping[str, object] = {}

    def __call__(self, data: bytes) -> Outputs:
        from imagebus_imaging import validation
        from imagebus_imaging.formats import detect

        if data is not self._data:
            self._data = data
            self._seen = validation.probe(data, detect(data) or "", validation.DEFAULT_LIMITS)

        def known(_work: object, _limits: object, meanwhile: Callable[[], None]) -> Mapping[str, object]:
            meanwhile()
            return self._seen

        validation.decode_in_child = known  # type: ignore[assignment]
        validation.validate(data)
        return []


def naive(data: bytes) -> Outputs:
    """One full decode, rotated upright, and a Lanczos thumbnail of a copy for each size."""
    from PIL import Image, ImageOps

    if _boxed(data):
        import pillow_heif

        pillow_heif.register_heif_opener()
    opened = Image.open(io.BytesIO(data))
    opened.load()
    image = ImageOps.exif_transpose(opened)
    made = []
    for box in BOXES:
        copy = image.copy()
        copy.thumbnail(box, Image.Resampling.LANCZOS)
        out = io.BytesIO()
        name = "JPEG" if _boxed(data) else opened.format
        copy.save(out, name, **({"quality": 85} if name == "JPEG" else {}))
        made.append(out.getvalue())
    return made


class Floor:
    """Decoding at the needed scale and encoding finished thumbnails, which no engine can leave out."""

    def __init__(self, boxes: Sequence[tuple[int, int]] = BOXES, formats: Sequence[str] = ()) -> None:
        self._boxes = boxes
        self._formats = formats
        self._small: dict[int, tuple[list[object], tuple[int, int]]] = {}

    def __call__(self, data: bytes) -> Outputs:
        from PIL import Image

        image = Image.open(io.BytesIO(data))
        if id(data) not in self._small:
            ratios = [min(1, w / image.width, h / image.height) for w, h in self._boxes]
            sizes = [(round(image.width * r), round(image.height * r)) for r in ratios]
            self._small[id(data)] = [image.resize(size) for size in sizes], sizes[0]
            image = Image.open(io.BytesIO(data))
        small, largest = self._small[id(data)]
        image.draft(None, tuple(math.ceil(side * 1.15) for side in largest))
        image.load()
        options = {
            "JPEG": {"quality": 85},
            "PNG": {"compress_level": 1, "compress_type": 3},
            "WEBP": {"quality": 80, "method": 2},
        }
        made = []
        for thumbnail in small:
            for name in self._formats or [image.format or ""]:
                out = io.BytesIO()
                thumbnail.save(out, name, **options[name])  # type: ignore[attr-defined]
                made.append(out.getvalue())
        return made


class PipelineFloor:
    """The floors of all stages, each of which decodes the file at its own scale and encodes its outputs."""

    def __init__(self) -> None:
        # Validation, watermark, metadata and the label detector's JPEG, after the thumbnails.
        others = (1, 1), (2048, 2048), (256, 256), (1280, 1280)
        self._stages = [Floor(), *(Floor([box]) for box in others)]

    def __call__(self, data: bytes) -> Outputs:
        return [output for stage in self._stages for output in stage(data)]


def _vips_save(image: object, data: bytes) -> bytes:
    if data[:2] == b"\xff\xd8" or _boxed(data):
        return image.jpegsave_buffer(Q=85, keep=0)  # type: ignore[attr-defined,no-any-return]
    if data[:4] == b"\x89PNG":
        return image.pngsave_buffer(keep=0)  # type: ignore[attr-defined,no-any-return]
    return image.webpsave_buffer(Q=80, keep=0)  # type: ignore[attr-defined,no-any-return]


def pyvips(data: bytes) -> Outputs:
    """As its documentation shows: a thumbnail from the buffer for each size."""
    import pyvips as vips

    return [_vips_save(vips.Image.thumbnail_buffer(data, w, height=h, size="down"), data) for w, h in BOXES]


def pyvips_chained(data: bytes) -> Outputs:
    """The best way to use it: one shrink-on-load, each size from the previous one."""
    import pyvips as vips

    made = []
    (w, h), *rest = BOXES
    image = vips.Image.thumbnail_buffer(data, w, height=h, size="down").copy_memory()
    made.append(_vips_save(image, data))
    for w, h in rest:
        image = image.thumbnail_image(w, height=h, size="down").copy_memory()
        made.append(_vips_save(image, data))
    return made


ENGINES: dict[str, Callable[[], Callable[[bytes], Outputs]]] = {
    "imagebus": lambda: imagebus,
    "imagebus-fallback": lambda: imagebus,
    "validation": lambda: validation,
    "variants": lambda: variants,
    "variants-floor": lambda: Floor(formats=FORMATS),
    **{
        f"cover-{focus}": lambda focus=focus: lambda data: variants(data, "cover", focus)  # type: ignore[misc]
        for focus in ("centre", "entropy", "faces")
    },
    "watermark": lambda: watermarked,
    "metadata": lambda: metadata,
    "labels": lambda: labels,
    "pipeline-floor": PipelineFloor,
    "draft": lambda: draft,
    "rest": Rest,
    "naive": lambda: naive,
    "floor": Floor,
    "pyvips": lambda: pyvips,
    "pyvips-chained": lambda: pyvips_chained,
}


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _peak_mb() -> float:
    # Not getrusage for this process: it inherits the parent's figure at start.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    own = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def main(engine: str) -> None:
    for name in HIDDEN.get(engine, ()):
        sys.modules[name] = None  # type: ignore[assignment]
    run = ENGINES[engine]()
    files: dict[str, bytes] = {}
    for line in sys.stdin:
        job = json.loads(line)
        if job["file"] not in files:
            files.clear()
            files[job["file"]] = Path(job["file"]).read_bytes()
        data = files[job["file"]]
        started = _cpu()
        outputs = run(data)
        spent = _cpu() - started
        if job.get("out"):
            for number, output in enumerate(outputs):
                Path(f"{job['out']}.{number}").write_bytes(output)
        answer = {"cpu_ms": spent * 1000, "peak_mb": _peak_mb(), "bytes": sum(map(len, outputs))}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
