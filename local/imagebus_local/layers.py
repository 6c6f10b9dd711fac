"""Builds the Lambda layers for this computer: its interpreter, operating system and processor.

`sam build` builds layers for Amazon Linux. The emulator runs functions as plain processes of this computer,
which may be a Mac, or have an interpreter without matching wheels, so local layers are installed natively.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from imagebus_local.errors import LocalError
from imagebus_local.postbuild import finish

# What a layer's third-party files depend on, stored beside them. They are reinstalled when it changes.
_NOTE = "installed-for"


def build(source: Path, target: Path, environment: Mapping[str, str]) -> Path:
    """Builds the layer in `source` (requirements.txt and packages at its root); returns its content folder.

    Third-party packages are installed once per requirements and interpreter. Raises LocalError
    `build_failed`.
    """
    requirements = source / "requirements.txt"
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    content = target / "content" / "python"
    note = target / _NOTE
    if not note.is_file() or note.read_text(encoding="ascii") != wanted:
        shutil.rmtree(target, ignore_errors=True)
        content.mkdir(parents=True)
        _install(requirements, content, environment)
        note.write_text(wanted, encoding="ascii")
    for package in source.iterdir():
        if package.is_dir() and (package / "__init__.py").is_file():
            shutil.rmtree(content / package.name, ignore_errors=True)
            shutil.copytree(package, content / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    finish(content, sys.executable)
    return content.parent


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
