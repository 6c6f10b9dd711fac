"""`imagebus new-consumer` makes a folder that passes its own tests and every check of this project."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from imagebus.events.catalog import CATALOG
from imagebus_cli.consumers.language import Language
from imagebus_cli.main import app
from imagebus_cli.problem import Problem
from imagebus_local import nesting, templates
from tests.contract.checkout import FILES, GOLDEN, ROOT
from tests.integration.declared import declared_by
from tools import node
from tools.contracts.declared import declaration
from tools.scaffold.consumer import Consumer, consumer
from tools.scaffold.render import SHAPE, write

EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/template.yml"))
EVERY_EVENT = [model.detail_type for model in CATALOG]


def tagger(**choices: Any) -> Consumer:
    return consumer("tagger", EVERY_EVENT, **{"replay_safe": False, **choices})


def run(*command: str, folder: Path, **environment: str) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "AWS_DEFAULT_REGION": "eu-west-1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def passes_its_own_test(folder: Path, reads_to: Path) -> None:
    """What its code read of events in its tests is what it declares. It is also written to `reads_to`."""
    run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.integration.reading"),
        folder=folder,
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
        PYTHONPATH=os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        READS_OF=str(folder / "src"),
        READS_TO=str(reads_to),
    )
    read = set(json.loads(reads_to.read_text("utf-8")))
    assert read
    assert read <= declared_by(declaration(folder)), "contracts.yml lacks a field"


def passes_all_checks(folder: Path) -> None:
    """Those of `make check`, which has the examples checked."""
    config = str(ROOT / "pyproject.toml")
    run(tool("ruff"), "check", "--no-cache", "--config", config, ".", folder=folder)
    run(tool("ruff"), "format", "--no-cache", "--check", "--config", config, ".", folder=folder)
    # With the settings and the cache of `make check`: boto3's stubs take mypy ten seconds to read.
    shared = ("--config-file", config, "--cache-dir", str(ROOT / ".mypy_cache"))
    found = ("--namespace-packages", "--explicit-package-bases")
    run(tool("mypy"), *shared, *found, "src", "tests", folder=folder, MYPYPATH="src:tests")


def resources(folder: Path) -> dict[str, Any]:
    """The consumer's resources, those of consumer.yml among them."""
    found: dict[str, Any] = nesting.flat(templates.read(folder / "template.yml"), folder)["Resources"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "events", "replay_safe"),
    [("tagger", ["ImageProcessed", "ImageRejected"], False), ("search-index", EVERY_EVENT, True)],
)
def test_a_new_consumer_passes_its_own_test_and_all_checks(
    tmp_path: Path, name: str, events: list[str], replay_safe: bool
) -> None:
    folder = write(consumer(name, events, replay_safe=replay_safe), tmp_path, FILES)
    passes_its_own_test(folder, tmp_path / "read.json")
    passes_all_checks(folder)


@pytest.mark.slow
def test_a_new_typescript_consumer_compiles_strictly_and_passes_its_own_test(tmp_path: Path) -> None:
    """`npm test` is tsc and then node's own runner; a warning of esbuild is an error."""
    made = consumer("search-index", EVERY_EVENT, replay_safe=True, language=Language.TYPESCRIPT)
    folder = write(made, tmp_path, FILES)
    install(folder)
    assert json.loads((folder / "tsconfig.json").read_text())["compilerOptions"]["strict"] is True
    said = run("npm", "test", "--silent", folder=folder)
    handled = re.findall(r"^ok \d+ - every event that the rule lets through is handled", said, re.MULTILINE)
    assert len(handled) == len(GOLDEN)

    handler = folder / "src" / "handler.ts"
    text = handler.read_text(encoding="utf-8")
    handler.write_text(text.replace("about(event)", "event.detail.data.sizes"), encoding="utf-8")
    with pytest.raises(AssertionError, match="Property 'sizes' does not exist"):
        run("npm", "test", "--silent", folder=folder)


def install(folder: Path) -> None:
    """What `npm ci` does, from the copy that this checkout keeps."""
    try:
        installed = node.installed(folder)
    except node.Unavailable as reason:
        pytest.skip(str(reason))
    (folder / "node_modules").symlink_to(installed.packages / "node_modules")


