"""The local copy of a template: the same system, without what the emulator does not support."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imagebus_local import templates

ROOT = Path(__file__).parents[3]


def localized(parameters: dict[str, str] | None = None) -> templates.Template:
    template = templates.render(
        templates.read(ROOT / "template.yml"), ROOT, runtime="python3.11", architecture="arm64"
    )
    values = {name: str(each.get("Default", "")) for name, each in template["Parameters"].items()}
    layers = {str(ROOT / "layers" / name): Path("/built") / name for name in ("core", "imaging")}
    return templates.localize(template, {**values, **(parameters or {})}, layers)


def nodes(node: Any) -> list[Any]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [node, *(found for child in children for found in nodes(child))]


def written(tmp_path: Path, text: str) -> templates.Template:
    (tmp_path / "template.yml").write_text(text, encoding="utf-8")
    return templates.read(tmp_path / "template.yml")


def test_short_forms_are_read_as_the_long_ones(tmp_path: Path) -> None:
    text = """
    A: !Ref B
    C: !GetAtt D.Arn
    E: !Sub "${F}"
    G: !If [H, !Ref I, !GetAtt [J, Arn]]
    K: !Sub ["${x}", {x: !Ref L}]
    """
    assert written(tmp_path, text) == {
        "A": {"Ref": "B"},
        "C": {"Fn::GetAtt": ["D", "Arn"]},
        "E": {"Fn::Sub": "${F}"},
        "G": {"Fn::If": ["H", {"Ref": "I"}, {"Fn::GetAtt": ["J", "Arn"]}]},
        "K": {"Fn::Sub": ["${x}", {"x": {"Ref": "L"}}]},
    }


def test_what_is_written_reads_back_the_same(tmp_path: Path) -> None:
    template = templates.read(ROOT / "template.yml")
    templates.write(tmp_path / "deep" / "copy.yml", template)
    assert templates.read(tmp_path / "deep" / "copy.yml") == template


def test_types_that_the_emulator_lacks_are_left_out() -> None:
    kinds = {each["Type"] for each in localized()["Resources"].values()}
    assert "AWS::Events::Archive" not in kinds
    assert not any(kind.startswith("AWS::EventSchemas::") for kind in kinds)


def test_nothing_refers_to_what_was_left_out() -> None:
    copy = localized()
    known = {*copy["Resources"], *copy["Parameters"]}
    named = {name.split(".")[0] for name in templates.references(copy) if not name.startswith("AWS::")}
    assert named <= known


def test_the_archive_keeps_its_name_in_the_outputs() -> None:
    assert localized()["Outputs"]["ArchiveName"]["Value"] == {"Fn::Sub": "${AWS::StackName}-events"}


def test_a_reference_that_cannot_be_replaced_is_an_error(tmp_path: Path) -> None:
    text = """
    Resources:
      Registry: {Type: "AWS::EventSchemas::Registry"}
      Topic: {Type: "AWS::SNS::Topic", Properties: {DisplayName: !GetAtt Registry.RegistryArn}}
    """
    with pytest.raises(ValueError, match="still refers to Registry"):
        templates.localize(written(tmp_path, text), {}, {})


def test_concurrency_limits_are_numbers_from_the_parameters() -> None:
    resources = localized({"ConcurrencyLimit": "3", "ImageConcurrencyLimit": "4"})["Resources"]

    def limit(function: str) -> Any:
        event = resources[function]["Properties"]["Events"]["Inbox"]["Properties"]
        return event["ScalingConfig"]["MaximumConcurrency"]

    assert (limit("RecorderFunction"), limit("ThumbnailerFunction")) == (3, 4)


def test_layers_are_those_that_were_built_for_this_computer() -> None:
    layer = localized()["Resources"]["CoreLayer"]
    assert layer["Properties"]["ContentUri"] == "/built/core"
    assert "Metadata" not in layer


def test_a_rendered_template_does_not_depend_on_where_it_lies_and_names_one_runtime() -> None:
    original = templates.read(ROOT / "template.yml")
    copy = templates.render(original, ROOT, runtime="python3.12", architecture="arm64")
    assert copy["Parameters"]["Runtime"]["Default"] == "python3.12"
    assert copy["Parameters"]["Architecture"]["Default"] == "arm64"
    assert copy["Resources"]["IngestFunction"]["Properties"]["CodeUri"] == str(ROOT / "services/ingest")
    assert copy["Resources"]["CoreLayer"]["Metadata"] == {
        "BuildMethod": "python3.12",
        "BuildArchitecture": "arm64",
    }
    assert original["Resources"]["CoreLayer"]["Metadata"]["BuildMethod"] == "python3.13"


def test_every_local_parameter_is_one_of_the_template() -> None:
    assert set(templates.LOCAL_PARAMETERS) <= set(templates.read(ROOT / "template.yml")["Parameters"])


def test_the_digest_changes_with_the_code_and_the_parameters_and_with_nothing_else(tmp_path: Path) -> None:
    code = tmp_path / "services" / "a" / "a.py"
    code.parent.mkdir(parents=True)
    code.write_text("1", encoding="utf-8")
    template = tmp_path / "t.yml"
    template.write_text("x", encoding="utf-8")
    given = {"A": "1", "B": "2"}
    nested = tmp_path / "nested.yml"
    nested.write_text("x", encoding="utf-8")
    both = [template, nested]
    first = templates.digest(tmp_path, both, given)

    for noise in ("services/a/__pycache__/a.pyc", "services/a/.mypy_cache/x", "README.md"):
        (tmp_path / noise).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / noise).write_text("noise", encoding="utf-8")
    assert templates.digest(tmp_path, both, {"B": "2", "A": "1"}) == first

    code.write_text("2", encoding="utf-8")
    second = templates.digest(tmp_path, both, given)
    template.write_text("y", encoding="utf-8")
    third = templates.digest(tmp_path, both, given)
    nested.write_text("y", encoding="utf-8")
    fourth = templates.digest(tmp_path, both, given)
    assert len({first, second, third, fourth, templates.digest(tmp_path, both, {"A": "1", "B": "3"})}) == 5
