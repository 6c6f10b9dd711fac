"""The real SAM CLI: `sam build`, then byte code, then `sam deploy`."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from imagebus_local import targets, templates
from imagebus_local.errors import LocalError
from imagebus_local.postbuild import finish

Progress = Callable[[str], None]

TAIL_LINES = 25
#: The parameters that say what is built.
TARGET = ("Runtime", "Architecture")


def runtime() -> str:
    """This interpreter as a Lambda runtime, such as `python3.11`."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def too_old(name: str) -> bool:
    """Whether a runtime of Lambda runs on Amazon Linux 2, whose glibc (2.26) Pillow's wheels do not support.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
    """
    version = re.fullmatch(r"python3\.(\d+)", name)
    return version is not None and int(version[1]) < 12


def architecture() -> str:
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"


def build(template: Path, folder: Path, environment: Mapping[str, str], *, container: bool = False) -> Path:
    """Builds `template` into `folder`/out and returns the built template; unchanged parts are kept.

    Raises LocalError `sam_missing` or `build_failed`.
    """
    command = ["build", "--template-file", str(template), "--build-dir", str(folder / "out")]
    command += ["--cached", "--cache-dir", str(folder / "cache")]
    if container and not _interpreter(template, environment):
        command.append("--use-container")
    finished = run(command, environment)
    if finished.returncode != 0:
        # After a failed download, SAM's cache treats a layer without its packages as built.
        shutil.rmtree(folder / "cache", ignore_errors=True)
        raise LocalError(
            "build_failed",
            "sam build failed.",
            _build_advice(finished.stdout),
            tail(finished.stdout),
        )
    for written in (folder / "out").rglob("template.yaml"):
        templates.write(written, templates.read(written))
    finish(folder / "out", _interpreter(template, environment))
    return folder / "out" / "template.yaml"


def _build_advice(output: str) -> str:
    if "PythonPipBuilder:Validation" in output or "Binary validation failed" in output:
        wanted = next(iter(re.findall(r"python3\.\d+", output)), "python3.x")
        return f"The build needs {wanted} on PATH, or another RUNTIME of Lambda (python3.12 or later)."
    if "PythonPipBuilder:ResolveDependencies" in output:
        return "Is the package index reachable, and does it have wheels for that runtime?"
    return "Its last output is below."


def deploy(
    template: Path,
    *,
    stack: str,
    parameters: Mapping[str, str],
    environment: Mapping[str, str],
    execute: bool = True,
) -> str:
    """Deploys a built template and returns SAM's output. A deployment without changes succeeds.

    With `execute=False`, uploads the code and creates the change set, but does not execute it.
    Raises LocalError `sam_missing` or `deploy_failed`.
    """
    command = ["deploy", "--template-file", str(template), "--stack-name", stack, "--resolve-s3"]
    command += ["--s3-prefix", stack, "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    command += ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"]
    command += [] if execute else ["--no-execute-changeset"]
    if parameters:
        command += ["--parameter-overrides", *(f'{name}="{value}"' for name, value in parameters.items())]
    finished = run(command, environment)
    if finished.returncode != 0:
        raise LocalError(
            "deploy_failed", "sam deploy failed.", "Its last output is below.", tail(finished.stdout)
        )
    return finished.stdout


def change_set(
    built: Path, *, stack: str, parameters: Mapping[str, str], environment: Mapping[str, str]
) -> str | None:
    """Creates a change set for a built template; its ARN, or None if nothing changes.

    Runtime and Architecture are what the template was built for, whatever the stack had before.
    """
    chosen = {name: str(templates.read(built)["Parameters"][name]["Default"]) for name in TARGET}
    overrides = {**chosen, **parameters}
    output = deploy(built, stack=stack, parameters=overrides, environment=environment, execute=False)
    found = re.search(r"arn:[\w-]+:cloudformation:[^\s]+:changeSet/[^\s]+", output)
    return found[0] if found else None


def build_for_lambda(
    root: Path,
    *,
    python: str | None = None,
    machine: str | None = None,
    environment: Mapping[str, str],
    container: bool = False,
) -> Path:
    """Builds template.yml for a processor of Lambda, whatever this one is; returns the built template."""
    template = templates.read(root / "template.yml")
    wanted = (python, machine)
    chosen, target = (
        each or str(template["Parameters"][name]["Default"])
        for each, name in zip(wanted, TARGET, strict=True)
    )
    folder = root / ".aws-sam" / "imagebus"
    rendered = templates.render(template, root, runtime=chosen, architecture=target)
    path = folder / "template.yml"
    templates.write(path, targets.retarget(rendered, folder / "layers", target))
    return build(path, folder, environment, container=container)


def _interpreter(template: Path, environment: Mapping[str, str]) -> str | None:
    """One of the template's runtime: byte code of another version would be useless."""
    return interpreter(str(templates.read(template)["Parameters"]["Runtime"]["Default"]), environment)


def interpreter(name: str, environment: Mapping[str, str]) -> str | None:
    """An interpreter of a runtime, such as `python3.13`, that works.

    A shim of pyenv or asdf is on the PATH whether or not there is an interpreter behind it.
    """
    if name == runtime():
        return sys.executable
    found = shutil.which(name, path=environment.get("PATH"))
    if found is None:
        return None
    tried = subprocess.run([found, "-c", ""], check=False, env=dict(environment), capture_output=True)
    return found if tried.returncode == 0 else None


def run(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the SAM CLI, in `folder` if given; its output is in `stdout`. Raises LocalError `sam_missing`."""
    sam = Path(sys.executable).with_name("sam")
    program = str(sam) if sam.exists() else shutil.which("sam")
    if program is None:
        raise LocalError("sam_missing", "The SAM CLI is not installed.", "Run: make setup")
    quiet = {"SAM_CLI_TELEMETRY": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with TemporaryDirectory(prefix="imagebus-sam-") as scratch:  # it leaves an empty folder per function
        return subprocess.run(
            [program, *arguments],
            check=False,
            cwd=folder,
            env={**environment, **quiet, "TMPDIR": scratch},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )


def tail(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and "SAM CLI update" not in line]
    return "\n".join(lines[-TAIL_LINES:])
