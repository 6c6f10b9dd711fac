"""`imagebus contracts verify`: every way in which events break a consumer, every mistake of contracts.yml."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from imagebus_cli.consumers.language import Language
from imagebus_cli.main import app
from imagebus_cli.problem import Problem
from imagebus_local import nesting, templates
from tests.contract.checkout import FILES, ROOT
from tests.integration.declared import declared_by
from tools.contracts.declared import NAME, declaration
from tools.contracts.files import ContractFiles, schema_texts
from tools.contracts.gate import problems
from tools.contracts.reliance import broken, by_version, folders, present
from tools.scaffold.consumer import consumer
from tools.scaffold.render import write

VALIDATED, REJECTED = "imagebus.validator@ImageValidated@v2", "imagebus.validator@ImageRejected"
LABELS, THUMBNAILS = "imagebus.analyzer@LabelsDetected", "imagebus.thumbnailer@ThumbnailsCreated"
DECLARED = """\
events:
  ImageValidated:
    reads:
      meta.image_key: string
      meta.usage.cpu_ms: integer?
      data.width: integer
      data.size: number
      data.trailer.kind: string?
      data.format: string
  ImageRejected:
    versions: [1]
    reads:
      data.code: [corrupt, empty, gone, too_costly, too_many_bytes, too_many_frames, too_many_pixels,
        trailing_data, unsupported_format]
      data.limit: integer?
  LabelsDetected:
    versions: [1, 2]
    reads:
      data.labels[].name: string
      data.model_versions.*: string?
      data.model_version: string?
  ThumbnailsCreated:
    reads:
      data.items: array
      data.items[].width: integer
  MetadataExtracted:
    reads:
      data.exif.*: any
