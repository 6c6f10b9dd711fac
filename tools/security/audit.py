"""An audit of the locked packages that needs only the locks.

Every package must be pinned, have hashes, and not be older than security/minimum.yml allows. That file names
the versions with known flaws as of its date; newer advisories are not in it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from packaging.utils import canonicalize_name
from packaging.version import Version

LOCKS = ("requirements.lock", "requirements-uv.lock", "security/checks.lock", "tools/clients/python.lock")


@dataclass(frozen=True, order=True)
class Package:
    name: str
    version: str
    hashes: tuple[str, ...] = ()


def packages(lock: str) -> Iterator[Package]:
    """What a lock pins. Raises ValueError for a requirement that is not pinned."""
    for entry in re.split(r"\n(?=\S)", lock):
        head = entry.split("\\")[0].split(";")[0].split("#")[0].strip()
        if not head:
            continue
        name, equal, version = head.partition("==")
        if not equal:
            raise ValueError(f"{head} is not pinned")
        hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", entry))
        yield Package(canonicalize_name(name.split("[")[0]), version.strip(), hashes)


def wrong(lock: str, minimum: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What is wrong with a lock, in words."""
    lowest = {canonicalize_name(name): each for name, each in minimum.items()}
    found = []
    for package in packages(lock):
        if not package.hashes:
            found.append(f"{package.name} {package.version} has no hash")
        known = lowest.get(canonicalize_name(package.name))
        if known and Version(package.version) < Version(str(known["version"])):
            found.append(
                f"{package.name} {package.version} has {known['because']}; {known['version']} has not"
            )
    return found


def withdrawn(lock: Path) -> list[str]:
    """Withdrawn versions, in uv's words. Asks the package index."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--no-deps", "--target", folder]
        done = subprocess.run(
            [*command, "--requirement", str(lock)], capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        return [f"{lock.name} could not be resolved: {done.stderr[-500:]}"]
    return [line for line in done.stderr.splitlines() if "yanked" in line]


def problems(root: Path, *, yanked: bool = False) -> list[str]:
    """What is wrong with the locks of a checkout, in words."""
    minimum = yaml.safe_load((root / "security" / "minimum.yml").read_text(encoding="utf-8"))
    found = []
    for name in LOCKS:
        lock = root / name
        found += [f"{name}: {line}" for line in wrong(lock.read_text(encoding="utf-8"), minimum)]
        found += [f"{name}: {line}" for line in withdrawn(lock)] if yanked else []
    return found
