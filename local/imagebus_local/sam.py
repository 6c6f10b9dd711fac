"""The real SAM CLI: `sam build`, then byte code, then `sam deploy`."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from imagebus_local import templates
from imagebus_local.errors import LocalError
from imagebus_local.postbuild import finish

Progress = Callable[[str], None]

TAIL_LINES = 25


def runtime() -> str:
    """This interpreter as a Lambda runtime, such as `python3.11`."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def architecture() -> str:
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"


def build(template: Path, folder: Path, environment: Mapping[str, str]) -> Path:
    """Builds `template` into `folder`/out and returns the built template; unchanged parts are kept.

    Raises LocalError `sam_missing` or `build_failed`.
    """
    command = ["build", "--template-file", str(template), "--build-dir", str(folder / "out")]
    command += ["--cached", "--cache-dir", str(folder / "cache")]
    finished = _sam(command, environment)
    if finished.returncode != 0:
        # After a failed download, SAM's cache treats a layer without its packages as built.
        shutil.rmtree(folder / "cache", ignore_errors=True)
        raise LocalError(
            "build_failed",
            "sam build failed.",
            _build_advice(finished.stdout),
            tail(finished.stdout),
        )
    finish(folder / "out", _interpreter(folder / "out", environment))
    return folder / "out" / "template.yaml"


def _build_advice(output: str) -> str:
    if "PythonPipBuilder:Validation" in output or "Binary validation failed" in output:
        wanted = next(iter(re.findall(r"python3\.\d+", output)), "python3.x")
        return f"The build needs {wanted} on PATH, or another RUNTIME of Lambda (python3.12 or later)."
    if "PythonPipBuilder:ResolveDependencies" in output:
        return "Is the package index reachable, and does it have wheels for that runtime?"
    return "Its last output is below."


def deploy(
    template: Path, *, stack: str, parameters: Mapping[str, str], environment: Mapping[str, str]
) -> str:
    """Deploys a built template and returns SAM's output. A deployment without changes succeeds.

    Raises LocalError `sam_missing` or `deploy_failed`.
    """
    command = ["deploy", "--template-file", str(template), "--stack-name", stack, "--resolve-s3"]
    command += ["--s3-prefix", stack, "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    command += ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"]
    if parameters:
        command += ["--parameter-overrides", *(f'{name}="{value}"' for name, value in parameters.items())]
    finished = _sam(command, environment)
    if finished.returncode != 0:
        raise LocalError(
            "deploy_failed", "sam deploy failed.", "Its last output is below.", tail(finished.stdout)
        )
    return finished.stdout


def deploy_real(
    root: Path,
    *,
    stack: str,
    parameters: Mapping[str, str],
    python: str | None = None,
    machine: str | None = None,
    say: Progress,
) -> str:
    """Builds and deploys to the account of the environment's credentials (`make deploy`).

    `python` (such as `python3.13`) and `machine` default to template.yml's values. Packages are
    wheels for Amazon Linux whatever this computer is, but SAM wants an interpreter of that version on PATH.
    """
    template = templates.read(root / "template.yml")
    chosen = python or str(template["Parameters"]["Runtime"]["Default"])
    target = machine or str(template["Parameters"]["Architecture"]["Default"])
    folder = root / ".aws-sam" / "imagebus"
    path = folder / "template.yml"
    templates.write(path, templates.render(template, root, runtime=chosen, architecture=target))
    environment = dict(os.environ)
    say(f"sam build ({chosen}, {target})")
    built = build(path, folder, environment)
    say(f"sam deploy to stack {stack}")
    overrides = {"Runtime": chosen, "Architecture": target, **parameters}
    return deploy(built, stack=stack, parameters=overrides, environment=environment)


def _interpreter(folder: Path, environment: Mapping[str, str]) -> str | None:
    """The interpreter of the built runtime; byte code of another version would be useless."""
    name = str(templates.read(folder / "template.yaml")["Parameters"]["Runtime"]["Default"])
    return sys.executable if name == runtime() else shutil.which(name, path=environment.get("PATH"))


def _sam(arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    sam = Path(sys.executable).with_name("sam")
    program = str(sam) if sam.exists() else shutil.which("sam")
    if program is None:
        raise LocalError("sam_missing", "The SAM CLI is not installed.", "Run: make setup")
    quiet = {"SAM_CLI_TELEMETRY": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run(
        [program, *arguments],
        check=False,
        env={**environment, **quiet},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def tail(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and "SAM CLI update" not in line]
    return "\n".join(lines[-TAIL_LINES:])
