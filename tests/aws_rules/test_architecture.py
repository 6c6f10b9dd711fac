"""Lambda needs wheels for its own processor, and pip evaluates markers for the computer that it runs on.

https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html
https://pip.pypa.io/en/stable/cli/pip_download/ (the options name a platform, the markers remain this one's)
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from imagebus_local import sam, targets, templates

ROOT = Path(__file__).parents[2]
IMAGING = (ROOT / "layers/imaging/requirements.txt").read_text(encoding="utf-8")
#: SIMD resize, which has no wheels for Lambda's arm64.
ONLY_X86 = "cykooz-resizer"


@pytest.mark.parametrize(("architecture", "wanted"), [("x86_64", True), ("arm64", False)])
def test_requirements_are_those_of_the_target(architecture: str, wanted: bool) -> None:
    names = [line.split("==")[0] for line in targets.requirements(IMAGING, architecture).splitlines()]
    assert (ONLY_X86 in names) == wanted
    assert {"pillow", "pillow-heif", "isal"} <= set(names)
    assert ";" not in targets.requirements(IMAGING, architecture)


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_the_layer_that_is_built_has_the_requirements_of_the_target(
    tmp_path: Path, architecture: str
) -> None:
    template = templates.read(ROOT / "template.yml")
    rendered = templates.render(template, ROOT, runtime="python3.13", architecture=architecture)
    resources = targets.retarget(rendered, tmp_path, architecture)["Resources"]
    layer = Path(resources["ImagingLayer"]["Properties"]["ContentUri"])
    assert layer == tmp_path / "ImagingLayer"
    built = (layer / "requirements.txt").read_text(encoding="utf-8")
    assert built == targets.requirements(IMAGING, architecture)
    assert (layer / "imagebus_imaging" / "__init__.py").is_file()
    for name, each in resources.items():
        if "BuildMethod" in each.get("Metadata", {}):
            listed = Path(each["Properties"]["ContentUri"]) / "requirements.txt"
            assert not listed.is_file() or ";" not in listed.read_text(encoding="utf-8"), name


def test_ci_builds_every_architecture_that_the_template_offers() -> None:
    offered = templates.read(ROOT / "template.yml")["Parameters"]["Architecture"]["AllowedValues"]
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["build"]["strategy"]["matrix"]["architecture"] == offered == [*targets.MACHINES]


def template_for(runtime: str, folder: Path) -> Path:
    path = folder / "template.yml"
    templates.write(path, {"Parameters": {"Runtime": {"Default": runtime}}})
    return path


@pytest.mark.parametrize("works", [True, False])
def test_a_shim_without_an_interpreter_is_none(tmp_path: Path, works: bool) -> None:
    """The build then uses a container: https://github.com/pyenv/pyenv#understanding-shims."""
    shim = tmp_path / "python3.99"
    shim.write_text(f"#!/bin/sh\nexit {0 if works else 127}\n", encoding="utf-8")
    shim.chmod(0o755)
    commands: list[list[str]] = []

    def run(arguments: list[str], environment: object) -> subprocess.CompletedProcess[str]:
        commands.append(arguments)
        return subprocess.CompletedProcess(arguments, 0, "")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sam, "run", run)
        compiled: list[str | None] = []
        patch.setattr(sam, "finish", lambda folder, interpreter: compiled.append(interpreter))
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        sam.build(template_for("python3.99", tmp_path), tmp_path, environment, container=True)
    assert ("--use-container" in commands[0]) == (not works)
    assert compiled == [str(shim) if works else None]
