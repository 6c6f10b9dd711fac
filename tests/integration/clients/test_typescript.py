"""clients/typescript reads every golden event, is strict, and does not break when a field is added."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.checkout import GOLDEN, ROOT
from tests.integration.clients.richer import richer
from tools.clients import texts
from tools.clients.combined import type_name, versions
from tools.node import Node

HERE = Path(__file__).parent
EVENTS = ROOT / "clients" / "typescript" / "src" / "events.ts"
CONFIGURATION = {
    "compilerOptions": {
        "target": "ES2022", "module": "NodeNext", "moduleResolution": "NodeNext", "strict": True,
        "noUncheckedIndexedAccess": True, "exactOptionalPropertyTypes": True, "noUnusedLocals": True,
        "skipLibCheck": True, "erasableSyntaxOnly": True, "types": ["node"], "rootDir": ".", "outDir": "out",
    },
    "include": ["*/*.ts"],
}  # fmt: skip

#: Together they compile once.
pytestmark = pytest.mark.slow

Envelope = dict[str, Any]


def golden_constants() -> str:
    """Every golden event as a constant of its type: the compiler accepts all its fields, and misses none."""
    names = {(model.detail_type, version): type_name(model, version) for model, version in versions()}
    lines = ['import type * as events from "./events.js";']
    for number, golden in enumerate(GOLDEN):
        kind = names[golden.detail_type, golden.version]
        lines.append(f"export const event{number}: events.{kind} = {json.dumps(golden.envelope)};")
    return "\n".join(lines)


def examples() -> str:
    """The programs of docs/clients.md."""
    page = (ROOT / "docs" / "clients.md").read_text("utf-8")
    events, api = re.findall(r"```ts\n(.*?)```", page, re.DOTALL)
    given = "declare const record: { body: string }, url: string, key: string, bytes: ArrayBuffer;\n"
    return given + re.sub(r"@imagebus/client/(\w+)", r"./\1.js", f"{api}\n{events}").replace(
        "api.js", "client.js"
    )


@pytest.fixture(scope="module")
def compiled(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same programs against the committed types and against those of richer schemas, compiled at once."""
    folder = tmp_path_factory.mktemp("typescript")
    committed = EVENTS.read_text("utf-8")
    made = texts.typescript(node, richer())
    assert made.count("later_map?") > 20
    for name, events in {"released": committed, "richer": made}.items():
        (folder / name).mkdir()
        (folder / name / "events.ts").write_text(events, "utf-8")
        (folder / name / "golden.ts").write_text(golden_constants(), "utf-8")
        for program in ("consumer.ts", "roundtrip.ts"):
            (folder / name / program).write_text((HERE / program).read_text("utf-8"), "utf-8")
    for name in ("api.ts", "client.ts"):
        (folder / "released" / name).write_text((EVENTS.parent / name).read_text("utf-8"), "utf-8")
    (folder / "released" / "examples.ts").write_text(examples(), "utf-8")
    (folder / "package.json").write_text('{"type": "module"}', "utf-8")
    (folder / "tsconfig.json").write_text(json.dumps(CONFIGURATION), "utf-8")
    node.compile(folder)
    return folder / "out"


def read(node: Node, program: Path, values: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [node.program, program], input=json.dumps(values), capture_output=True, text=True, check=True
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def changed(change: Callable[[Envelope], object], name: str = "imagebus.analyzer@LabelsDetected@v2") -> str:
    (golden,) = (each for each in GOLDEN if each.name == name)
    envelope = json.loads(json.dumps(golden.envelope))
    change(envelope)
    return json.dumps(envelope)


def later(envelope: Envelope) -> None:
    """Fields that were added since, everywhere."""
    for part in (envelope, envelope["detail"], envelope["detail"]["meta"], envelope["detail"]["data"]):
        part["unheard_of"] = {"x": [1]}
    envelope["detail"]["data"]["labels"][0]["unheard_of"] = 1


@pytest.mark.parametrize("types", ["released", "richer"])
def test_every_golden_event_is_read_as_it_was_written(node: Node, compiled: Path, types: str) -> None:
    found = read(node, compiled / types / "roundtrip.js", [json.dumps(each.envelope) for each in GOLDEN])
    assert found == [{"event": each.envelope, "guarded": True} for each in GOLDEN]


def test_unknown_fields_are_kept_and_ignored(node: Node, compiled: Path) -> None:
    text = changed(later)
    assert read(node, compiled / "released" / "roundtrip.js", [text]) == [
        {"event": json.loads(text), "guarded": True}
    ]


WRONG: dict[str, tuple[Callable[[Envelope], object], str, str]] = {
    "a newer version": (
        lambda e: e["detail"]["meta"].update(schema_version=3),
        "newer_version", "event.detail.meta.schema_version",
    ),
    "no version": (
        lambda e: e["detail"]["meta"].update(schema_version=0), "invalid", "event.detail.meta.schema_version",
    ),
    "another event": (
        lambda e: e.update({"detail-type": "ImageMoved"}), "unknown_event", "event.detail-type",
    ),
    "an event named as a method": (
        lambda e: e.update({"detail-type": "toString"}), "unknown_event", "event.detail-type",
    ),
    "another source": (lambda e: e.update(source="aws.s3"), "invalid", "event.source"),
    "no detail": (lambda e: e.pop("detail"), "invalid", "event.detail"),
    "no event_id": (lambda e: e["detail"]["meta"].pop("event_id"), "invalid", "event.detail.meta.event_id"),
    "a field missing": (lambda e: e["detail"]["data"].pop("labels"), "invalid", "event.detail.data.labels"),
    "a wrong type": (
        lambda e: e["detail"]["data"]["labels"][0].update(name=1),
        "invalid", "event.detail.data.labels[0].name",
    ),
    "null where there is none": (
        lambda e: e["detail"]["data"].update(labels=None), "invalid", "event.detail.data.labels",
    ),
    "a wrong value in a map": (
        lambda e: e["detail"]["data"].update(model_versions={"labels": 3}),
        "invalid", "event.detail.data.model_versions.labels",
    ),
}  # fmt: skip


def test_what_is_no_event_is_refused_with_the_reason_and_the_field(node: Node, compiled: Path) -> None:
    cases = [changed(change) for change, _, _ in WRONG.values()]
    found = read(node, compiled / "released" / "roundtrip.js", [*cases, "{", "null", '"text"'])
    assert [(each["reason"], each["path"]) for each in found] == [
        *((reason, path) for _, reason, path in WRONG.values()),
        ("not_json", ""), ("invalid", "event"), ("invalid", "event"),
    ]  # fmt: skip


def test_a_value_that_an_enumeration_lacks_is_refused(node: Node, compiled: Path) -> None:
    text = changed(lambda e: e["detail"]["data"].update(code="too_ugly"), "imagebus.validator@ImageRejected")
    (found,) = read(node, compiled / "released" / "roundtrip.js", [text])
    assert found["path"] == "event.detail.data.code"
    assert '"corrupt" or "empty"' in found["message"]


def test_the_events_need_nothing_but_their_own_file() -> None:
    assert not [line for line in EVENTS.read_text("utf-8").splitlines() if line.startswith("import ")]
