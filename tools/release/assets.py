"""The files of a release."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

LAYERS = ("AuthLayer", "CoreLayer", "ImagingLayer")


def notes(changelog: str, version: str) -> str:
    """The version's section of the CHANGELOG. Raises ValueError when there is none."""
    found = re.search(
        rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    if found is None:
        raise ValueError(f"CHANGELOG.md has no section for {version}")
    return found.group(1).strip() + "\n"


def write(root: Path, tag: str) -> None:
    """Write dist/NOTES.md and an archive of each layer. Raises ValueError if the tag is not the version."""
    version = tag.removeprefix("v")
    project = (root / "pyproject.toml").read_text(encoding="utf-8")
    if f'\nversion = "{version}"\n' not in project:
        raise ValueError(f"{tag} is not the version in pyproject.toml")
    dist = root / "dist"
    dist.mkdir(exist_ok=True)
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    (dist / "NOTES.md").write_text(notes(changelog, version), encoding="utf-8")
    for layer in LAYERS:
        built = root / ".aws-sam" / "imagebus" / "out" / layer
        shutil.make_archive(str(dist / f"imagebus-{version}-{layer}"), "zip", built)
