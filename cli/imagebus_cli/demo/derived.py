"""Download derived images, under names that are valid on every file system."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from imagebus.identity import image_id
from imagebus_cli.demo.result import DemoResult
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack

#: Only a folder with this file in it may be emptied.
MARKER = ".imagebus-demo"

#: Name of a derived image (`320x320`, `watermarked`) -> its path relative to the contact sheet.
Files = dict[str, str]


def require_ours(output: Path) -> None:
    """Raises Problem if `output` holds files that the demo did not write."""
    if output.exists() and not output.is_dir():
        raise Problem(f"{output} is a file.", "Choose a folder: imagebus demo --output DIR", exit_code=2)
    if output.is_dir() and any(output.iterdir()) and not (output / MARKER).exists():
        advice = "Choose a new or empty folder: imagebus demo --output DIR"
        raise Problem(f"{output} holds other files.", advice, exit_code=2)


def download(stack: Stack, results: Sequence[DemoResult], output: Path) -> dict[str, Files]:
    """Empty `output`, write the derived images of completed results into it, and return the files by key."""
    if output.exists():
        shutil.rmtree(output)
    (output / "images").mkdir(parents=True)
    (output / MARKER).touch()
    plans: dict[str, Files] = {}
    jobs: list[tuple[str, str, Path]] = []
    for result in results:
        if result.item is None or result.status != "completed":
            continue
        files: Files = {}
        objects = [(each["name"], each) for each in result.item.get("thumbnails", ())]
        if "watermarked" in result.item:
            objects.append(("watermarked", result.item["watermarked"]))
        for name, each in objects:
            path = f"images/{folder_name(result.key)}/{safe_name(name)}{suffix(each['key'])}"
            files[name] = path
            jobs.append((each["bucket"], each["key"], output / path))
        plans[result.key] = files

    def fetch(job: tuple[str, str, Path]) -> None:
        bucket, key, path = job
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(stack.s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fetch, jobs))
    return plans


def folder_name(key: str) -> str:
    """Readable if the key is, and different for every key."""
    return f"{safe_name(PurePosixPath(key).stem)}-{image_id(key)[:10]}".lstrip("-")


def safe_name(text: str) -> str:
    """Lower-case ASCII letters, digits and dashes, at most 40; empty if the text has none."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-")


def suffix(key: str) -> str:
    found = PurePosixPath(key).suffix
    return found if re.fullmatch(r"\.[a-z0-9]{2,5}", found) else ""
