"""The competitors, installed in a separate environment under .bench/ and never in the project's lock."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / ".bench"
EAGER = BENCH / "eager"
PYTHON = BENCH / "venv" / "bin" / "python"
PACKAGES = ("pyvips==3.2.0", "pyvips-binary==8.18.7", "numpy>=2", "pillow==13.0.0", "setuptools<80")
SHARP = "sharp@0.34"


def install() -> dict[str, str]:
    """Competitor -> the reason why it could not be installed."""
    missing = {}
    if not _works(PYTHON, "import pyvips, numpy, PIL"):
        uv = _uv()
        commands = (
            [
                [uv, "venv", "-q", "--python", sys.executable, str(BENCH / "venv")],
                [uv, "pip", "install", "-q", "--python", str(PYTHON), *PACKAGES],
            ]
            if uv
            else [
                [sys.executable, "-m", "venv", str(BENCH / "venv")],
                [str(PYTHON), "-m", "pip", "install", "-q", *PACKAGES],
            ]
        )
        for command in commands:
            subprocess.run(command, check=False)
        if not _works(PYTHON, "import pyvips"):
            missing["pyvips"] = "pyvips could not be installed"
    if not (EAGER / "aws_xray_sdk").exists():
        # Packages that the everything-eager handler imports and none of our functions has.
        tool = (
            [uv, "pip", "install", "--python", sys.executable]
            if (uv := _uv())
            else [sys.executable, "-m", "pip", "install"]
        )
        subprocess.run(
            [*tool, "-q", "--no-deps", "--target", str(EAGER), "aws-xray-sdk==2.15.0", "wrapt"], check=False
        )
    if not shutil.which("node") or not shutil.which("npm"):
        missing["sharp"] = "Node is not installed"
    elif not (BENCH / "node_modules" / "sharp").exists():
        BENCH.mkdir(exist_ok=True)
        (BENCH / "package.json").write_text(json.dumps({"name": "bench", "private": True}))
        done = subprocess.run(["npm", "install", "--silent", SHARP], cwd=BENCH, check=False)
        if done.returncode:
            missing["sharp"] = "sharp could not be installed"
    return missing


def _uv() -> str | None:
    return shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")


def _works(python: Path, statement: str) -> bool:
    return (
        python.exists()
        and not subprocess.run([python, "-c", statement], capture_output=True, check=False).returncode
    )


def machine() -> dict[str, object]:
    model = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip()
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        model = names[0] if names else model
    from importlib.metadata import version

    packages = {name: version(name) for name in ("pillow", "cykooz-resizer", "isal", "pillow-heif")}
    return {
        "cpu": model,
        "cores": len(__import__("os").sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": packages,
    }
