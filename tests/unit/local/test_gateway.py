"""What the emulator's import of a REST API lacks is written out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from imagebus_local import templates
from imagebus_local.gateway import ANY, BINARY, METHODS, RESPONSES, ensure, spell_out

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


def test_the_gateways_own_responses_are_put_as_of_a_stack_without_other_origins() -> None:
    put: list[dict[str, Any]] = []

    class Client:
        def put_gateway_response(self, **request: Any) -> None:
            put.append(request)

        def create_deployment(self, **request: Any) -> None:
            assert request == {"restApiId": "id", "stageName": "v1"}

    body = TEMPLATE["Resources"]["Api"]["Properties"]["DefinitionBody"]
    ensure(Client(), "id", "v1", body)  # type: ignore[arg-type]
    assert [each["responseType"] for each in put] == [*body[RESPONSES]]
    (busy,) = (each for each in put if each["responseType"] == "THROTTLED")
    assert busy["statusCode"] == "429"
    assert busy["responseParameters"] == {
        "gatewayresponse.header.Content-Type": "'application/problem+json'",
        "gatewayresponse.header.Retry-After": "'1'",
    }
