"""The software bill of materials of the functions, from the lock, as CycloneDX 1.6.

It lists what the layers ship: layers/*/requirements.txt, and what those depend on.
"""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from tools.security.audit import Package, packages

NAMESPACE = uuid.UUID("6f1b6e0a-6a53-5d0e-9a58-0d8c1b6d5f11")


def component(package: Package) -> dict[str, Any]:
    """`hashes` of all files of the version are properties: the component's own hash would be that of one."""
    purl = f"pkg:pypi/{package.name}@{package.version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version,
        "purl": purl,
        "properties": [{"name": "imagebus:sha256", "value": value} for value in package.hashes],
    }


def shipped(lock: str, roots: set[str]) -> list[Package]:
    """Packages of a lock that are among `roots`, or there because of one of them (uv says so: `# via`)."""
    via = {}
    for entry in re.split(r"\n(?=\S)", lock):
        name = canonicalize_name(re.split(r"[=\[ ]", entry, maxsplit=1)[0])
        because = re.findall(r"^    # +(?:via )?([A-Za-z0-9._-]+)$", entry, re.MULTILINE)
        via[name] = {canonicalize_name(each) for each in because}
    wanted: set[str] = {canonicalize_name(root) for root in roots}
    while more := {name for name, because in via.items() if because & wanted} - wanted:
        wanted |= more
    return sorted(package for package in packages(lock) if package.name in wanted)


def document(version: str, found: list[Package]) -> dict[str, Any]:
    serial = uuid.uuid5(NAMESPACE, json.dumps([version, *map(repr, found)]))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "imagebus", "version": version}},
        "components": [component(package) for package in found],
    }


def bill(root: Path) -> dict[str, Any]:
    """The bill of materials of a checkout."""
    roots: set[str] = set()
    for path in sorted(root.glob("layers/*/requirements.txt")):
        roots |= {
            re.split(r"[=<>\[; ]", line, maxsplit=1)[0]
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.strip() and not line.startswith("#")
        }
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    project = (root / "pyproject.toml").read_text(encoding="utf-8")
    version = re.findall(r'^version = "(.+)"$', project, re.MULTILINE)[0]
    return document(version, shipped(lock, roots))