"""

NULLABLE = {"anyOf": [{"type": "integer"}, {"type": "null"}]}

Schemas = dict[str, dict[str, Any]]
Change = Callable[[Schemas], object]


def folder(place: Path, text: str = DECLARED, name: str = "reader") -> Path:
    (place / name).mkdir(exist_ok=True)
    (place / name / NAME).write_text(text, encoding="utf-8")
    return place / name


def data(schemas: Schemas, name: str, definition: str = "") -> dict[str, Any]:
    wanted = definition or name.split("@")[1]
    found: dict[str, Any] = schemas[name]["definitions"][wanted]
    return found


def next_version(schemas: Schemas, name: str, number: int) -> None:
    base = "@".join(name.split("@")[:2])
    schemas[f"{base}@v{number}"] = copy.deepcopy(schemas[name])


SCHEMAS: Schemas = {name: json.loads(text) for name, text in schema_texts(FILES).items()}
HARMLESS: dict[str, Change] = {
    "nothing": lambda s: None,
    "a new field": lambda s: data(s, VALIDATED)["properties"].update(later={"type": "string"}),
    "a field that it does not read is gone": lambda s: data(s, VALIDATED)["properties"].pop("mime"),
    "a value more where it takes any": lambda s: data(s, VALIDATED)["properties"]["format"]["enum"].append(
        "X"
    ),
    "a value less": lambda s: data(s, REJECTED)["properties"]["code"]["enum"].remove("gone"),
    "an integer where it reads a number": lambda s: None,
    "a new version where it reads the newest": lambda s: next_version(s, VALIDATED, 3),
    "an event that it does not listen to is gone": lambda s: s.pop("imagebus.ingest@ImageDeleted"),
}
BREAKING: dict[str, tuple[Change, str]] = {
    "a field removed": (
        lambda s: data(s, VALIDATED)["properties"].pop("width"), "ImageValidated data.width is not there",
    ),
    "an optional field removed": (
        lambda s: data(s, REJECTED)["properties"].pop("limit"), "ImageRejected data.limit is not there",
    ),
    "a field of an array's items removed": (
        lambda s: data(s, THUMBNAILS, "Thumbnail")["properties"].pop("width"),
        "ThumbnailsCreated data.items[].width is not there",
    ),
    "a field of meta removed": (
        lambda s: data(s, VALIDATED, "Meta")["properties"].pop("image_key"),
        "ImageValidated meta.image_key is not there",
    ),
    "another type": (
        lambda s: data(s, VALIDATED)["properties"]["width"].update(type="string"),
        "ImageValidated data.width is now of type string, and is read as integer",
    ),
    "an integer becomes a number": (
        lambda s: data(s, THUMBNAILS, "Thumbnail")["properties"]["width"].update(type="number"),
        "ThumbnailsCreated data.items[].width is now of type number, and is read as integer",
    ),
    "an enumeration widened": (
        lambda s: data(s, REJECTED)["properties"]["code"]["enum"].extend(["too_ugly", "too_odd"]),
        "ImageRejected data.code can be too_ugly, too_odd, which it does not handle",
    ),
    "an enumeration opened": (
        lambda s: data(s, REJECTED)["properties"]["code"].pop("enum"),
        "ImageRejected data.code can be any text, and only some values are handled",
    ),
    "a required field made optional": (
        lambda s: data(s, VALIDATED)["required"].remove("width"),
        "ImageValidated data.width may be absent, and is read as if it were always there",
    ),
    "null allowed": (
        lambda s: data(s, VALIDATED)["properties"].update(width=NULLABLE),
        "ImageValidated data.width may be absent, and is read as if it were always there",
    ),
    "what it is in made optional": (
        lambda s: data(s, THUMBNAILS)["required"].remove("items"),
        "ThumbnailsCreated data.items may be absent, and is read as if it were always there",
    ),
    "a version that it does not handle": (
        lambda s: next_version(s, REJECTED, 2), "ImageRejected is published as version 2, and it handles 1",
    ),
    "a field of one version removed": (
        lambda s: data(s, LABELS, "Label")["properties"].pop("name"),
        "LabelsDetected data.labels[].name is not there in version 1",
    ),
    "the event is gone": (lambda s: s.pop(REJECTED), "ImageRejected does not exist"),
}  # fmt: skip


def found(change: Change, place: Path) -> list[str]:
    schemas = copy.deepcopy(SCHEMAS)
    change(schemas)
    texts = {name: json.dumps(schema) for name, schema in schemas.items()}
    return [str(each) for each in broken(declaration(folder(place)), by_version(texts))]


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_a_consumer_copes_with_passes(tmp_path: Path, change: Change) -> None:
    assert found(change, tmp_path) == []


@pytest.mark.parametrize(("change", "sentence"), BREAKING.values(), ids=BREAKING)
def test_what_breaks_a_consumer_is_named(tmp_path: Path, change: Change, sentence: str) -> None:
    assert f"reader breaks: {sentence}." in found(change, tmp_path)


def test_one_change_is_one_sentence(tmp_path: Path) -> None:
    only = [name for name in BREAKING if "made optional" not in name]
    for name in only:
        change, sentence = BREAKING[name]
        assert found(change, tmp_path) == [f"reader breaks: {sentence}."], name


INVALID: dict[str, tuple[str, str]] = {
    "no mapping": ("- events", "1: must be a mapping with the key events"),
    "nothing in it": ("", "0: the file is empty"),
    "not YAML": ("events: [", "1: not valid YAML"),
    "no events": ("events: {}", "1: events: must map each event that the consumer listens to"),
    "an unknown key": ("events:\n  A: {reads: {}}\nevent: 1", "3: event: unknown key; there is only events"),
    "an event without reads": ("events:\n  A: {}", "2: events.A.reads: must map each field to its type"),
    "an event that is a list": ("events:\n  A: [x]", "2: events.A: must be a mapping with the key reads"),
    "an unknown key of an event": (
        "events:\n  A:\n    reads: {}\n    version: 1",
        "4: events.A.version: unknown key; there are versions and reads",
    ),
    "no versions": (
        "events:\n  A:\n    reads: {}\n    versions: []", "4: events.A.versions: must list the versions",
    ),
    "a version that is none": (
        "events:\n  A:\n    reads: {}\n    versions: [0]", "4: events.A.versions: must list the versions",
    ),
    "a version as text": (
        "events:\n  A:\n    reads: {}\n    versions: ['1']", "4: events.A.versions: must list the versions",
    ),
    "no such field": (
        "events:\n  A:\n    reads:\n      width: integer", "4: events.A.reads.width: is not a field: write",
    ),
    "no such type": (
        "events:\n  A:\n    reads:\n      data.width: int",
        "4: events.A.reads.data.width: must be one of string",
    ),
    "no type": (
        "events:\n  A:\n    reads:\n      data.width:", "4: events.A.reads.data.width: must be one of string",
    ),
    "no values": (
        "events:\n  A:\n    reads:\n      data.code: ['?']",
        "4: events.A.reads.data.code: must list the values that it handles",
    ),
    "values that are not text": (
        "events:\n  A:\n    reads:\n      data.code: [1]",
        "4: events.A.reads.data.code: must list the values that it handles",
    ),
    "a field twice": (
        "events:\n  A:\n    reads:\n      data.a: any\n      data.a: any",
        "5: events.A.reads.data.a: duplicate key",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), INVALID.values(), ids=INVALID)
def test_a_mistake_is_named_by_its_line_and_field(tmp_path: Path, text: str, said: str) -> None:
    place = folder(tmp_path, text)
    with pytest.raises(Problem) as raised:
        declaration(place)
    assert raised.value.exit_code == 2
    assert raised.value.detail.startswith(f"{place / NAME}:{said}")


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    text = "events:\n  A:\n    reads: {width: integer, data.width: int}\n  B: 1\n"
    with pytest.raises(Problem) as raised:
        declaration(folder(tmp_path, text))
    assert len(raised.value.detail.splitlines()) == 3


def test_a_folder_without_a_declaration_and_one_that_is_no_text_are_problems(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot be read: No such file"):
        declaration(tmp_path)
    (tmp_path / NAME).write_bytes(b"\xff")
    with pytest.raises(Problem, match="is not UTF-8"):
        declaration(tmp_path)


def run(*arguments: str) -> tuple[int, str, Exception | None]:
    done = CliRunner().invoke(app, ["contracts", "verify", *arguments])
    return done.exit_code, done.output, done.exception if isinstance(done.exception, Exception) else None


def test_the_command_names_the_consumers_that_a_folder_of_schemas_breaks(tmp_path: Path) -> None:
    reader, other = folder(tmp_path), folder(tmp_path, "events: {ImageDeleted: {reads: {}}}", "other")
    changed = tmp_path / "schemas"
    changed.mkdir()
    for name, text in schema_texts(FILES).items():
        (changed / f"{name}.json").write_text(text.replace('"width"', '"breadth"'), encoding="utf-8")
    assert run(str(reader), str(other))[0] == 0
    code, said, _ = run(str(reader), str(other), "--against", str(changed))
    assert code == 1
    assert said.splitlines() == [
        "✗ reader breaks: ImageValidated data.width is not there.",
        "✗ reader breaks: ThumbnailsCreated data.items[].width is not there.",
    ]
    document = json.loads(
        CliRunner()
        .invoke(app, ["contracts", "verify", str(reader), "--json", "--against", str(changed)])
        .stdout
    )
    assert document["ok"] is False
    assert len(document["problems"]) == 2


def test_the_command_reads_the_schemas_of_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "--quiet", "--initial-branch", "main")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / f"{REJECTED}.json").write_text(schema_texts(FILES)[REJECTED], encoding="utf-8")
    git("add", ".")
    git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--message", "one")
    monkeypatch.setattr("tools.ROOT", tmp_path)
    place = str(folder(tmp_path, "events: {ImageRejected: {reads: {}}, ImageDeleted: {reads: {}}}"))
    assert "reader breaks: ImageDeleted does not exist." in run(place, "--against", "main")[1]


@pytest.mark.parametrize("against", ["no-such-branch", "--output=x", "examples"])
def test_what_has_no_schemas_is_a_problem(
    tmp_path: Path, against: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    _, _, raised = run(str(folder(tmp_path)), f"--against={against}")
    assert isinstance(raised, Problem)
    assert raised.exit_code == 2


def test_a_file_that_is_no_schema_is_a_problem(tmp_path: Path) -> None:
    for text in ("{", "[]", "{}", '{"properties": []}'):
        (tmp_path / f"{REJECTED}.json").write_text(text, encoding="utf-8")
        _, _, raised = run(str(folder(tmp_path)), "--against", str(tmp_path))
        assert isinstance(raised, Problem), text
        assert "is not the schema of an event" in raised.message


def test_the_gate_names_the_consumers_of_the_checkout_that_break(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    folder(tmp_path / "examples", "events: {ImageValidated: {reads: {data.width: string}}}", "strange")
    folder(tmp_path / "examples", "events: 1", "invalid")
    files = ContractFiles(tmp_path)
    invalid, strange = problems(files)
    assert "contracts.yml is invalid." in invalid
    assert "contracts.yml:1: events: must map" in invalid
    assert strange == (
        "strange breaks: ImageValidated data.width is now of type integer, and is read as string."
    )


def test_every_example_declares_what_it_reads_of_the_events_that_reach_it() -> None:
    for example in sorted(path.parent for path in (ROOT / "examples").glob("*/template.yml")):
        resources = nesting.flat(templates.read(example / "template.yml"), example)["Resources"]
        pattern = resources["ConsumerRule"]["Properties"]["EventPattern"]
        assert [each.event for each in declaration(example).events] == pattern["detail-type"]
    assert len(folders(ROOT)) >= 2


def test_the_fields_on_the_way_to_a_declared_one_are_declared_too() -> None:
    found = declared_by(declaration(ROOT / "examples" / "analytics"))
    assert {"Meta.usage", "Usage.billed_ms", "LabelsDetected.labels", "Label.name"} <= found
    assert "Label.confidence" not in found


@pytest.mark.parametrize(("language", "breaks"), [(Language.PYTHON, False), (Language.TYPESCRIPT, True)])
def test_a_new_version_breaks_a_new_consumer_that_has_a_copy_of_the_types(
    tmp_path: Path, language: Language, breaks: bool
) -> None:
    """Python's library reads it as soon as it is published; in TypeScript it would become a dead letter."""
    mine = declaration(
        write(consumer("mine", ["LabelsDetected"], replay_safe=False, language=language), tmp_path, FILES)
    )
    schemas = copy.deepcopy(SCHEMAS)
    next_version(schemas, "imagebus.analyzer@LabelsDetected@v2", 3)
    now, later = (
        by_version({name: json.dumps(each) for name, each in found.items()}) for found in (SCHEMAS, schemas)
    )
    assert broken(mine, now) == []
    wanted = ["mine breaks: LabelsDetected is published as version 3, and it handles 1, 2."]
    assert [str(each) for each in broken(mine, later)] == (wanted if breaks else [])


def test_a_new_consumer_declares_what_its_handler_reads(tmp_path: Path) -> None:
    made = write(consumer("sink", ["ImageProcessed", "RecipePromoted"], replay_safe=False), tmp_path, FILES)
    declared = declaration(made)
    assert [each.event for each in declared.events] == ["ImageProcessed", "RecipePromoted"]
    assert broken(declared, present(FILES)) == []
