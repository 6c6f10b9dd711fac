"""Which parts of the project may import which: nobody imports a service, and what is pure stays pure."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.session import get_session

from imagebus_local import templates

ROOT = Path(__file__).parents[2]
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/*/__init__.py"))
LIBRARY = {"imagebus", "imagebus_imaging"}
TOOLS = {"imagebus_cli", "imagebus_local", "tools", "benchmarks", "tests", "samples"}
#: Folders of code, and the packages that theirs may not import.
FORBIDDEN = {
    **{f"services/{name}": {*SERVICES, *TOOLS} - {name} for name in SERVICES},
    "layers": {*SERVICES, *TOOLS},
    "local": {*SERVICES, "imagebus_cli", "tests"},
    "cli": {*SERVICES, "tests", "benchmarks"},
    "web": {*SERVICES, *TOOLS},
    "samples": set(SERVICES),
    "tools": set(SERVICES),
    "benchmarks": set(SERVICES),
    "examples": {*SERVICES, *TOOLS},
}
#: Of the library, what the pure part may know.
PURE = {
    "imagebus.history",
    "imagebus.events",
    "imagebus.identity",
    "imagebus.clock",
    "imagebus.recipes.model",
}
THIRD_PARTY = {"pydantic"}


def sources(folder: str) -> Iterator[Path]:
    for path in (ROOT / folder).rglob("*.py"):
        if not {"node_modules", ".aws-sam", "tests"}.intersection(path.relative_to(ROOT).parts):
            yield path


def imported(path: Path) -> Iterator[str]:
    """Full names of all imported modules, wherever in the file; `from a import b` names `a` and `a.b`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names))


def offences(paths: Iterable[Path], forbidden: set[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {name}"
        for path in paths
        for name in imported(path)
        if name.partition(".")[0] in forbidden
    ]


def test_only_the_commands_for_a_checkout_import_its_tools():
    assert offences([path for path in sources("cli") if path.name != "checkout.py"], {"tools"}) == []


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_a_part_imports_only_what_it_may(folder: str):
    paths = list(sources(folder))
    assert paths, "there is code to look at"
    assert offences(paths, FORBIDDEN[folder]) == []


def test_every_folder_of_code_has_a_rule():
    """A new folder at the top needs a line in FORBIDDEN."""
    visible = [
        path for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "." and path.name != "dist"
    ]
    folders = {path.name for path in visible if any(path.rglob("*.py"))}
    known = {folder.partition("/")[0] for folder in FORBIDDEN} | {"tests"}
    assert folders - known == set()


def test_the_history_of_an_image_is_pure():
    for path in sources("layers/core/imagebus/history"):
        for name in imported(path):
            root = name.partition(".")[0]
            known = root in sys.stdlib_module_names or root in THIRD_PARTY
            pure = any(name == allowed or name.startswith(f"{allowed}.") for allowed in PURE)
            assert known or pure or name in ("imagebus",), f"{path.name}: {name}"


def test_the_services_are_found():
    assert {"api", "recorder", "notifier", "failures", "cleaner", "validator", "ingest"} <= set(SERVICES)


@pytest.mark.parametrize(
    "name",
    ["facts", "reference", "rows", "variants", "watch", "invariants", "coverage", "evidence", "settings"],
)
def test_the_oracle_of_the_simulator_is_not_the_product(name: str):
    """What judges the system may not share its mistakes; it may know how the simulation is wired."""
    path = ROOT / "tests" / "simulation" / f"{name}.py"
    assert offences([path], {*SERVICES, *LIBRARY, "imagebus_cli"}) == []


#: What is particular to EventBridge's kind of bus (docs/adr/0018), and the only files that may know it.
BUS = {
    r"FailedEntryCount|\"DetailType\"": {"layers/core/imagebus/bus.py"},
    r"replay[-_]name\b": {"layers/core/imagebus/events/envelope.py"},
    r"EventPattern": {"cli/imagebus_cli/stack/bus.py", "cli/imagebus_cli/consumers/blackbox/bus.py"},
}
#: The modules that call EventBridge: one for functions, and two that no layer contains, for operators and for
#: the test of a consumer.
CALLERS = {
    "layers/core/imagebus/bus.py",
    "cli/imagebus_cli/stack/bus.py",
    "cli/imagebus_cli/consumers/blackbox/bus.py",
}


def product() -> dict[str, str]:
    """The code that runs on AWS or operates it: the embedded AWS and the test double imitate a bus."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text()
        for folder in ("layers", "services", "cli", "examples")
        for path in sources(folder)
        if "testing" not in path.parts
    }


@pytest.mark.parametrize("pattern", BUS)
def test_what_depends_on_the_kind_of_bus_is_in_one_place(pattern: str):
    assert {path for path, text in product().items() if re.search(pattern, text)} == BUS[pattern]


def operations(service: str) -> set[str]:
    """The names of a service's operations, as methods of its client."""
    return {xform_name(each) for each in get_session().get_service_model(service).operation_names}


def test_each_side_calls_eventbridge_in_one_module():
    """As a method, or by its name: a paginator's, or one in a table. Others have some of its operations."""
    names = operations("events") - operations("sns") - operations("apigatewaymanagementapi")
    assert {"put_events", "list_replays", "start_replay", "list_rules"} <= names
    found = {
        path
        for path, text in product().items()
        for node in ast.walk(ast.parse(text))
        if (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.Constant) and node.value in names)
    }
    assert found == CALLERS


def test_rules_on_the_bus_are_written_in_one_template():
    paths = [*ROOT.glob("*.yml"), *ROOT.glob("examples/*/template.yml"), *ROOT.glob("monitoring/*.yml")]
    with_rules = {
        path.relative_to(ROOT).as_posix()
        for path in paths
        for each in templates.read(path).get("Resources", {}).values()
        if each["Type"] == "AWS::Events::Rule" and "EventPattern" in each["Properties"]
    }
    assert with_rules == {"consumer.yml"}


def consumers() -> dict[str, list[str]]:
    """The lines of each consumer in template.yml, without comments and what it defines for those after it."""
    text = (ROOT / "template.yml").read_text(encoding="utf-8")
    found = {}
    for block in text.split("\n  # ── ")[1:]:
        title, *lines = block.splitlines()
        if not any("TemplateURL: consumer.yml" in line for line in lines):
            continue
        own, shared = [], 0  # the indentation of what is shared, while it lasts
        for line in lines:
            indentation = len(line) - len(line.lstrip())
            if not line.strip() or line.lstrip().startswith("#") or indentation > shared > 0:
                continue
            shared = indentation if "<<: &" in line else 0
            if not shared:
                own.append(line)
        found[title.partition(":")[0]] = own
    return found


def test_the_template_stays_short_enough_to_be_read() -> None:
    lines = (ROOT / "template.yml").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 1_300
    sizes = {name: len(own) for name, own in consumers().items()}
    assert len(sizes) == 9
    assert {name: size for name, size in sizes.items() if size > 50} == {}
