"""Layers for another processor than this computer's.

pip evaluates `platform_machine` for the computer that it runs on, also when it downloads wheels for another.
So a layer whose requirements depend on it is copied, with the requirements of its target.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from packaging.requirements import Requirement

from imagebus_local.templates import Template

#: What Python calls the processors of Lambda.
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}


def requirements(text: str, architecture: str) -> str:
    """The requirements of a Lambda function on `architecture`, without markers."""
    target = {"platform_machine": MACHINES[architecture], "sys_platform": "linux", "os_name": "posix"}
    kept = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            requirement = Requirement(line)
            if requirement.marker is not None and not requirement.marker.evaluate(target):
                continue
            requirement.marker = None
            kept.append(f"{requirement}\n")
    return "".join(kept)


def retarget(template: Template, folder: Path, architecture: str) -> Template:
    """The rendered template with copies of the layers in `folder` that depend on the processor."""
    resources = dict(template["Resources"])
    for name, each in resources.items():
        source = Path(str((each.get("Properties") or {}).get("ContentUri", "")))
        listed = source / "requirements.txt"
        if "BuildMethod" not in each.get("Metadata", {}) or not listed.is_file():
            continue
        text = listed.read_text(encoding="utf-8")
        if ";" in text:
            copy = folder / name
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
            (copy / "requirements.txt").write_text(requirements(text, architecture), encoding="utf-8")
            resources[name] = {**each, "Properties": {**each["Properties"], "ContentUri": str(copy)}}
    return {**template, "Resources": resources}
