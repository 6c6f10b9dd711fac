"""clients/java and clients/go compile, read every golden event, and do not break when a field is added.

`make clients` runs these. They need javac with Jackson, and Go: on Debian, `apt-get install golang-go
default-jdk-headless libjackson2-databind-java`. `make test` compiles the committed Java alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.checkout import GOLDEN, ROOT
from tests.integration.clients.richer import richer
from tests.integration.clients.test_typescript import changed, later
from tools.clients import texts
from tools.node import Node

HERE = Path(__file__).parent
#: Where Debian and Maven keep them.
PLACES = (
    Path("/usr/share/java"),
    Path.home() / ".m2" / "repository" / "com" / "fasterxml" / "jackson" / "core",
)
JARS = ("jackson-annotations", "jackson-core", "jackson-databind")
ALL = os.environ.get("IMAGEBUS_CLIENTS") == "1"

#: Texts on standard input -> what each was read as.
Read = Callable[[list[str]], list[Any]]


def needed(program: str, package: str) -> str:
    if found := shutil.which(program):
        return found
    pytest.skip(f"{program} is not installed (on Debian: apt-get install {package})")


def jackson() -> str:
    """The class path of Jackson: of one place, so that its parts fit together."""
    for place in PLACES:
        versions = {jar: sorted(place.glob(f"**/{jar}*.jar"), key=_version) for jar in JARS}
        if all(versions.values()):
            return os.pathsep.join(str(paths[-1]) for paths in versions.values())
    pytest.skip("Jackson is not installed (on Debian: apt-get install libjackson2-databind-java)")


def _version(path: Path) -> list[int]:
    return [int(part) for part in path.stem.rsplit("-", 1)[-1].split(".") if part.isdigit()]


def run(*command: str | Path, folder: Path, stdin: str = "", **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        input=stdin,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def java(sources: Path, folder: Path) -> Read:
    javac, classes = needed("javac", "default-jdk-headless"), jackson()
    files = [HERE / "Consumer.java", *sources.glob("imagebus/events/*.java")]
    run(javac, "-proc:none", "-d", folder, "-cp", classes, *files, folder=folder)
    path = os.pathsep.join([str(folder), classes])
    return lambda values: json.loads(
        run(
            "java",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            path,
            "Consumer",
            folder=folder,
            stdin=json.dumps(values),
        )
    )


def go(sources: Path, folder: Path) -> Read:
    compiler = needed("go", "golang-go")
    shutil.copytree(sources, folder / "events")
    shutil.copy(HERE / "consumer.go", folder)
    (folder / "go.mod").write_text("module imagebus\n\ngo 1.19\n", "utf-8")
    offline = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local"}
    run(compiler, "vet", "./...", folder=folder, **offline)
    run(compiler, "build", "-o", "consumer", ".", folder=folder, **offline)
    return lambda values: json.loads(run(folder / "consumer", folder=folder, stdin=json.dumps(values)))


LANGUAGES = {"java": java, "go": go}
COMPILED = [
    pytest.param(language, types, marks=() if ALL or (language, types) == ("java", "released") else ONLY)
    for ONLY in [pytest.mark.skip(reason="make clients runs it")]
    for language in LANGUAGES
    for types in ("released", "richer")
]


@pytest.fixture(scope="module")
def sources(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """The committed files, or those that the generators write for richer schemas."""

    def made(types: str) -> Path:
        if types == "released":
            return ROOT / "clients"
        node: Node = request.getfixturevalue("node")
        folder = tmp_path_factory.mktemp("richer")
        openapi = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
        for name, text in texts.generate(node, richer(), openapi).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        assert "laterMap" in (folder / "java" / "imagebus" / "events" / "Meta.java").read_text("utf-8")
        return folder

    return made


def plain(value: Any) -> Any:
    """Without null and optional lists that are empty, which mean the same as absence; Go writes neither."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if each is not None and each != []}
    return [plain(each) for each in value] if isinstance(value, list) else value


@pytest.mark.slow
@pytest.mark.parametrize(("language", "types"), COMPILED)
def test_a_consumer_compiles_and_reads_every_event(
    sources: Callable[[str], Path], tmp_path: Path, language: str, types: str
) -> None:
    read = LANGUAGES[language](sources(types) / language, tmp_path)
    golden = [each.envelope for each in GOLDEN]
    newer = changed(lambda e: e["detail"]["meta"].update(schema_version=3))
    unknown = changed(lambda e: e.update({"detail-type": "ImageMoved"}))
    wrong = changed(lambda e: e["detail"]["data"].update(labels="none"))
    found = read([*map(json.dumps, golden), changed(later), newer, unknown, wrong, "{"])
    assert [plain(each) for each in found[: len(golden)]] == [plain(each) for each in golden]
    with_later, *refused = found[len(golden) :]
    assert with_later["detail-type"] == "LabelsDetected"
    assert "LabelsDetectedV3" in refused[0]
    assert "ImageMovedV2" in refused[1]
    assert all(isinstance(each, str) for each in refused)
