"""What the emulator's import of a REST API lacks is written out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from imagebus_local import templates
from imagebus_local.gateway import ANY, BINARY, METHODS, spell_out

TEMPLATE = templates.read(Path(__file__).parents[3] / "template.yml")


def spelled() -> dict[str, Any]:
    properties: dict[str, Any] = spell_out(TEMPLATE["Resources"]["Api"])["Properties"]
    return properties


def test_any_method_becomes_every_method() -> None:
    for path, methods in spelled()["DefinitionBody"]["paths"].items():
        assert set(methods) == set(METHODS), path
        assert ANY not in methods


def test_a_conditional_method_is_otherwise_one_of_any() -> None:
    paths = spelled()["DefinitionBody"]["paths"]
    condition, with_cors, without = paths["/{path+}"]["options"]["Fn::If"]
    assert condition == "HasCorsOrigins"
    assert "security" not in with_cors
    assert without == paths["/{path+}"]["get"]
    assert {"key": []} in without["security"]


def test_binary_types_are_a_property() -> None:
    properties = spelled()
    assert properties["BinaryMediaTypes"] == properties["DefinitionBody"][BINARY]
    assert "image/jpeg" in properties["BinaryMediaTypes"]


def test_other_resources_and_the_template_itself_stay_as_they_are() -> None:
    bucket = TEMPLATE["Resources"]["UploadsBucket"]
    assert spell_out(bucket) is bucket
    assert ANY in TEMPLATE["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"]["/"]