def test_a_typescript_consumer_has_the_wiring_of_a_python_one(tmp_path: Path) -> None:
    one, other = (
        resources(write(tagger(language=each, replay_safe=True), tmp_path / each, FILES)) for each in Language
    )
    function, bundled = one.pop("Function")["Properties"], other.pop("Function")["Properties"]
    assert one == other
    assert {name for name in function if function[name] != bundled.get(name)} == {
        "Architectures", "CodeUri", "Handler", "Layers",
    }  # fmt: skip
    assert set(bundled) <= set(function)


def test_the_packages_of_a_typescript_consumer_are_exact_and_come_from_the_public_registry(
    tmp_path: Path,
) -> None:
    folder = write(tagger(language=Language.TYPESCRIPT), tmp_path, FILES)
    package, lock = (
        json.loads((folder / f"{name}.json").read_text()) for name in ("package", "package-lock")
    )
    wanted = package["dependencies"] | package["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values()), wanted
    root = lock["packages"].pop("")
    assert {each: root[each] for each in ("name", "dependencies", "devDependencies")} == {
        each: package[each] for each in ("name", "dependencies", "devDependencies")
    }
    for name, each in lock["packages"].items():
        assert each["resolved"].startswith("https://registry.npmjs.org/"), name
        assert each["integrity"].startswith("sha512-"), name


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_passes_its_own_test(example: Path, tmp_path: Path) -> None:
    passes_its_own_test(example, tmp_path / "read.json")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_was_made_by_the_command(example: Path, tmp_path: Path) -> None:
    """The wiring is the scaffold's, and its golden events are those of this checkout."""
    pattern = resources(example)["ConsumerRule"]["Properties"]["EventPattern"]
    again = consumer(example.name, pattern["detail-type"], replay_safe="replay-name" not in pattern)
    folder = write(again, tmp_path, FILES)
    for made in (path.relative_to(folder) for path in folder.rglob("*") if path.is_file()):
        assert (example / made).is_file() or made == Path(SHAPE), made
        if made.parts[:2] == ("tests", "events"):
            assert (example / made).read_bytes() == (folder / made).read_bytes(), made
    scaffolded, filled = resources(folder), resources(example)
    for name in scaffolded.keys() - {"Function", "ConsumerRole"}:
        assert filled[name] == scaffolded[name], name


def test_the_templates_are_lint_free(tmp_path: Path) -> None:
    made = [
        write(tagger(language=language, replay_safe=safe), tmp_path / f"{language}-{safe}", FILES)
        for language, safe in (
            (Language.PYTHON, False),
            (Language.PYTHON, True),
            (Language.TYPESCRIPT, False),
        )
    ]
    # Those of the examples are checked by `make check`.
    run(tool("cfn-lint"), *(str(each / "template.yml") for each in made), folder=tmp_path)


def test_the_rule_names_the_events_and_their_source_and_keeps_replays_out_or_lets_them_in(
    tmp_path: Path,
) -> None:
    for replay_safe in (False, True):
        made = consumer("tagger", ["ImageProcessed", "ImageRejected"], replay_safe=replay_safe)
        folder = write(made, tmp_path / str(replay_safe), FILES)
        rule = resources(folder)["ConsumerRule"]["Properties"]
        kept_out = {} if replay_safe else {"replay-name": [{"exists": False}]}
        assert rule["EventBusName"] == {"Ref": "EventBusName"}
        assert rule["EventPattern"] == {
            "source": [{"prefix": "imagebus."}],
            "detail-type": ["ImageRejected", "ImageProcessed"],
            **kept_out,
        }


def test_the_role_may_do_what_its_inbox_needs_and_nothing_else(tmp_path: Path) -> None:
    folder = write(consumer("tagger", ["ImageProcessed"], replay_safe=False), tmp_path, FILES)
    made = resources(folder)
    (policy,) = made["ConsumerRole"]["Properties"]["Policies"]
    granted = {
        (action, statement["Resource"]["Fn::GetAtt"][0])
        for statement in policy["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert granted == {
        ("sqs:ReceiveMessage", "ConsumerInbox"),
        ("sqs:DeleteMessage", "ConsumerInbox"),
        ("sqs:GetQueueAttributes", "ConsumerInbox"),
        ("sqs:ChangeMessageVisibility", "ConsumerInbox"),
        ("sqs:SendMessage", "ConsumerDeadLetters"),
        ("logs:CreateLogStream", "ConsumerLogs"),
        ("logs:PutLogEvents", "ConsumerLogs"),
    }
    assert "ManagedPolicyArns" not in made["ConsumerRole"]["Properties"]
    assert made["ConsumerLogs"]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert made["ConsumerDeadLettersAlarm"]["Type"] == "AWS::CloudWatch::Alarm"


def test_its_tests_get_every_golden_event_it_listens_to(tmp_path: Path) -> None:
    folder = write(consumer("tagger", ["LabelsDetected"], replay_safe=False), tmp_path, FILES)
    expected = {golden.name.split("@", 1)[1] for golden in GOLDEN if golden.detail_type == "LabelsDetected"}
    assert {"LabelsDetected", "LabelsDetected@v2"} <= expected
    assert {path.stem for path in (folder / "tests" / "events").iterdir()} == expected


def test_the_files_in_its_readme_are_in_one_column(tmp_path: Path) -> None:
    folder = write(consumer("thumb-mail", ["ImageValidated"], replay_safe=False), tmp_path, FILES)
    lines = (folder / "README.md").read_text(encoding="utf-8").splitlines()
    listed = [line for line in lines if re.match(r"    \S+  +\S", line)]
    columns = {len(line) - len(line.split("  ", 2)[2].split(maxsplit=1)[1]) for line in listed}
    assert (len(listed), len(columns)) == (5, 1), listed


def test_the_command_writes_one_folder_and_says_what_is_next(tmp_path: Path) -> None:
    arguments = ["new-consumer", "tagger", "--on", "ImageProcessed, ImageRejected", "--into", str(tmp_path)]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert "listens to ImageRejected, ImageProcessed." in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["tagger"]


@pytest.mark.parametrize("name", ["json", "class", "pydantic"])
def test_a_name_that_only_python_has_taken_is_free_in_typescript(tmp_path: Path, name: str) -> None:
    arguments = ["new-consumer", name, "--on", "ImageProcessed", "--into", str(tmp_path)]
    result = CliRunner().invoke(app, [*arguments, "--language", "typescript"], catch_exceptions=False)
    assert result.exit_code == 0
    assert (tmp_path / name / "src" / "handler.ts").is_file()


def test_an_unknown_language_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    arguments = ["new-consumer", "tagger", "--on", "ImageProcessed", "--into", str(tmp_path)]
    result = CliRunner().invoke(app, [*arguments, "--language", "cobol"])
    assert result.exit_code == 2
    assert "python" in result.output
    assert "typescript" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_stack_has_the_name_of_its_pipeline_and_may_not_become_too_long() -> None:
    parameters = {"EventBusName": "x" * 40}
    made = consumer("y" * 23, ["ImageProcessed"], replay_safe=False, parameters=parameters)
    assert made.stack == f"{'x' * 40}-{'y' * 23}"
    with pytest.raises(Problem, match="too long for the name of a stack"):
        consumer("y" * 24, ["ImageProcessed"], replay_safe=False, parameters=parameters)


@pytest.mark.parametrize(
    ("name", "events", "message"),
    [
        ("tagger", ["ImageProcesed"], "There is no event 'ImageProcesed'. Did you mean ImageProcessed?"),
        ("tagger", ["Nothing"], "There is no event 'Nothing'."),
        ("tagger", [" "], "A consumer listens to at least one event."),
        ("thumbnailer", ["ImageProcessed"], "thumbnailer is the name of a part of imagebus."),
        ("json", ["ImageProcessed"], "json is the name of a Python module or a library."),
        ("pydantic", ["ImageProcessed"], "pydantic is the name of a Python module or a library."),
        ("class", ["ImageProcessed"], "class is the name of a Python module or a library."),
        ("../escape", ["ImageProcessed"], "'../escape' is not a valid name for a consumer."),
        ("Tagger", ["ImageProcessed"], "'Tagger' is not a valid name for a consumer."),
        ("x" * 41, ["ImageProcessed"], f"'{'x' * 41}' is not a valid name for a consumer."),
    ],
)
def test_what_cannot_be_made_is_said_before_anything_is_written(
    name: str, events: list[str], message: str
) -> None:
    with pytest.raises(Problem) as raised:
        consumer(name, events, replay_safe=False)
    assert raised.value.message == message
    assert raised.value.exit_code == 2
    if "event" in message:
        assert all(each in raised.value.advice for each in EVERY_EVENT)


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tagger").mkdir()
    with pytest.raises(Problem, match="exists"):
        write(consumer("tagger", ["ImageProcessed"], replay_safe=False), tmp_path, FILES)
    assert list((tmp_path / "tagger").iterdir()) == []
