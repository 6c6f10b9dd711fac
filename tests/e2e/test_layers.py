"""A function has only what its layers and Lambda provide, and nothing from the tests' environment."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from imagebus_local.places import Places
from tests.e2e.harness import Pipeline
from tests.runtimes import aws
from tests.runtimes.functions import ROOT, TEMPLATE, Function, check, functions, runtime

pytestmark = pytest.mark.embedded("it runs the layers that were built for the embedded AWS")


@pytest.fixture(scope="module")
def provided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runtime(tmp_path_factory.mktemp("runtime"))


@pytest.mark.parametrize("function", list(functions()), ids=lambda function: function.name)
def test_a_function_does_its_work_with_its_layers_alone(
    pipeline: Pipeline, provided: Path, function: Function
) -> None:
    del pipeline  # its deployment has built the layers
    places = Places.find()
    sources = [TEMPLATE["Resources"][layer]["Properties"]["ContentUri"] for layer in function.layers]
    layers = [places.layer(Path(source)) / "content" / "python" for source in sources]
    with aws.running() as fake:
        check(function, sys.executable, ROOT / function.code, [*layers, provided], fake)
