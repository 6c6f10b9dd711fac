"""Adjusts a REST API's OpenAPI body to what the emulator's import supports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

ANY = "x-amazon-apigateway-any-method"
RESPONSES = "x-amazon-apigateway-gateway-responses"
BINARY = "x-amazon-apigateway-binary-media-types"
METHODS = ("delete", "get", "head", "options", "patch", "post", "put")

Json = dict[str, Any]


def spell_out(resource: Json) -> Json:
    """The API with "any" expanded into methods, and its binary types; other resources are unchanged."""
    body = (resource.get("Properties") or {}).get("DefinitionBody")
    if resource["Type"] != "AWS::Serverless::Api" or body is None:
        return resource
    paths = {path: _spelled_out(methods) for path, methods in body["paths"].items()}
    properties = {**resource["Properties"], "DefinitionBody": {**body, "paths": paths}}
    properties["BinaryMediaTypes"] = body.get(BINARY, [])
    return {**resource, "Properties": properties}


def _spelled_out(methods: Json) -> Json:
    named = {name: each for name, each in methods.items() if name != ANY}
    # A conditional method falls back to "any" when its condition is false.
    for name, each in named.items():
        if isinstance(each, dict) and "Fn::If" in each and ANY in methods:
            condition, then, otherwise = each["Fn::If"]
            absent = otherwise == {"Ref": "AWS::NoValue"}
            named[name] = {"Fn::If": [condition, then, methods[ANY] if absent else otherwise]}
    spelled = dict.fromkeys(METHODS, methods[ANY]) if ANY in methods else {}
    return {**spelled, **named}


def ensure(client: APIGatewayClient, api_id: str, stage: str, body: Mapping[str, Any]) -> None:
    """The gateway's own responses. They take effect with the next deployment, so this creates one."""
    for kind, answer in body.get(RESPONSES, {}).items():
        code = {"statusCode": str(answer["statusCode"])} if "statusCode" in answer else {}
        client.put_gateway_response(
            restApiId=api_id,
            responseType=kind,
            responseParameters=_parameters(answer),
            responseTemplates=answer.get("responseTemplates", {}),
            **code,
        )
    client.create_deployment(restApiId=api_id, stageName=stage)


def _parameters(answer: Json) -> dict[str, str]:
    """Without what depends on CorsOrigins, which no local stack has."""
    given = answer.get("responseParameters", {})
    return {name: value for name, value in given.items() if isinstance(value, str)}
