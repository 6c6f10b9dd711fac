"""Built with `sam build` for each of Lambda's runtimes, every function does its work in that interpreter.

A build takes minutes, so this is `make runtimes`. `make test` does the same with this interpreter and the
layers of the embedded AWS (tests/e2e/test_layers.py).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from imagebus_local import sam, targets, templates
from tests.runtimes import aws
from tests.runtimes.functions import ROOT, TEMPLATE, Function, check, functions, runtime

#: The default, and the one before it, which docs/first-deployment.md offers as the alternative.
RUNTIMES = (str(TEMPLATE["Parameters"]["Runtime"]["Default"]), "python3.12")

pytestmark = pytest.mark.skipif(
    not os.environ.get("IMAGEBUS_RUNTIMES"), reason="builds for every runtime take minutes: make runtimes"
)


def interpreter(name: str) -> str | None:
    """One that works: on the PATH, where it may be a shim with nothing behind it, or pyenv's."""
    home = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    version = name.removeprefix("python")
    candidates = [shutil.which(name), *map(str, home.glob(f"versions/{version}.*/bin/{name}"))]
    for each in filter(None, candidates):
        if subprocess.run([each, "-c", ""], check=False, capture_output=True).returncode == 0:
            return each
    return None


@pytest.fixture(scope="module", params=RUNTIMES)
def built(request: pytest.FixtureRequest) -> tuple[str, Path]:
    """An interpreter, and the folder of what SAM built for it."""
    program = interpreter(request.param)
    if program is None:
        pytest.skip(f"there is no {request.param} on this computer")
    folder = ROOT / ".imagebus" / "runtimes" / request.param
    machine = sam.architecture()
    rendered = templates.render(TEMPLATE, ROOT, runtime=request.param, architecture=machine)
    templates.write(folder / "template.yml", targets.retarget(rendered, folder / "layers", machine))
    path = os.pathsep.join([str(Path(program).parent), os.environ["PATH"]])
    sam.build(folder / "template.yml", folder, {**os.environ, "PATH": path})
    return program, folder / "out"


@pytest.fixture(scope="module")
def provided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runtime(tmp_path_factory.mktemp("runtime"))


@pytest.mark.parametrize("function", list(functions()), ids=lambda function: function.name)
def test_a_function_does_its_work_in_its_runtime(
    built: tuple[str, Path], provided: Path, function: Function
) -> None:
    program, folder = built
    layers = [*(folder / name / "python" for name in function.layers), provided]
    with aws.running() as fake:
        check(function, program, folder / f"{function.name}Function", layers, fake)
