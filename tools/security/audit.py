"""An audit of the locked packages that needs the locks only: `python -m tools.security.audit [--yanked]`.

Every package is pinned and has hashes, and none is older than security/minimum.yml allows. With --yanked, uv
also asks the package index whether a version was withdrawn. What was published after that file's date it does
not know.
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

from tools import ROOT

LOCKS = ("requirements.lock", "requirements-uv.lock", "security/checks.lock")
MINIMUM = ROOT / "security" / "minimum.yml"


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


def yanked(lock: Path) -> list[str]:
    """Versions that were withdrawn, in uv's words. Asks the package index."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--no-deps", "--target", folder]
        done = subprocess.run(
            [*command, "--requirement", str(lock)], capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        return [f"{lock.name} could not be resolved: {done.stderr[-500:]}"]
    return [line for line in done.stderr.splitlines() if "yanked" in line]


def main() -> int:
    minimum = yaml.safe_load(MINIMUM.read_text(encoding="utf-8"))
    found, count = [], 0
    for name in LOCKS:
        text = (ROOT / name).read_text(encoding="utf-8")
        count += len(list(packages(text)))
        found += [f"{name}: {line}" for line in wrong(text, minimum)]
        if "--yanked" in sys.argv:
            found += [f"{name}: {line}" for line in yanked(ROOT / name)]
    for line in found:
        sys.stderr.write(f"{line}\n")
    sys.stdout.write(f"audit: {count} locked packages, {len(found)} wrong\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
