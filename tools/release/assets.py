"""The files of a release: `python -m tools.release.assets vX.Y.Z`, after `make build sbom`."""

from __future__ import annotations

import re
import shutil
import sys

from tools import ROOT

LAYERS = ("CoreLayer", "ImagingLayer")


def notes(changelog: str, version: str) -> str:
    """The version's section of the CHANGELOG. Raises ValueError when there is none."""
    found = re.search(
        rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    if found is None:
        raise ValueError(f"CHANGELOG.md has no section for {version}")
    return found.group(1).strip() + "\n"


def main(tag: str) -> int:
    """Writes dist/NOTES.md and an archive of each layer; 1 when tag and project do not name one version."""
    version = tag.removeprefix("v")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    if f'\nversion = "{version}"\n' not in project:
        sys.stderr.write(f"{tag} is not the version in pyproject.toml\n")
        return 1
    dist = ROOT / "dist"
    dist.mkdir(exist_ok=True)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (dist / "NOTES.md").write_text(notes(changelog, version), encoding="utf-8")
    for layer in LAYERS:
        built = ROOT / ".aws-sam" / "imagebus" / "out" / layer
        shutil.make_archive(str(dist / f"imagebus-{version}-{layer}"), "zip", built)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
