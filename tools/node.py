"""Node and npm packages, for what only they do: generate clients/, read documents as other tools do."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools import ROOT

#: The oldest version that the packages support.
OLDEST = 20
INSTALL = (
    *("ci", "--ignore-scripts", "--no-audit", "--no-fund"),
    *("--prefer-offline", "--fetch-retries=1", "--loglevel=error"),
)


class Unavailable(Exception):
    """There is no Node, or npm could not install the packages. The text says which, and what to do."""


@dataclass(frozen=True)
class Node:
    """`packages` is a folder with the node_modules of a package-lock.json. Only `installed` writes there."""

    program: str
    packages: Path

    def run(self, script: Path, *arguments: str, stdin: str = "") -> str:
        """What an ECMAScript module prints. It is given as text, so that it imports the packages by name.

        Raises RuntimeError with the end of what it said, if it fails.
        """
        program = [self.program, "--input-type=module", "--eval", script.read_text(encoding="utf-8"), "--"]
        done = subprocess.run(
            [*program, *arguments],
            cwd=self.packages,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{script.name} failed: {done.stderr[-2000:]}")
        return done.stdout

    def compile(self, project: Path) -> None:
        """Runs tsc in a folder with a tsconfig.json, which can import the packages.

        Raises RuntimeError with what tsc said, if it found a mistake.
        """
        modules = project / "node_modules"
        if not modules.exists():
            modules.symlink_to(self.packages / "node_modules")
        tsc = self.packages / "node_modules" / "typescript" / "bin" / "tsc"
        done = subprocess.run(
            [self.program, str(tsc), "-p", project], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stdout)


def installed(folder: Path) -> Node:
    """Node with what the folder's package-lock.json has, installed once per checkout. Raises Unavailable."""
    program = _program()
    texts = [(folder / name).read_bytes() for name in ("package.json", "package-lock.json")]
    digest = hashlib.sha256(b"\0".join(texts)).hexdigest()[:12]
    place = ROOT / ".imagebus" / "node" / f"{folder.name}-{digest}"
    if not place.is_dir():
        _install(folder, place)
    return Node(program, place)


def _program() -> str:
    program, npm = shutil.which("node"), shutil.which("npm")
    if not program or not npm:
        raise Unavailable(f"{'npm' if program else 'Node'} is not installed (Node {OLDEST} or newer)")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    if int(said.removeprefix("v").split(".")[0] or 0) < OLDEST:
        raise Unavailable(f"Node is {said.strip()}, and {OLDEST} or newer is needed")
    return program


def _install(folder: Path, place: Path) -> None:
    """Installs beside `place` and renames, so that two processes at a time do not see half of it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as made:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(folder / name, made)
        done = subprocess.run(["npm", *INSTALL], cwd=made, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable(
                f"npm could not install the packages of {folder.name}: {done.stderr[-500:].strip()}"
            )
        unpacked = Path(made) / "node_modules"
        half = Path(tempfile.mkdtemp(dir=place.parent))
        for each in (unpacked, Path(made) / "package.json"):
            shutil.move(each, half)
        try:
            half.rename(place)
        except OSError:  # another process was faster
            shutil.rmtree(half)
