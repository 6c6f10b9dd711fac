"""The real SAM CLI: `sam build`, then byte code, then `sam deploy`."""

from __future__ import annotations

import compileall
import os
import platform
import py_compile
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from imagebus_local import templates
from imagebus_local.errors import LocalError

Progress = Callable[[str], None]

TAIL_LINES = 25


def runtime() -> str:
    """This interpreter as a Lambda runtime, such as `python3.11`."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def architecture() -> str:
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"


def build(template: Path, folder: Path, environment: Mapping[str, str]) -> Path:
    """Builds `template` into `folder`/out and returns the built template; what did not change is kept.

    Raises LocalError `sam_missing` or `build_failed`.
    """
    command = ["build", "--template-file", str(template), "--build-dir", str(folder / "out")]
    command += ["--cached", "--cache-dir", str(folder / "cache")]
    finished = _sam(command, environment)
    if "PythonPipBuilder:ResolveDependencies" in finished.stdout and finished.returncode != 0:
        finished = _sam(command, environment)  # one hiccup of the package index is no news
    if finished.returncode != 0:
        raise LocalError(
            "build_failed",
            "sam build failed.",
            _build_advice(finished.stdout),
            tail(finished.stdout),
        )
    prune(folder / "out")
    compile_all(folder / "out")
    return folder / "out" / "template.yaml"


def _build_advice(output: str) -> str:
    if "PythonPipBuilder:Validation" in output or "Binary validation failed" in output:
        wanted = next(iter(re.findall(r"python3\.\d+", output)), "python3.x")
        return f"It needs {wanted} on PATH, or another runtime: make deploy RUNTIME={runtime()}"
    if "PythonPipBuilder:ResolveDependencies" in output:
        return "Is the package index reachable? Try again; what was built stays built."
    return "What it said last is below."


def deploy(
    template: Path, *, stack: str, parameters: Mapping[str, str], environment: Mapping[str, str]
) -> str:
    """Deploys a built template and returns what SAM said; no change is a success.

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
            "deploy_failed", "sam deploy failed.", "What it said last is below.", tail(finished.stdout)
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
    """Builds and deploys to the account that the environment's credentials are for (`make deploy`).

    `python` (such as `python3.13`) and `machine` default to what template.yml says. Packages are
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


def prune(folder: Path) -> None:
    """Removes what no function reads (tests, stubs, tools' caches): each cold start unpacks its layers."""
    for path in list(folder.rglob("*")):
        if path.is_dir() and (path.name.startswith(".") or _is_test_package(path)):
            shutil.rmtree(path)
        elif path.is_file() and path.suffix in {".pyi", ".pyx", ".pxd", ".c", ".h"}:
            path.unlink()


def _is_test_package(path: Path) -> bool:
    return path.name in {"tests", "test"} and (path / "__init__.py").exists()


def compile_all(folder: Path) -> None:
    """Adds byte code that holds whatever the files' times: Lambda could not keep its own."""
    if _tag(folder) != sys.implementation.cache_tag:
        return
    compileall.compile_dir(
        folder,
        quiet=2,
        force=False,
        stripdir=str(folder),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def _tag(folder: Path) -> str:
    """The cache tag of the runtime that was built for; another version's byte code would be dead weight."""
    resources = templates.read(folder / "template.yaml")["Resources"].values()
    built_for = {
        each["Metadata"]["BuildMethod"] for each in resources if "BuildMethod" in each.get("Metadata", {})
    }
    versions = {name.removeprefix("python").replace(".", "") for name in built_for}
    return f"cpython-{versions.pop()}" if len(versions) == 1 else ""


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
