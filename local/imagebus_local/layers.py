"""Builds the Lambda layers for this computer: its interpreter, operating system and processor.

`sam build` builds layers for Amazon Linux. The emulator runs functions as plain processes of this computer,
which may be a Mac, or have an interpreter without matching wheels, so local layers are installed natively.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from imagebus_local.errors import LocalError
from imagebus_local.postbuild import finish
from imagebus_local.templates import fingerprint

#: Stored beside a layer: what its third-party packages depend on, and what all of it depends on.
_INSTALLED, _BUILT = "installed-for", "built-from"


def build(source: Path, target: Path, environment: Mapping[str, str]) -> Path:
    """Builds the layer in `source` (requirements.txt and packages at its root); returns its content folder.

    Beside it is the archive of the content, which is what SAM deploys. Third-party packages are installed
    once per requirements and interpreter; a layer whose sources are unchanged is not built again.
    Raises LocalError `build_failed`.
    """
    requirements = source / "requirements.txt"
    packages = [each for each in source.iterdir() if each.is_dir() and (each / "__init__.py").is_file()]
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    content = target / "content" / "python"
    if not _is(target / _INSTALLED, wanted):
        shutil.rmtree(target, ignore_errors=True)
        content.mkdir(parents=True)
        _install(requirements, content, environment)
        (target / _INSTALLED).write_text(wanted, encoding="ascii")
    built = fingerprint(*sorted(packages), Path(__file__).parent)
    if not _is(target / _BUILT, built):
        (target / _BUILT).unlink(missing_ok=True)
        for package in packages:
            shutil.rmtree(content / package.name, ignore_errors=True)
            shutil.copytree(package, content / package.name, ignore=shutil.ignore_patterns("__pycache__"))
        finish(content, sys.executable)
        _pack(content.parent, archive(target))
        (target / _BUILT).write_text(built, encoding="ascii")
    return content.parent


def archive(target: Path) -> Path:
    """The archive of the layer that is built in `target`."""
    return target / "content.zip"


def _is(note: Path, wanted: str) -> bool:
    return note.is_file() and note.read_text(encoding="ascii") == wanted


def _pack(folder: Path, path: Path) -> None:
    """SAM would compress the layer again for every deployment, and with three times the effort."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for each in sorted(folder.rglob("*")):
            if each.is_file():
                packed.write(each, each.relative_to(folder))


def _install(requirements: Path, target: Path, environment: Mapping[str, str]) -> None:
    options = [
        "--quiet",
        "--only-binary",
        ":all:",
        "--target",
        str(target),
        "--requirement",
        str(requirements),
    ]
    uv = Path(sys.executable).with_name("uv")
    commands = [[str(uv), "pip", "install", "--python", sys.executable, *options]] if uv.exists() else []
    commands.append([sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *options])
    said = ""
    for command in commands:
        finished = subprocess.run(
            command,
            check=False,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if finished.returncode == 0:
            return
        said += finished.stdout
    raise LocalError(
        "build_failed",
        f"The packages of {requirements} could not be installed.",
        "Is the package index reachable, and does it have wheels for this interpreter?",
        said[-3000:],
    )
