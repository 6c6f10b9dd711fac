"""A function has only what its layers and Lambda provide, and nothing from the tests' environment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from imagebus_local import templates
from imagebus_local.places import Places
from tests.e2e.harness import Pipeline

# Packages that Lambda's runtime provides besides Python.
RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
# Modules are loaded on first use, so import all of them, not just the handler.
IMPORT_ALL = """
import importlib, pkgutil, sys
sys.path[:0] = {paths!r}
for name in {packages!r}:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        importlib.import_module(module.name)
importlib.import_module({handler!r})
"""


def functions() -> Iterator[tuple[str, Path, str, list[str]]]:
    """Name, code folder, handler's module and layers of each function in the template."""
    places = Places.find(Path(__file__).parent)
    template = templates.read(places.template)
    common = template["Globals"]["Function"]["Layers"]
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            layers = [each["Ref"] for each in (*common, *properties.get("Layers", ()))]
            yield (
                name,
                places.root / properties["CodeUri"],
                properties["Handler"].rpartition(".")[0],
                [template["Resources"][layer]["Properties"]["ContentUri"] for layer in layers],
            )


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


@pytest.mark.parametrize(
    ("name", "code", "module", "layers"), list(functions()), ids=[each[0] for each in functions()]
)
def test_a_function_finds_all_it_imports_in_its_layers(
    pipeline: Pipeline, runtime: Path, name: str, code: Path, module: str, layers: list[str]
) -> None:
    del pipeline  # its deployment has built the layers
    places = Places.find()
    built = [places.layer(Path(layer)) / "content" / "python" for layer in layers]
    own = {package.name for layer in built for package in layer.glob("imagebus*") if package.is_dir()}
    script = IMPORT_ALL.format(
        paths=[str(path) for path in (code, *built, runtime)],
        packages=[module.partition(".")[0], *sorted(own)],
        handler=module,
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{name}: {done.stderr}"
